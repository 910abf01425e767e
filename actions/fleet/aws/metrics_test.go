package aws_test

import (
	"errors"
	"testing"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/aws"
	sandbox "ecsbot/internal/sandbox/aws"
)

// forStatus is alice's session for reading an environment.
func forStatus(t *testing.T, f *aws.Fleet) fleet.Session {
	t.Helper()
	session, err := f.Assume(t.Context(), reading("status"))
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// allOf are the environment's services, as they are now.
func allOf(t *testing.T, f *aws.Fleet, environment string) []fleet.Service {
	t.Helper()
	services, err := f.ReadAll(t.Context(), staging(t, f).Services(environment))
	if err != nil {
		t.Fatal(err)
	}
	return services
}

func made(server *sandbox.Server, operation string) int {
	count := 0
	for _, call := range server.Calls() {
		if call.Operation == operation {
			count++
		}
	}
	return count
}

func TestUsageIsReadForManyServicesAtOnce(t *testing.T) {
	options := demo()
	options.Fleet = sandbox.Generated(780)
	f, server := inSandbox(t, options)
	services := allOf(t, f, "staging")
	usages, err := f.Usage(t.Context(), forStatus(t, f), services, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if len(services) != 260 || len(usages) != 260 || made(server, "GetMetricData") != 2 {
		t.Errorf("%d usages of %d services by %d calls", len(usages), len(services), made(server, "GetMetricData"))
	}
	for _, usage := range usages {
		if count := len(usage.CPU); count < 10 || count > 12 || len(usage.Memory) != count { // some began within the hour
			t.Fatalf("%d and %d samples in an hour", len(usage.CPU), len(usage.Memory))
		}
		for position, sample := range usage.CPU {
			isNext := position == 0 || sample.Time.Sub(usage.CPU[position-1].Time) == 5*time.Minute
			if sample.Percent <= 0 || sample.Percent > 100 || !isNext {
				t.Fatalf("sample %v", sample)
			}
		}
	}
}

func TestUsageWantsCredentialsOfTheEnvironmentAndOfStatus(t *testing.T) {
	options := demo()
	options.Authorize = func(request sandbox.Request) error {
		if request.Action == "cloudwatch:GetMetricData" {
			return errors.New("denied by no statement")
		}
		return nil
	}
	f, _ := inSandbox(t, options)
	services := allOf(t, f, "prod")
	if _, err := f.Usage(t.Context(), forStatus(t, f), services, time.Hour); !errors.Is(err, fleet.ErrDenied) {
		t.Errorf("of another environment: %v", err)
	}
	if _, err := f.Usage(t.Context(), forStatus(t, f), allOf(t, f, "staging"), time.Hour); !errors.Is(err, fleet.ErrDenied) {
		t.Errorf("where AWS denies it: %v", err)
	}
}

func TestDefinitionsAreReadOnceAndNoMoreOfThemThanAllowed(t *testing.T) {
	f, server := inSandbox(t, demo())
	services, session := allOf(t, f, "staging"), forStatus(t, f)
	for _, want := range []struct{ known, calls int }{{3, 3}, {4, 4}, {4, 4}} {
		found, err := f.Definitions(t.Context(), session, services, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) != want.known || made(server, "DescribeTaskDefinition") != want.calls {
			t.Errorf("%d found by %d calls, want %d by %d", len(found), made(server, "DescribeTaskDefinition"), want.known, want.calls)
		}
	}
	if found, err := f.Definitions(t.Context(), session, nil, 3); err != nil || len(found) != 0 {
		t.Errorf("of nothing: %v, %v", found, err)
	}
}

func TestTheLastWordsOfATaskAreReadAsLogs(t *testing.T) {
	options := demo()
	f, server := inSandbox(t, options)
	session, err := f.Assume(t.Context(), reading("logs"))
	if err != nil {
		t.Fatal(err)
	}
	service := allOf(t, f, "staging")[0]
	running, err := f.Tasks(t.Context(), forStatus(t, f), service, "RUNNING")
	if err != nil || len(running) == 0 {
		t.Fatalf("%d tasks, %v", len(running), err)
	}
	container := running[0].Containers[0].Name
	if _, err := f.LastWords(t.Context(), session, service, running[0], container, 5); err != nil {
		t.Error(err)
	}
	if lines, err := f.LastWords(t.Context(), session, service, running[0], "nobody", 5); err != nil || len(lines.Lines) > 0 {
		t.Errorf("of a container that is none: %v, %v", lines, err)
	}
	if stopped, err := f.Stopped(t.Context(), session, service); err != nil || len(stopped) > 0 {
		t.Errorf("stopped: %v, %v", stopped, err)
	}
	for _, call := range server.Calls() {
		class := map[string]string{"FilterLogEvents": "logs", "DescribeTaskDefinition": "status", "ListTasks": "status"}[call.Operation]
		if class != "" && call.Principal.Tags["Operation"] != class {
			t.Errorf("%s was made as %v", call.Operation, call.Principal.Tags)
		}
	}
	foreign := service
	foreign.Environment = "prod"
	if _, err := f.LastWords(t.Context(), session, foreign, running[0], container, 5); !errors.Is(err, fleet.ErrDenied) {
		t.Errorf("of another environment: %v", err)
	}
	if _, err := f.Stopped(t.Context(), session, foreign); !errors.Is(err, fleet.ErrDenied) {
		t.Errorf("stopped of another environment: %v", err)
	}
}
