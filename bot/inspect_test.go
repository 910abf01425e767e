package bot

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sandbox "ecsbot/internal/sandbox/slack"
)

// inspected is what Inspect finds in a workspace, within a minute, a line each.
func inspected(t *testing.T, wanted Wanted, change func(*sandbox.Workspace), trouble ...sandbox.FaultSpec) (lines string, took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		held := sandbox.DemoWorkspace()
		if change != nil {
			change(&held)
		}
		listener := newPipes()
		workspace := sandbox.New(sandbox.Options{Workspace: &held, BaseURL: func() string { return "http://sandbox/slack" }})
		server := &http.Server{Handler: http.StripPrefix("/slack", workspace)}
		go func() { _ = server.Serve(listener) }()
		for _, fault := range trouble {
			if err := workspace.Fault(fault); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		result := Inspect(ctx, Settings{
			BotToken: sandbox.BotToken, AppToken: sandbox.AppToken, APIURL: "http://sandbox/slack/api", Dial: listener.dial,
		}, wanted)
		took = time.Since(began)
		var all []string
		for _, found := range result.Findings {
			all = append(all, string(found.Level)+" "+found.Where+" "+found.Text)
		}
		lines = strings.Join(all, "\n")
		workspace.Close()
		_ = server.Close()
	})
	if strings.Contains(lines, sandbox.BotToken) || strings.Contains(lines, sandbox.AppToken) {
		t.Errorf("a token is shown in\n%s", lines)
	}
	return lines, took
}

func auditOnly() Wanted {
	return Wanted{Audit: Channel{ID: "C02AUDIT", Use: "audit channel", Where: "f:3", Private: true}}
}

func TestInspectTellsWhatIsWrongInSlack(t *testing.T) {
	for _, test := range []struct {
		name   string
		wanted Wanted
		change func(*sandbox.Workspace)
		want   string
	}{
		{
			name: "a scope without which the bot does not start", wanted: auditOnly(),
			change: func(w *sandbox.Workspace) {
				w.BotScopes = []string{"commands", "chat:write", "usergroups:read", "channels:read", "groups:read"}
			},
			want: "error  SLACK_BOT_TOKEN lacks the scope app_mentions:read channels:history files:write groups:history im:history im:write users:read, so the bot does not start: add it",
		},
		{
			name: "a scope that some of it needs", wanted: auditOnly(),
			change: func(w *sandbox.Workspace) {
				w.BotScopes = []string{
					"commands", "chat:write", "files:write", "usergroups:read", "users:read", "channels:read", "groups:read",
					"app_mentions:read", "channels:history", "groups:history",
				}
			},
			want: "warning  SLACK_BOT_TOKEN lacks the scope im:history im:write, so what needs it does not work: add it",
		},
		{
			name: "groups that cannot be read", wanted: auditOnly(),
			change: func(w *sandbox.Workspace) { w.BotScopes = []string{"groups:read"} },
			want:   "error  the user groups cannot be read, so nobody may do anything: SLACK_BOT_TOKEN: Slack says missing_scope: usergroups:read;",
		},
		{
			name: "a channel that cannot be looked at", wanted: auditOnly(),
			change: func(w *sandbox.Workspace) { w.BotScopes = []string{"usergroups:read"} },
			want:   "error f:3 audit channel C02AUDIT cannot be looked at: SLACK_BOT_TOKEN: Slack says missing_scope: groups:read;",
		},
		{
			name: "a public channel for what is not for everybody",
			wanted: Wanted{
				Audit: auditOnly().Audit, Channels: []Channel{{ID: "C01OPS", Use: "doctor's channel", Where: "f:4", Private: true}},
			},
			want: "warning f:4 doctor's channel C01OPS (#ops) is public, so everybody in the workspace reads it: make it private",
		},
		{
			name: "a public channel for what everybody may read",
			wanted: Wanted{
				Audit: auditOnly().Audit, Channels: []Channel{{ID: "C01OPS", Use: "approvals channel", Where: "f:4"}},
			},
			want: "ok f:4 approvals channel C01OPS (#ops): the bot is a member, and it is not shared",
		},
		{
			name: "a shared channel for what is not for everybody",
			wanted: Wanted{
				Audit: auditOnly().Audit, Channels: []Channel{{ID: "C01OPS", Use: "doctor's channel", Where: "f:4", Private: true}},
			},
			change: func(w *sandbox.Workspace) { w.Channels[0].IsExtShared = true },
			want:   "warning f:4 doctor's channel C01OPS (#ops) is shared with another company, or about to be, which reads along",
		},
		{
			name: "an archived channel", wanted: auditOnly(),
			change: func(w *sandbox.Workspace) { w.Channels[1].IsArchived = true },
			want:   "error f:3 audit channel C02AUDIT (#ecs-audit) is archived: ",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, _ := inspected(t, test.wanted, test.change); !strings.Contains(got, test.want) {
				t.Errorf("not found: %q in\n%s", test.want, got)
			}
		})
	}
}

// TestInspectWarnsOfOpenGroupsOnce is about who can give themselves rights: of the groups that
// give any, those that an identity provider keeps are closed.
func TestInspectWarnsOfOpenGroupsOnce(t *testing.T) {
	wanted := auditOnly()
	for _, id := range []string{"S0BACKEND", "S0SRE", "S0VIEWERS"} {
		wanted.Groups = append(wanted.Groups, Group{ID: id, Where: "f:9", Gives: true})
	}
	wanted.Groups = append(wanted.Groups, Group{ID: "S0ONCALL", Where: "f:10", Denies: true})
	got, _ := inspected(t, wanted, func(w *sandbox.Workspace) { w.Groups[1].IsIDPGroup = true })
	if strings.Count(got, "neither locked") != 1 || !strings.Contains(got, "warning  the membership of S0BACKEND S0VIEWERS gives rights") {
		t.Errorf("got\n%s", got)
	}
	if got, _ := inspected(t, auditOnly(), nil); strings.Contains(got, "neither locked") {
		t.Errorf("without groups\n%s", got)
	}
}

// TestInspectEndsInTime holds that Slack's silence, and its wish to be asked later, are told
// and not waited out beyond the caller's time.
func TestInspectEndsInTime(t *testing.T) {
	got, took := inspected(t, auditOnly(), nil, sandbox.FaultSpec{Method: "*", Kind: sandbox.FaultHang})
	if took > time.Minute || !strings.Contains(got, "error  SLACK_BOT_TOKEN: Slack did not answer in time") {
		t.Errorf("after %s\n%s", took, got)
	}
	got, took = inspected(t, auditOnly(), nil, sandbox.FaultSpec{Method: "usergroups.list", Kind: sandbox.FaultThrottle, Duration: 2 * time.Minute})
	if took > time.Second || !strings.Contains(got, "Slack asks to be asked later") {
		t.Errorf("after %s\n%s", took, got)
	}
	got, took = inspected(t, auditOnly(), nil, sandbox.FaultSpec{Method: "auth.test", Kind: sandbox.FaultThrottle, Duration: 5 * time.Second, Count: 1})
	if took < 5*time.Second || strings.Contains(got, "error") {
		t.Errorf("after %s\n%s", took, got)
	}
}
