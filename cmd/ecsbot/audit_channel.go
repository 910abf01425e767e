package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"ecsbot/actions"
	"ecsbot/actions/ledger"
	"ecsbot/bot"
	"ecsbot/internal/config"
)

// channelCheck holds the audit channel against a ledger.
type channelCheck struct {
	slack  bot.Settings
	keeper storage
	key    ledger.Key
	head   int64 // number of the ledger's newest entry
}

// verifyChannel is an error where the two differ; each difference is a line.
func (c verifyCommand) verifyChannel(around surroundings, check channelCheck) error {
	loaded, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	if check.slack, err = slackFrom(around.getenv); err != nil {
		return err
	}
	check.slack.AuditChannel = loaded.Slack.AuditChannel
	check.slack.Log = slog.New(slog.NewTextHandler(around.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if check.keeper, err = placeOf(loaded).read(around.ctx); err != nil {
		return err
	}
	defer check.keeper.Close()
	return check.run(around.ctx, around.stdout)
}

func (c channelCheck) run(ctx context.Context, out io.Writer) error {
	reader, err := bot.New(c.slack)
	if err != nil {
		return err
	}
	channel := reader.Audit()
	if err := channel.Learn(ctx); err != nil {
		return err
	}
	posted, err := actions.Posted(ctx, c.keeper)
	if err != nil {
		return fmt.Errorf("reading how far the audit channel was filled: %w", err)
	}
	entries := func(ctx context.Context, after int64, limit int) ([]ledger.Entry, error) {
		return ledger.Entries(ctx, c.keeper, c.key, ledger.Span{After: after, Limit: limit})
	}
	report, err := actions.CompareAudit(ctx, entries, channel, c.head, posted)
	if err != nil {
		return fmt.Errorf("reading the audit channel: %w", err)
	}
	for _, problem := range report.Problems {
		fmt.Fprintln(out, problem)
	}
	fmt.Fprintf(out, "the audit channel shows %d entries in %d messages and %d anchors; %d are shown twice, %d wait to be posted\n",
		report.Entries, report.Messages-report.Anchors, report.Anchors, report.Repeated, report.Waiting)
	if len(report.Problems) > 0 {
		return fmt.Errorf("the audit channel and the ledger differ: %s", report.Problems[0])
	}
	return nil
}
