package ops

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/doctor"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// ward is everything around a digest: a fleet with something wrong, a channel and a ledger.
type ward struct {
	untagged []string // services that are found without a tag
	examined int
	posts    []string
	entries  []ledger.Entry
	away     error // Slack does not take it
	unread   error // nothing can be examined
	channel  string
	unknown  bool // the bot does not know yet who it is
}

func (w *ward) Examine(_ context.Context, into *doctor.Examination, _ []string, purpose func(string) fleet.Purpose) error {
	w.examined++
	if at := purpose("staging"); at.Changes || at.Operation != actions.StatusClass || at.User != "U0ECSBOT" {
		return fmt.Errorf("examined as %+v", at)
	}
	cluster := doctor.Cluster{Name: "staging", ARN: "arn:aws:ecs:eu-west-1:111122223333:cluster/staging", Tags: map[string]string{"Environment": "staging"}}
	into.Cluster(cluster)
	for _, name := range w.untagged {
		into.Service(cluster, doctor.Service{Name: name, ARN: "arn:aws:ecs:eu-west-1:111122223333:service/staging/" + name, Propagates: true})
	}
	return w.unread
}

func (w *ward) ExamineTime(fleet.Scope, int, int) time.Duration { return time.Second }

func (w *ward) Post(_ context.Context, where actions.Where, _ authz.Actor, _ string, message actions.Message) (actions.Card, error) {
	if w.away == nil {
		w.posts = append(w.posts, where.Channel+": "+message.Title.Plain())
	}
	return actions.Card{}, w.away
}

func (w *ward) Back(_ context.Context, visit func(ledger.Entry) bool) error {
	for position := len(w.entries) - 1; position >= 0 && visit(w.entries[position]); position-- {
	}
	return nil
}

// digest is one process's, on the ward's ledger.
func (w *ward) digest() Digest {
	return Digest{
		Examiner: w, Channel: w, History: w, Log: slog.New(slog.DiscardHandler), NewID: func() string { return "op" },
		Rules: func() doctor.Rules {
			return doctor.Rules{Tag: "Environment", Environments: map[string]doctor.Environment{"staging": {Clusters: []string{"staging"}}}}
		},
		Schedule: func() (string, time.Duration) { return w.channel, 24 * time.Hour },
		Self:     func() (authz.Actor, bool) { return authz.Actor{Team: "T0ACME001", User: "U0ECSBOT"}, !w.unknown },
		Record:   func(entry ledger.Entry) error { w.entries = append(w.entries, entry); return nil },
	}
}

// told runs a process's digest for so long, and says how much there is in the channel then.
func (w *ward) told(t *testing.T, span time.Duration) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), span)
	defer cancel()
	w.digest().Run(ctx)
	return len(w.posts)
}

// The channel is told what is wrong once, and again only where it is not what was told before,
// by whatever process: what was told last stands in the ledger.
func TestTheDigestIsToldWhereItIsNotWhatWasToldBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &ward{untagged: []string{"api"}, channel: "C01OPS"}
		for _, step := range []struct {
			says     string
			untagged []string
			want     int
		}{
			{"the first", []string{"api"}, 1},
			{"the same, by another process", []string{"api"}, 1},
			{"more is wrong", []string{"api", "web"}, 2},
			{"the same in another order", []string{"web", "api"}, 2},
			{"it was mended", nil, 3},
			{"and stays so", nil, 3},
		} {
			w.untagged = step.untagged
			before := w.examined
			if got := w.told(t, 25*time.Hour); got != step.want || w.examined-before < 2 {
				t.Errorf("%s: told %d times, want %d, examined %d times", step.says, got, step.want, w.examined-before)
			}
		}
		for _, want := range []string{"C01OPS: Doctor: 1 warning", "C01OPS: Doctor: 2 warnings", "C01OPS: Doctor: nothing is wrong"} {
			if !strings.Contains(strings.Join(w.posts, "\n"), want) {
				t.Errorf("no %q in %q", want, w.posts)
			}
		}
		if len(w.entries) != 3 || w.entries[0].Event != ledger.Read || !strings.Contains(w.entries[0].Result, "mark=") {
			t.Errorf("entries %+v", w.entries)
		}
	})
}

// What Slack did not take, or what could not be examined, is tried again, and is not told of as
// if it had been.
func TestADigestThatDidNotArriveIsTriedAgain(t *testing.T) {
	for says, turn := range map[string]func(*ward, bool){
		"Slack is away":                  func(w *ward, is bool) { w.away = failing(is) },
		"AWS is away":                    func(w *ward, is bool) { w.unread = failing(is) },
		"who the bot is, nobody knows":   func(w *ward, is bool) { w.unknown = is },
		"no channel is configured (yet)": func(w *ward, is bool) { w.channel = map[bool]string{false: "C01OPS"}[is] },
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &ward{untagged: []string{"api"}, channel: "C01OPS"}
			turn(w, true)
			if got := w.told(t, time.Hour); got != 0 || len(w.entries) != 0 {
				t.Errorf("%s: told %d times, %d entries", says, got, len(w.entries))
			}
			turn(w, false)
			if got := w.told(t, time.Hour); got != 1 || len(w.entries) != 1 {
				t.Errorf("%s, and then not: told %d times, %d entries", says, got, len(w.entries))
			}
		})
	}
}

func failing(is bool) error {
	if is {
		return errors.New("away")
	}
	return nil
}
