package aws_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/aws"
	"ecsbot/actions/fleet/doctor"
	sandbox "ecsbot/internal/sandbox/aws"
)

// inMemory answers requests by a handler, without sockets: it works in a bubble of time.
type inMemory struct{ http.Handler }

func (m inMemory) RoundTrip(request *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	m.ServeHTTP(recorder, request)
	response := recorder.Result()
	response.Request = request
	return response, nil
}

// inBubble is a fleet that speaks with the sandbox's AWS in memory.
func inBubble(t *testing.T, options sandbox.Options) (*aws.Fleet, *sandbox.Server) {
	t.Helper()
	server := sandbox.New(options)
	t.Cleanup(server.Close)
	id, secret := server.BaseKey()
	f := newFleet(t, inMemory{server}, func(settings *aws.Settings) {
		settings.LoadOptions = append(settings.LoadOptions,
			config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret, "")))
	})
	return f, server
}

func doctorRules() doctor.Rules {
	rules := doctor.Rules{Tag: "Environment", Environments: map[string]doctor.Environment{}}
	for _, name := range []string{"dev", "staging", "prod"} {
		rules.Environments[name] = doctor.Environment{Scope: home, OperatorRole: operatorRole, Protected: name == "prod"}
	}
	return rules
}

func statusOf(environment string) fleet.Purpose {
	purpose := reading("status")
	purpose.Environment, purpose.Target = environment, ""
	return purpose
}

func kindsOf(report doctor.Report) map[doctor.Kind]int {
	kinds := map[doctor.Kind]int{}
	for _, found := range report.Findings {
		kinds[found.Kind]++
	}
	return kinds
}

func TestAnExaminationFindsEachDefectOfTheFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := inBubble(t, sandbox.Options{Fleet: sandbox.FaultyFleet()})
		into := doctor.NewExamination(doctorRules())
		if err := f.Examine(t.Context(), into, nil, statusOf); err != nil {
			t.Fatal(err)
		}
		report := into.Report()
		kinds := kindsOf(report)
		for _, kind := range []doctor.Kind{
			doctor.SharedInstance, doctor.TwoKeys, doctor.Conflict, doctor.RoleOutside, doctor.Untagged, doctor.ShortARN,
			doctor.NearKey, doctor.NearMiss, doctor.NoPropagation, doctor.OldTasks, doctor.DefinitionTag, doctor.LogGroupTag, doctor.ExecOpen,
			doctor.DefaultRole, doctor.SharedCluster, doctor.UntaggedCluster, doctor.UnknownValue,
		} {
			if kinds[kind] == 0 {
				t.Errorf("%s is not found", kind)
			}
		}
		if len(report.Unread) > 0 {
			t.Errorf("unread: %v", report.Unread)
		}
	})
}

func TestWhatCannotBeReadIsSaidAndTheRestIsExamined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := inBubble(t, sandbox.Options{Fleet: sandbox.FaultyFleet(), Authorize: func(request sandbox.Request) error {
			own := slices.Equal(request.Context["aws:ResourceTag/Environment"], request.Context["aws:PrincipalTag/Environment"])
			if request.Action == "tag:GetResources" || request.Action == "ecs:DescribeTasks" && !own {
				return errors.New("no identity-based policy allows it")
			}
			return nil
		}})
		into := doctor.NewExamination(doctorRules())
		if err := f.Examine(t.Context(), into, []string{"staging", "prod"}, statusOf); err != nil {
			t.Fatal(err)
		}
		report := into.Report()
		var unread []string
		for _, each := range report.Unread {
			unread = append(unread, each.What)
		}
		for _, want := range []string{"tags of tasks and log groups in eu-west-1", "tasks of edge/mailer", "tasks of edge/proxy"} {
			if !slices.Contains(unread, want) {
				t.Errorf("%q is not said: %v", want, report.Unread)
			}
		}
		kinds := kindsOf(report)
		if kinds[doctor.RoleOutside] == 0 || kinds[doctor.Untagged] == 0 || kinds[doctor.SharedInstance] == 0 || kinds[doctor.LogGroupTag] > 0 {
			t.Errorf("found %v", kinds)
		}
	})
}

func TestTenThousandServicesAreExaminedWithinTheThrottlesAndTheEstimate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const services = 10_000
		f, server := inBubble(t, sandbox.Options{Fleet: sandbox.Generated(services)})
		into := doctor.NewExamination(doctorRules())
		estimate := f.ExamineTime(home, services, services)
		began := time.Now()
		if err := f.Examine(t.Context(), into, nil, statusOf); err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		throttled := 0
		for _, call := range server.Calls() {
			if strings.Contains(call.Error, "Throttl") {
				throttled++
			}
		}
		report := into.Report()
		t.Logf("took %v, estimated %v, calls %v", took, estimate, server.Counts())
		if total := report.Services["dev"] + report.Services["staging"] + report.Services["prod"]; total != services || throttled > 0 {
			t.Errorf("%d services, %d calls throttled", total, throttled)
		}
		if took > 2*estimate || estimate > 2*took {
			t.Errorf("took %v, estimated %v", took, estimate)
		}
	})
}
