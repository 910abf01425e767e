package aws_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/aws"
	sandbox "ecsbot/internal/sandbox/aws"
)

// inSandbox is a fleet that speaks with the sandbox's AWS over HTTP, by the default client.
func inSandbox(t *testing.T, options sandbox.Options) (*aws.Fleet, *sandbox.Server) {
	t.Helper()
	server := sandbox.New(options)
	t.Cleanup(server.Close)
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	id, secret := server.BaseKey()
	f := newFleet(t, nil, func(settings *aws.Settings) {
		settings.HTTP = nil
		settings.LoadOptions = append(settings.LoadOptions,
			config.WithBaseEndpoint(listening.URL),
			config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret, "")))
	})
	return f, server
}

func demo() sandbox.Options {
	return sandbox.Options{Fleet: sandbox.DemoFleet(), Pace: sandbox.Swift(), Lag: sandbox.Consistent()}
}

// staging is what a discovery of the sandbox finds.
func staging(t *testing.T, f *aws.Fleet) *fleet.Index {
	t.Helper()
	index := fleet.NewIndex(map[string]fleet.Scope{"dev": home, "staging": home, "prod": home})
	if err := f.Discover(t.Context(), home, index); err != nil {
		t.Fatal(err)
	}
	return index
}

func find(t *testing.T, index *fleet.Index, environment, name string) fleet.Ref {
	t.Helper()
	ref, err := index.Find(environment, name)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func TestBothWaysOfDiscoveryFindTheSame(t *testing.T) {
	f, _ := inSandbox(t, demo())
	byTag := staging(t, f)
	options := demo()
	options.Authorize = func(request sandbox.Request) error {
		if request.Action == "tag:GetResources" {
			return errors.New("denied by no statement")
		}
		return nil
	}
	f, _ = inSandbox(t, options)
	walked := staging(t, f)
	for _, environment := range []string{"dev", "staging", "prod"} {
		if diff := cmp.Diff(byTag.Services(environment), walked.Services(environment)); diff != "" {
			t.Errorf("%s (-by tag +walked):\n%s", environment, diff)
		}
	}
	for _, stray := range []string{"legacy", "reports", "ledger"} {
		if _, err := byTag.Find("staging", stray); !errors.Is(err, fleet.ErrUnknown) {
			t.Errorf("found %s, which is not tagged staging: %v", stray, err)
		}
	}
}

func TestMainJobInTheSandbox(t *testing.T) {
	f, server := inSandbox(t, demo())
	ref := find(t, staging(t, f), "staging", "api")
	purpose := restarting()
	purpose.Target = ref.ARN
	session, err := f.Assume(t.Context(), purpose)
	if err != nil {
		t.Fatal(err)
	}
	before, err := f.Read(t.Context(), ref)
	if err != nil || before.Environment != "staging" || before.Conflict != "" {
		t.Fatalf("read %+v, error %v", before, err)
	}
	change, err := f.Restart(t.Context(), session, before)
	if err != nil {
		t.Fatal(err)
	}
	started := change.Service.Primary()
	if started.ID == "" || started.ID == before.Primary().ID || change.RequestID == "" {
		t.Fatalf("change %+v", change)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err = server.Await(ctx, func() bool {
		now, err := f.ReadAll(ctx, []fleet.Ref{ref})
		if err != nil || len(now) != 1 {
			return false
		}
		deployment, _ := now[0].Deployment(started.ID)
		return deployment.Rollout == fleet.Completed
	})
	if err != nil {
		t.Fatalf("the deployment is not completed: %v", err)
	}
	sent := sentTo(server, "UpdateService")
	if len(sent) != 1 || sent[0].Principal.SourceIdentity != "slack-T0ACME001-U0ALICE" {
		t.Fatalf("sent %+v", sent)
	}
	var params map[string]any
	if err := json.Unmarshal(sent[0].Params, &params); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(object{"cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/staging", "service": "api", "forceNewDeployment": true}, params); diff != "" {
		t.Errorf("on the wire (-want +got):\n%s", diff)
	}
}

func sentTo(server *sandbox.Server, operation string) []sandbox.Call {
	return slices.DeleteFunc(server.Calls(), func(each sandbox.Call) bool { return each.Operation != operation })
}

func TestTagOfAnotherEnvironmentOnTheServiceOrItsCluster(t *testing.T) {
	f, server := inSandbox(t, demo())
	index := staging(t, f)
	stray := find(t, index, "prod", "ledger")
	service, err := f.Read(t.Context(), stray)
	if err != nil || !strings.Contains(service.Conflict, `"prod"`) {
		t.Errorf("prod's service in staging's cluster: %q, error %v", service.Conflict, err)
	}
	ref := find(t, index, "staging", "web")
	if err := server.SetTag(ref.ARN, "Environment", "prod"); err != nil {
		t.Fatal(err)
	}
	if service, err = f.Read(t.Context(), ref); err != nil || service.Environment != "prod" {
		t.Errorf("retagged: environment %q, error %v", service.Environment, err)
	}
}

func TestFaultsDuringAChangeInTheSandbox(t *testing.T) {
	for _, row := range []struct {
		kind    sandbox.FaultKind
		want    error
		restart bool // whether AWS carried it out
	}{
		{sandbox.FaultCut, fleet.ErrFateUnknown, true},
		{sandbox.FaultLateError, fleet.ErrFateUnknown, true},
		{sandbox.FaultCutBefore, fleet.ErrFateUnknown, false},
		{sandbox.FaultError, fleet.ErrFateUnknown, false},
		{sandbox.FaultThrottle, nil, true},
	} {
		t.Run(string(row.kind), func(t *testing.T) {
			f, server := inSandbox(t, demo())
			ref := find(t, staging(t, f), "staging", "api")
			purpose := restarting()
			purpose.Target = ref.ARN
			session, err := f.Assume(t.Context(), purpose)
			if err != nil {
				t.Fatal(err)
			}
			before, err := f.Read(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			if err := server.Fault(sandbox.FaultSpec{Operation: "UpdateService", Kind: row.kind, Count: 1}); err != nil {
				t.Fatal(err)
			}
			if _, err := f.Restart(t.Context(), session, before); !errors.Is(err, row.want) {
				t.Errorf("error %v, want %v", err, row.want)
			}
			if sent := len(sentTo(server, "UpdateService")); row.want != nil && sent != 1 {
				t.Errorf("%d requests, want exactly 1", sent)
			}
			after, err := f.Read(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			if restarted := after.Primary().ID != before.Primary().ID; restarted != row.restart {
				t.Errorf("restarted: %v, want %v", restarted, row.restart)
			}
		})
	}
}

func TestLogsInTheSandbox(t *testing.T) {
	f, server := inSandbox(t, demo())
	ref := find(t, staging(t, f), "staging", "api")
	purpose := reading("logs")
	purpose.Target = ref.ARN
	session, err := f.Assume(t.Context(), purpose)
	if err != nil {
		t.Fatal(err)
	}
	// CloudWatch Logs takes a moment until an event can be read.
	if err := server.WriteLog("staging", "api", time.Now().Add(-2*time.Second), "a new line"); err != nil {
		t.Fatal(err)
	}
	lines, err := f.Logs(t.Context(), session, fleet.Service{Ref: ref}, fleet.LogQuery{Lines: 20, From: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if lines.Tasks != 3 || len(lines.Lines) != 20 || len(lines.Secrets) == 0 || len(lines.Notes) != 0 {
		t.Errorf("%d tasks, %d lines, %d secrets, notes %q", lines.Tasks, len(lines.Lines), len(lines.Secrets), lines.Notes)
	}
	if !slices.IsSortedFunc(lines.Lines, func(a, b fleet.Line) int { return a.Time.Compare(b.Time) }) {
		t.Error("the lines are not in order of time")
	}
	if !slices.ContainsFunc(lines.Lines, func(each fleet.Line) bool { return each.Text == "a new line" && each.Task != "" }) {
		t.Errorf("the new line is missing of %v", lines.Lines)
	}
}
