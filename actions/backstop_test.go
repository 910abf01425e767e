package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
)

func TestWhatAWSRefusesAfterOurYesIsAnAlarm(t *testing.T) {
	denial := fmt.Errorf("restart: %w", &fleet.Denial{Action: "ecs:UpdateService", By: "an explicit deny in a session policy", Said: "AccessDenied: no"})
	for _, row := range []struct {
		name, command string
		err           error
		events        string
		fires         bool
		audit         string
	}{
		{"a change", "restart staging api", denial, "started failed", true, "THE BACKSTOP FIRED: ecsbot allowed restart api in staging to ALICE, and AWS refused: an explicit deny in a session policy"},
		{"a read", "status staging api", denial, "refused", true, "THE BACKSTOP FIRED: ecsbot allowed status api in staging to ALICE"},
		{
			"AWS does not say who", "status staging api", &fleet.Denial{Said: "AccessDenied"}, "refused", true,
			"AWS does not say which document refused",
		},
		{"credentials that are no more", "restart staging api", fmt.Errorf("restart: %w: ExpiredToken", fleet.ErrDenied), "started failed", false, "failed"},
		{"another trouble", "status staging api", fleet.ErrThrottled, "refused", false, "refused"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.runErr = row.err
				w.says("ALICE", row.command)
				synctest.Wait()
				entries := w.entries(len(strings.Fields(row.events)))
				if events(entries) != row.events {
					t.Fatalf("entries %s", events(entries))
				}
				last := entries[len(entries)-1]
				if line := auditLine(last).Plain(); !strings.Contains(line, row.audit) || isBackstop(last) != row.fires {
					t.Errorf("audit line %q", line)
				}
				if fires := slices.Equal(w.fired, []string{"staging"}); fires != row.fires {
					t.Errorf("the meter was told %v", w.fired)
				}
				if w.notes.has(backstopMark, "environment=staging") != row.fires {
					t.Errorf("log %q", w.notes.lines)
				}
			})
		})
	}
}

// TestWhatHasToBePutRightIsSaid: where no credentials are given, by what is missing.
func TestWhatHasToBePutRightIsSaid(t *testing.T) {
	for name, test := range map[string]struct {
		kind error
		want string
	}{
		"an alarm":        {&fleet.Denial{Said: "AccessDenied"}, "What has to be put right: the trust policy of arn:role lacks sts:TagSession."},
		"another mistake": {fleet.ErrRefused, "AWS gives me no credentials for this: the trust policy of arn:role lacks sts:TagSession. Nothing was changed."},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.fleet.assume = &fleet.Unassumable{Role: "arn:role", Missing: "the trust policy of arn:role lacks sts:TagSession", Said: "AccessDenied", Kind: test.kind}
				w.runErr, w.fleet.assume = w.fleet.assume, nil
				if got := w.says("ALICE", "status staging api").last(); !strings.Contains(got, test.want) {
					t.Errorf("told %q", got)
				}
			})
		})
	}
}

// TestAPartThatAWSRefusesIsAnAlarmToo: what could be read is told, and the rest is no quiet gap.
func TestAPartThatAWSRefusesIsAnAlarmToo(t *testing.T) {
	denial := &fleet.Denial{Action: "ecs:ListTasks", By: "no session policy allows it", Said: "AccessDenied: no"}
	for _, row := range []struct {
		name, command string
		missing       error
		audit         string // of the alarm; empty for none
	}{
		{"of a service", "tasks staging api", fmt.Errorf("list: %w", denial), "THE BACKSTOP FIRED: ecsbot allowed tasks api in staging to ALICE, and AWS refused: no session policy allows it"},
		{"of an environment", "tasks staging", errors.Join(fleet.ErrThrottled, denial), "THE BACKSTOP FIRED: ecsbot allowed tasks in staging to ALICE, and AWS refused: no session policy"},
		{"for another reason", "tasks staging api", fleet.ErrThrottled, ""},
		{"nothing", "tasks staging api", nil, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorldWith(t, Action{
					Name: "tasks", Example: "tasks staging api", Parameters: []Parameter{Environment(), Service().Optional()},
					Run: func(context.Context, Call) (Outcome, error) {
						return Outcome{Message: Say(Plain, "stands"), Missing: row.missing}, nil
					},
				})
				said := w.says("ALICE", row.command).last()
				synctest.Wait()
				entry := w.newest()
				if line := auditLine(entry).Plain(); entry.Event != ledger.Read || !strings.Contains(line, row.audit) || isBackstop(entry) != (row.audit != "") {
					t.Errorf("audit line %q", line)
				}
				tells := strings.Contains(said, "AWS refused a part of what I had allowed (no session policy allows it)") && strings.Contains(said, "/ecs doctor staging")
				if !strings.Contains(said, "stands") || tells != (row.audit != "") {
					t.Errorf("told %q", said)
				}
				if fires := slices.Equal(w.fired, []string{"staging"}); fires != (row.audit != "") {
					t.Errorf("the meter was told %v", w.fired)
				}
			})
		})
	}
}
