package main

import (
	"database/sql"
	"strings"
	"testing"
	"testing/synctest"

	sandboxaws "ecsbot/internal/sandbox/aws"
)

// TestWhileTheLedgerCannotBeWrittenTheAuditChannelSaysSo keeps the bot from its file, and lets
// it in again: nothing is changed meanwhile, and the channel still fits the ledger afterwards.
func TestWhileTheLedgerCannotBeWrittenTheAuditChannelSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, demoConfig, sandboxaws.DemoFleet())
		says := func(text string) func() bool {
			return func() bool {
				for _, message := range w.posted() {
					if strings.Contains(message.Text, text) {
						return true
					}
				}
				return false
			}
		}
		database, err := sql.Open("sqlite", placeOf(w.program.config.Load()).file)
		if err != nil {
			t.Fatal(err)
		}
		defer database.Close()
		database.SetMaxOpenConns(1)
		if _, err := database.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
			t.Fatal(err)
		}
		if err := w.local.Slack.Command("U0ALICE", "C01OPS", "/ecs restart staging api"); err != nil {
			t.Fatal(err)
		}
		w.await("the channel to be told", says("The ledger cannot be written: changes are refused, reads go on."))
		if count := w.local.AWS.Counts()["ecs:UpdateService"]; count != 0 {
			t.Errorf("%d changes were made without a record", count)
		}
		if _, err := database.ExecContext(t.Context(), `ROLLBACK`); err != nil {
			t.Fatal(err)
		}
		if err := w.local.Slack.Command("U0ALICE", "C01OPS", "/ecs restart staging worker"); err != nil {
			t.Fatal(err)
		}
		w.await("the channel to be told that it works", says("The ledger can be written again"))
		synctest.Wait()
		if out, err := w.compareChannel(); err != nil {
			t.Errorf("verify --channel: %s %v", out, err)
		}
	})
}
