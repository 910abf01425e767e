package aws_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/aws"
)

const familyARN = "arn:aws:ecs:eu-west-1:111122223333:task-definition/staging-api"

// revisionsWire is a family whose revisions 1 to 250 exist, of which 240 to 249 are not active.
func revisionsWire() *wire {
	var active []string
	for number := 250; number > 0; number-- {
		if number < 240 || number > 249 {
			active = append(active, fmt.Sprintf("%s:%d", familyARN, number))
		}
	}
	w := &wire{}
	w.answers = map[string]func(call) (int, any){
		"AssumeRole": w.assumed,
		"ListTaskDefinitions": func(asked call) (int, any) {
			part, next := page(active, asked.body["nextToken"], int(asked.body["maxResults"].(float64)))
			return http.StatusOK, object{"taskDefinitionArns": part, "nextToken": next}
		},
		"DescribeTaskDefinition": func(asked call) (int, any) {
			arn := asked.body["taskDefinition"].(string)
			return http.StatusOK, object{"taskDefinition": object{
				"taskDefinitionArn": arn, "family": "staging-api", "revision": 7, "cpu": "512", "memory": "1024",
				"taskRoleArn": "arn:aws:iam::111122223333:role/ecs/staging/api",
				"containerDefinitions": []object{{
					"name": "api", "image": "api:1", "memoryReservation": 64, "command": []string{"serve", "--key=command-value"},
					"environment": []object{{"name": "LEVEL", "value": "level-value"}, {"name": "OF", "value": arn}},
					"secrets":     []object{{"name": "PASSWORD", "valueFrom": "arn:secret-value"}},
				}},
			}}
		},
	}
	return w
}

func running(revision string) fleet.Service {
	service := api()
	service.Revision = familyARN + ":" + revision
	return service
}

// twoDefinitions reads two revisions of the service's family.
func twoDefinitions(t *testing.T, f *aws.Fleet, session fleet.Session) (one, two fleet.Definition) {
	t.Helper()
	var read [2]fleet.Definition
	for position, number := range []int{7, 8} {
		var err error
		if read[position], err = f.Definition(t.Context(), session, running("250"), number); err != nil {
			t.Fatal(err)
		}
	}
	return read[0], read[1]
}

func TestADefinitionHasNoValues(t *testing.T) {
	w := revisionsWire()
	f := newFleet(t, w)
	session, err := f.Assume(t.Context(), reading("status"))
	if err != nil {
		t.Fatal(err)
	}
	one, two := twoDefinitions(t, f, session)
	if said := fmt.Sprintf("%+v", one); strings.Contains(said, "-value") {
		t.Errorf("a value got out: %s", said)
	}
	first, second := one.Containers[0], two.Containers[0]
	if first.Variables["LEVEL"] != second.Variables["LEVEL"] || first.Variables["OF"] == second.Variables["OF"] {
		t.Error("equal values do not have equal marks, or different ones have")
	}
	if first.Memory != "64 reserved" || first.CPU != "" || one.TaskRole == "" || len(first.Secrets) != 1 {
		t.Errorf("read %+v", one)
	}
	twoDefinitions(t, f, session)
	if asked := w.asked("DescribeTaskDefinition"); len(asked) != 2 || asked[0].body["taskDefinition"] != familyARN+":7" {
		t.Errorf("asked %v", asked)
	}
}

func TestTheRevisionBeforeIsTheNewestActiveOne(t *testing.T) {
	w := revisionsWire()
	f := newFleet(t, w)
	session, err := f.Assume(t.Context(), reading("status"))
	if err != nil {
		t.Fatal(err)
	}
	for below, want := range map[int]int{250: 239, 245: 239, 60: 59, 1: 0} {
		got, err := f.Earlier(t.Context(), session, running("250"), below)
		if err != nil || got != want {
			t.Errorf("before %d: %d, %v; want %d", below, got, err, want)
		}
	}
	if family := w.asked("ListTaskDefinitions")[0].body["familyPrefix"]; family != "staging-api" {
		t.Errorf("asked for the family %v", family)
	}
}

func TestWhatRanBeforeIsWhatDeploymentsBroughtThatWentWell(t *testing.T) {
	w := revisionsWire()
	f := newFleet(t, w)
	session, err := f.Assume(t.Context(), reading("status"))
	if err != nil {
		t.Fatal(err)
	}
	brought := map[string]string{"r4": familyARN + ":250", "r3": familyARN + ":238", "r2": strings.Replace(familyARN, "api", "web", 1) + ":3", "r1": familyARN + ":230"}
	went := []object{}
	w.answers["ListServiceDeployments"] = func(call) (int, any) { return http.StatusOK, object{"serviceDeployments": went} }
	w.answers["DescribeServiceRevisions"] = func(asked call) (int, any) {
		described := []object{}
		for _, arn := range asked.body["serviceRevisionArns"].([]any) {
			described = append([]object{{"serviceRevisionArn": arn, "taskDefinition": brought[arn.(string)]}}, described...) // in any order
		}
		return http.StatusOK, object{"serviceRevisions": described}
	}
	if got, err := f.Proven(t.Context(), session, running("250")); err != nil || got != nil || len(w.asked("DescribeServiceRevisions")) != 0 {
		t.Errorf("without a deployment: %v, %v", got, err)
	}
	for _, arn := range []string{"r4", "r3", "r2", "r1"} {
		went = append(went, object{"targetServiceRevisionArn": arn, "status": "SUCCESSFUL"})
	}
	got, err := f.Proven(t.Context(), session, running("250"))
	if err != nil || !slices.Equal(got, []int{250, 238, 230}) {
		t.Errorf("got %v, %v", got, err)
	}
	if status := fmt.Sprint(w.asked("ListServiceDeployments")[0].body["status"]); status != "[SUCCESSFUL]" {
		t.Errorf("asked for those that are %s", status)
	}
}

func TestRevisionsWantCredentialsOfTheEnvironment(t *testing.T) {
	f := newFleet(t, revisionsWire())
	purpose := reading("status")
	purpose.Environment = "prod"
	session, err := f.Assume(t.Context(), purpose)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Definition(t.Context(), session, running("250"), 7); err == nil {
		t.Error("read with another environment's credentials")
	}
	if _, err := f.Earlier(t.Context(), session, running("250"), 7); err == nil {
		t.Error("listed with another environment's credentials")
	}
	if _, err := f.Proven(t.Context(), session, running("250")); err == nil {
		t.Error("read what ran before with another environment's credentials")
	}
	if _, err := f.Definition(t.Context(), session, running("latest"), 7); err == nil {
		t.Error("read of a service whose revision is none")
	}
}
