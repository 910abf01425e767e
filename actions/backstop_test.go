package actions

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"ecsbot/actions/fleet"
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
