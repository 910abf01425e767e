package aws_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"ecsbot/internal/sandbox/aws"
)

// send returns the body of the answer.
func (c cloud) send(t *testing.T, request *http.Request) string {
	t.Helper()
	answer, err := c.config.HTTPClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// shown is the part of the page's state that the tests look at.
type shown struct {
	Clusters []struct {
		Name     string
		Services []struct {
			Name, Environment, Conflict, FailNext, Image string
			Desired, Running                             int
			Rollout                                      struct{ State string }
			Tasks                                        []struct{ Status string }
		}
	}
	Calls []struct {
		Operation, Resource, Who string
		OK, Changes              bool
	}
}

func readState(t *testing.T, from io.Reader) shown {
	t.Helper()
	var state shown
	if err := json.NewDecoder(from).Decode(&state); err != nil {
		t.Fatal(err)
	}
	return state
}

func TestThePageSeesTheFleetChange(t *testing.T) {
	c := serve(t, aws.Options{Fleet: aws.DemoFleet(), Pace: aws.Swift(), Lag: aws.Consistent()})
	request, err := http.NewRequestWithContext(within(t), http.MethodGet, c.page(t)+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	events := bufio.NewScanner(answer.Body)
	events.Buffer(nil, 1<<20)
	next := func() shown {
		for events.Scan() {
			if data, ok := strings.CutPrefix(events.Text(), "data: "); ok {
				return readState(t, strings.NewReader(data))
			}
		}
		t.Fatal("the events end", events.Err())
		return shown{}
	}
	first := next()
	staging := first.Clusters[2]
	if staging.Name != "staging" || len(staging.Services) != 7 || staging.Services[0].Running != 3 {
		t.Fatalf("staging %+v", staging)
	}
	for _, service := range staging.Services {
		if (service.Name == "ledger" || service.Name == "reports") != (service.Conflict != "") {
			t.Errorf("%s: conflict %q", service.Name, service.Conflict)
		}
	}
	c.restart(t, "staging", "api")
	for state := next(); ; state = next() {
		call := state.Calls[0]
		if call.Operation == "UpdateService" && call.Resource == "staging/api" && call.OK && call.Changes && state.Clusters[2].Services[0].Rollout.State == "COMPLETED" {
			return
		}
	}
}

func TestThePageMayChangeThingsAndOthersMayNot(t *testing.T) {
	c := demo(t)
	url := c.page(t)
	for _, row := range []struct {
		what, path, kind, origin, body string
		status                         int
	}{
		{"the page itself", "/fail", "application/json", url, `{"cluster":"staging","service":"api","kind":"oom"}`, 204},
		{"no origin", "/fail", "application/json; charset=utf-8", "", `{"cluster":"staging","service":"web","kind":"exit"}`, 204},
		{"another site", "/fail", "application/json", "http://evil.example", `{"cluster":"staging","service":"api","kind":""}`, 403},
		{"a form", "/fail", "text/plain", url, `{"cluster":"staging","service":"api","kind":""}`, 415},
		{"an unknown kind", "/fail", "application/json", url, `{"cluster":"staging","service":"api","kind":"rust"}`, 400},
		{"an unknown member", "/fail", "application/json", url, `{"cluster":"staging","kin":"oom"}`, 400},
		{"a tag", "/tag", "application/json", url, `{"arn":"arn:aws:ecs:eu-west-1:111122223333:service/staging/legacy","key":"Environment","value":"staging"}`, 204},
		{"a fault", "/fault", "application/json", url, `{"operation":"UpdateService","kind":"throttle","count":1}`, 204},
		{"no fault", "/fault", "application/json", url, `{"clear":true}`, 204},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+row.path, strings.NewReader(row.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", row.kind)
		if row.origin != "" {
			request.Header.Set("Origin", row.origin)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != row.status {
			t.Errorf("%s: %s, want %d", row.what, answer.Status, row.status)
		}
	}
	if api, _ := c.Service("staging", "api"); api.FailNext != aws.FailMemory {
		t.Errorf("fails next by %q", api.FailNext)
	}
	if legacy, _ := c.Service("staging", "legacy"); legacy.Tags["Environment"] != "staging" {
		t.Errorf("tags %v", legacy.Tags)
	}
}
