package ops

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/doctor"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// digestAction is the name under which a digest stands in the ledger. Its result has the mark
// of what was told, by which the next one knows whether anything has changed.
const digestAction = "digest"

// How the digest keeps its time.
const (
	digestFirst  = 2 * time.Minute // after the start: discovery and people go first
	digestRetry  = 15 * time.Minute
	digestBehind = 100_000 // entries that are looked through for the digest before
)

// Poster puts a message into a channel.
type Poster interface {
	Post(ctx context.Context, where actions.Where, actor authz.Actor, operation string, message actions.Message) (actions.Card, error)
}

// Digest tells a channel what the doctor finds, at intervals, where it is not what was told
// before. It tells everything: whoever configures the channel decides who reads along.
type Digest struct {
	Examiner Examiner
	Rules    func() doctor.Rules
	Schedule func() (channel string, every time.Duration) // no channel: never
	Self     func() (authz.Actor, bool)                   // the bot, in whose name is read; false before it is known
	Channel  Poster
	History  History
	Record   func(ledger.Entry) error
	NewID    func() string
	Log      *slog.Logger
}

// Run tells until ctx ends.
func (d Digest) Run(ctx context.Context) {
	wait := digestFirst
	for {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		channel, every := d.Schedule()
		if wait = digestRetry; channel == "" {
			continue
		}
		if err := d.tell(ctx, channel); err != nil {
			d.Log.Warn("the digest was not told; trying again", "error", err)
			continue
		}
		wait = every
	}
}

// tell examines everything, and tells it where it differs from what was told last.
func (d Digest) tell(ctx context.Context, channel string) error {
	actor, known := d.Self()
	if !known {
		return fmt.Errorf("who the bot is in Slack is not known yet")
	}
	ctx, cancel := context.WithTimeout(ctx, examinationLimit)
	defer cancel()
	rules, began, id := d.Rules(), time.Now(), d.NewID()
	into := doctor.NewExamination(rules)
	purpose := func(environment string) fleet.Purpose {
		own := rules.Environments[environment]
		return fleet.Purpose{
			Environment: environment, Region: own.Scope.Region, Role: own.OperatorRole,
			Operation: actions.StatusClass, Team: actor.Team, User: actor.User, Request: id,
		}
	}
	if err := d.Examiner.Examine(ctx, into, nil, purpose); err != nil {
		return fmt.Errorf("digest: %w", err)
	}
	report := into.Report()
	before, err := d.before(ctx)
	if err != nil || report.Mark() == before {
		return err
	}
	message := diagnosis(report, rules, slices.Sorted(maps.Keys(rules.Environments)), time.Since(began))
	message.Body = append(message.Body, actions.Note{Text: actions.Textf("Told because it is not what was told before. In full, with the commands: %v.", actions.Named("/ecs doctor"))})
	if _, err := d.Channel.Post(ctx, actions.Where{Channel: channel}, authz.Actor{}, id, message); err != nil {
		return fmt.Errorf("digest: %w", err)
	}
	return d.Record(ledger.Entry{
		Operation: id, Event: ledger.Read, Actor: actor, Action: digestAction,
		Result: fmt.Sprintf("%s; mark=%s", summary(report), report.Mark()),
	})
}

// before is the mark of the digest that was told last; empty where there is none.
func (d Digest) before(ctx context.Context) (string, error) {
	mark, left := "", digestBehind
	err := d.History.Back(ctx, func(entry ledger.Entry) bool {
		if entry.Action == digestAction && entry.Event == ledger.Read {
			_, mark, _ = strings.Cut(entry.Result, "mark=")
			return false
		}
		left--
		return left > 0
	})
	return mark, err
}
