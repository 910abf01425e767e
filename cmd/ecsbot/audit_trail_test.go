package main

import (
	"encoding/json"
	"strings"
	"testing"

	"ecsbot/actions/ledger"
	sandboxaws "ecsbot/internal/sandbox/aws"
)

// restarted runs the program, lets alice restart staging/api, ends it, and returns the
// operation with the configuration's path.
func restarted(t *testing.T, local *local, environment map[string]string) (path string, started ledger.Entry) {
	t.Helper()
	pointAWS(t, environment)
	path = demoFile(t)
	bot := startRun(t, environment, path)
	bot.restart(t, local)
	bot.stop()
	for line := range strings.Lines(bot.out.String()) {
		var entry ledger.Entry
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry.Event == ledger.Started {
			started = entry
		}
	}
	return path, started
}

func TestTheTrailOfAnOperationIsFoundInCloudTrail(t *testing.T) {
	local, environment := realSandbox(t, func(options *sandboxaws.Options) {
		options.Lag, options.Pace = sandboxaws.Consistent(), sandboxaws.Swift()
	})
	path, started := restarted(t, local, environment)
	key := started.AWS.AccessKeyID
	got := runs(t, environment, "audit", "trail", started.Operation, "--config", path)
	for _, want := range []string{
		started.Operation + ": restart api in staging by U0ALICE",
		"started by U0ALICE, access key " + key,
		"AssumeRole arn:aws:iam::111122223333:role/ecsbot-operator as slack-T0SANDBOX-U0ALICE by ",
		"handed out " + key + "; tags Approved=false Environment=staging Operation=restart RequestId=" + started.Operation,
		"UpdateService staging/api by arn:aws:sts::111122223333:assumed-role/ecsbot-operator/slack-T0SANDBOX-U0ALICE with " + key + ", in the name of slack-T0SANDBOX-U0ALICE",
		"Both agree",
	} {
		if got.status != exitDone || !strings.Contains(got.stdout, want) {
			t.Errorf("status %d, no %q in\n%s%s", got.status, want, got.stdout, got.stderr)
		}
	}
	machine := runs(t, environment, "audit", "trail", started.Operation, "--config", path, "--json")
	var read trail
	if err := json.Unmarshal([]byte(machine.stdout), &read); err != nil {
		t.Fatal(err)
	}
	if len(read.Events) != 2 || read.Events[0].Assumed == nil || read.Events[0].Assumed.Tags["RequestId"] != started.Operation || read.Events[1].Service != "api" || len(read.Entries) < 2 {
		t.Errorf("as JSON: %s", machine.stdout)
	}
	for _, output := range []string{got.stdout, machine.stdout} {
		if strings.Contains(output, "session token") || strings.Contains(output, environment["AWS_SECRET_ACCESS_KEY"]) {
			t.Error("a credential is shown")
		}
	}
	if got := runs(t, environment, "audit", "trail", "nonesuch", "--config", path); got.status != exitFailed || !strings.Contains(got.stderr, "the ledger has no operation nonesuch") {
		t.Errorf("an operation that there is not: %+v", got)
	}
}

func TestWhatCloudTrailDoesNotHaveYetIsSaid(t *testing.T) {
	local, environment := realSandbox(t, func(options *sandboxaws.Options) { options.Pace = sandboxaws.Swift() })
	path, started := restarted(t, local, environment)
	got := runs(t, environment, "audit", "trail", started.Operation, "--config", path)
	for _, want := range []string{"missing: no AssumeRole that handed out " + started.AWS.AccessKeyID + " (CloudTrail may take 15 minutes)", "missing: no call with " + started.AWS.AccessKeyID} {
		if got.status != exitDone || !strings.Contains(got.stdout, want) {
			t.Errorf("status %d, no %q in\n%s%s", got.status, want, got.stdout, got.stderr)
		}
	}
}

func TestATrailThatMayNotBeReadNamesThePermission(t *testing.T) {
	local, environment := realSandbox(t, func(options *sandboxaws.Options) { options.Pace = sandboxaws.Swift() })
	path, started := restarted(t, local, environment)
	if err := local.AWS.Fault(sandboxaws.FaultSpec{Operation: "LookupEvents", Kind: sandboxaws.FaultDeny}); err != nil {
		t.Fatal(err)
	}
	got := runs(t, environment, "audit", "trail", started.Operation, "--config", path)
	if got.status != exitFailed || !strings.Contains(got.stderr, "cloudtrail:LookupEvents must be allowed") {
		t.Errorf("got %+v", got)
	}
}
