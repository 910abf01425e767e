package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/internal/chaos"
	sandboxaws "ecsbot/internal/sandbox/aws"
	sandboxslack "ecsbot/internal/sandbox/slack"
)

// troubledCommands are given one every two seconds.
const troubledCommands = 100

// TestInTroubleNothingIsLostAndNothingComesTwice: Slack disconnects every five seconds, refuses
// a fifth of all calls and sends a tenth of everything twice, AWS throttles a fifth of all
// calls, and the clock jumps, while people command and click.
func TestInTroubleNothingIsLostAndNothingComesTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []byte(troubledConfig), sandboxaws.Generated(60))
		w.orderTrouble()
		var people sync.WaitGroup
		random := rand.New(rand.NewPCG(1, 2))
		for number := range troubledCommands {
			time.Sleep(2 * time.Second)
			if number%3 == 0 {
				w.ahead.Store(int64(time.Duration(random.IntN(7200)-3600) * time.Second))
			}
			command := troubledCommand(random, number)
			people.Go(func() { _ = w.local.Slack.Command("U0ALICE", "C01OPS", command) })
			people.Go(w.approveNewest)
		}
		people.Wait()
		w.local.Slack.ClearFaults()
		w.local.AWS.ClearFaults()
		time.Sleep(30 * time.Minute) // what waits expires, what failed is tried again
		synctest.Wait()
		w.judgeTrouble()
	})
}

// orderTrouble has Slack and AWS fail until it is taken back.
func (w *world) orderTrouble() {
	for _, spec := range []sandboxslack.FaultSpec{
		{Method: "*", Kind: sandboxslack.FaultThrottle, Probability: 0.1, Duration: time.Second},
		{Method: "*", Kind: sandboxslack.FaultError, Probability: 0.11}, // of what is left: a tenth of all
		{Method: "socket", Kind: sandboxslack.FaultDuplicate, Probability: 0.1},
	} {
		if err := w.local.Slack.Fault(spec); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := w.local.AWS.Fault(sandboxaws.FaultSpec{Kind: sandboxaws.FaultThrottle, Probability: 0.2}); err != nil {
		w.t.Fatal(err)
	}
	go func() {
		for range troubledCommands * 2 / 5 { // every five seconds
			time.Sleep(5 * time.Second)
			w.local.Slack.Disconnect("refresh_requested")
		}
	}()
}

func troubledCommand(random *rand.Rand, number int) string {
	service := random.IntN(60)
	environment := []string{"dev", "staging", "prod"}[service%3]
	switch number % 10 {
	case 0:
		return "/ecs help"
	case 1:
		return fmt.Sprintf("/ecs status %s service-%05d", environment, service)
	case 2:
		return fmt.Sprintf("/ecs restart %s nothing", environment)
	}
	return fmt.Sprintf("/ecs restart %s service-%05d", environment, service)
}

// approveNewest clicks twice on every card that waits.
func (w *world) approveNewest() {
	messages, err := w.local.Slack.Messages("C01OPS", "U0BOB")
	if err != nil {
		w.t.Error(err)
		return
	}
	for _, message := range messages {
		for range 2 {
			_ = w.local.Slack.Click("U0BOB", sandboxslack.Click{Channel: "C01OPS", MessageTS: message.TS, ActionID: "approve"}) // most have no such button
		}
	}
}

// judgeTrouble holds everything against everything else, when all is over.
func (w *world) judgeTrouble() {
	w.t.Helper()
	channel, err := w.compareChannel()
	if err != nil {
		channel += err.Error()
	}
	var lines []string
	keep := func(_ ledger.Entry, line string) error { lines = append(lines, line); return nil }
	if err := ledger.Verify(w.t.Context(), w.program.keeper, nil, keep); err != nil {
		w.t.Error(err)
	}
	report, err := chaos.Judge(chaos.Evidence{
		Lines: lines, Printed: strings.Split(strings.TrimSpace(w.entries.String()), "\n"), Channel: channel,
		Calls: w.local.AWS.Calls(), Asked: w.local.Slack.Asked(), Messages: w.local.Slack.Everything(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if made := w.local.AWS.Counts()["ecs:UpdateService"]; made < troubledCommands/10 {
		w.t.Errorf("%d changes were made: too few to judge by", made)
	}
	var printed bytes.Buffer
	if err := report.Print(&printed); err != nil {
		w.t.Error(err)
	}
	w.t.Log(printed.String())
}

const troubledConfig = `slack: {audit_channel: C02AUDIT}
aws: {region: eu-west-1, tag: Environment}
environments:
  dev: {protected: false, clusters: [dev-00], operator_role: "arn:aws:iam::111122223333:role/ecsbot-operator"}
  staging: {protected: false, clusters: [staging-00], operator_role: "arn:aws:iam::111122223333:role/ecsbot-operator"}
  prod: {protected: true, clusters: [prod-00], operator_role: "arn:aws:iam::111122223333:role/ecsbot-operator", approval: {from: [S0SRE], expires: 5m}}
grants:
  - {group: S0BACKEND, role: operator, environments: [dev, staging, prod]}
  - {group: S0SRE, role: admin, environments: ["*", prod]}
ledger: {sqlite: ecsbot.db}
http: {listen: none}
`
