package ops

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/ledger"
)

// Bounds of audit: what one message has room for, and how long somebody waits.
const (
	entriesShown     = 15
	entriesLookedAt  = 200_000
	auditPatience    = 8 * time.Second
	auditSince       = 7 * 24 * time.Hour
	auditFarthest    = 365 * 24 * time.Hour
	longestArguments = 160
)

// audit answers from the ledger, within the caller's environments and services: of what is
// elsewhere nothing is told, not even how much there is.
func audit(history History) actions.Action {
	environment := actions.Environment().AsFlag()
	user := actions.Flag("user", "who did it", "@bob", readUser).ForUser()
	service := actions.Flag("service", "on which service", "api", actions.PlainText)
	since := actions.Duration("since", "how far back; 7d where nothing is said", auditFarthest)
	reads := actions.Switch("reads", "what was only read as well")
	return actions.Action{
		Name: "audit", Summary: "Show who did what in your environments, the newest first.", Example: "audit --environment staging --since 2d",
		Parameters: []actions.Parameter{environment, user, service, since, reads},
		Open:       true, Local: true,
		Run: func(ctx context.Context, call actions.Call) (actions.Outcome, error) {
			wanted := search{
				sees: func(entry ledger.Entry) bool { return maySee(call, entry) }, environment: environment.Of(call), user: user.Of(call), service: bareName(service.Of(call)),
				from: time.Now().Add(-auditSince), reads: reads.Of(call),
			}
			if call.Given(since) {
				wanted.from = time.Now().Add(-since.Of(call))
			}
			if err := wanted.run(ctx, history); err != nil {
				return actions.Outcome{}, fmt.Errorf("audit: %w", err)
			}
			return actions.Outcome{Message: wanted.message(), Result: fmt.Sprintf("%d entries", len(wanted.found))}, nil
		},
	}
}

// readUser reads a mention as Slack writes it, with or without a name, or a bare user ID.
func readUser(text string) (string, error) {
	id := text
	if inner, found := strings.CutPrefix(text, "<@"); found {
		id, _, _ = strings.Cut(strings.TrimSuffix(inner, ">"), "|")
	}
	isID := len(id) > 1 && len(id) <= 20 && (id[0] == 'U' || id[0] == 'W') &&
		strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
	if !isID {
		return "", fmt.Errorf("--user takes a mention such as @bob, or a user ID such as U012AB3CD, not %q", cut(text, 40))
	}
	return id, nil
}

func bareName(service string) string { return service[strings.LastIndexByte(service, '/')+1:] }

// search is one question to the ledger, and what came of it.
type search struct {
	sees        func(ledger.Entry) bool
	environment string
	user        string
	service     string
	from        time.Time
	reads       bool

	found   []ledger.Entry
	more    bool      // there are older ones that fit
	reached time.Time // how far back it came, where that is not as far as wanted
}

// run goes from the newest entry backwards until it has enough; it keeps what it shows and
// nothing else.
func (s *search) run(ctx context.Context, history History) error {
	limited, cancel := context.WithTimeout(ctx, auditPatience)
	defer cancel()
	left, last := entriesLookedAt, time.Now()
	err := history.Back(limited, func(entry ledger.Entry) bool {
		if entry.Time.Before(s.from) {
			return false
		}
		left, last = left-1, entry.Time
		if s.fits(entry) && s.sees(entry) {
			if len(s.found) == entriesShown {
				s.more = true
				return false
			}
			s.found = append(s.found, entry)
		}
		if left == 0 {
			s.reached = last
		}
		return left > 0
	})
	if err != nil && errors.Is(limited.Err(), context.DeadlineExceeded) && ctx.Err() == nil {
		s.reached = last
		return nil
	}
	return err
}

func (s *search) fits(entry ledger.Entry) bool {
	return (s.reads || entry.Event != ledger.Read) &&
		(s.environment == "" || entry.Environment == s.environment) &&
		(s.user == "" || entry.Actor.User == s.user) &&
		(s.service == "" || bareName(entry.Service) == s.service)
}

// maySee says whether an entry lies within what the caller may audit. What is about no
// environment is each person's own.
func maySee(call actions.Call, entry ledger.Entry) bool {
	switch {
	case entry.Environment == "":
		return entry.Actor == call.Person().Actor
	case entry.Service == "":
		return call.CoversWhole(entry.Environment)
	}
	return call.Covers(entry.Environment, bareName(entry.Service))
}

func (s *search) message() actions.Message {
	message := actions.Message{Title: actions.Textf("Audit since %v", actions.MomentSpan(s.from))}
	if len(s.found) == 0 {
		message.Body = append(message.Body, actions.Paragraph{Text: actions.Textf("Nothing that I could show you.")})
	} else {
		var points []actions.Text
		for _, entry := range s.found {
			points = append(points, entryLine(entry))
		}
		message.Body = append(message.Body, actions.List{Points: points})
	}
	if s.more {
		message.Body = append(message.Body, actions.Note{Text: actions.Textf("There is more: narrow it with --environment, --user, --service or --since.")})
	}
	if !s.reached.IsZero() {
		message.Body = append(message.Body, actions.Note{Text: actions.Textf("I looked back to %v and no further: narrow it with --since.", actions.MomentSpan(s.reached))})
	}
	if !s.reads {
		message.Body = append(message.Body, actions.Note{Text: actions.Textf("Without what was only read: --reads shows that too.")})
	}
	return message
}

// reasonTold is the reason as far as everybody may know it: of a refusal its code alone, for
// what follows it is kept for reviewers and may name what the caller does not see.
func reasonTold(entry ledger.Entry) string {
	if entry.Event != ledger.Refused {
		return entry.Reason
	}
	code, _, _ := strings.Cut(entry.Reason, ":")
	return code
}

// entryLine is an entry in one line. What was found by reading is not told: it may speak of
// more than the caller sees.
func entryLine(entry ledger.Entry) actions.Text {
	what := []string{entry.Action}
	if entry.Service != "" {
		what = append(what, entry.Service)
	}
	if entry.Environment != "" {
		what = append(what, "in "+entry.Environment)
	}
	line := actions.Textf("%v %v %v by %v", actions.MomentSpan(entry.Time), actions.Bold(string(entry.Event)), strings.Join(what, " "), actions.PersonSpan(entry.Actor.User))
	var arguments []string
	for _, name := range slices.Sorted(maps.Keys(entry.Arguments)) {
		if entry.Arguments[name] == "" { // a switch
			arguments = append(arguments, "--"+name)
			continue
		}
		arguments = append(arguments, name+"="+entry.Arguments[name])
	}
	detail := cut(oneLine(strings.Join(arguments, " ")), longestArguments)
	if entry.Reason != "" {
		detail = strings.TrimSpace(detail + " · " + cut(oneLine(reasonTold(entry)), longestArguments))
	}
	if detail != "" {
		line = append(line, actions.Textf(" %v", detail)...)
	}
	return append(line, actions.Textf(" (%v)", entry.Operation)...)
}
