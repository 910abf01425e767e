package iam_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"ecsbot/authz/iam"
)

// example is one of the cases that the boundary is held to: who does what on what, in the
// context that AWS populates for that action, and which documents apply.
type example struct {
	Group     string                `json:"group"`
	Label     string                `json:"label"`
	Want      string                `json:"want"`
	Principal string                `json:"principal"`
	Action    string                `json:"action"`
	Resource  string                `json:"resource"`
	Context   map[string]iam.Values `json:"ctx"`
	Identity  []json.RawMessage     `json:"identity"`
	Trust     string                `json:"trust"`
	SCPs      []string              `json:"scps"`
	Session   string                `json:"session"`
}

func (e example) name() string { return e.Group + ": " + e.Label + " (" + e.Action + ")" }

func cases(t testing.TB, file string) []example {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var list []example
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// set is documents by the file name that cases call them by. One file may have several parts.
type set map[string][]*iam.Policy

// judge answers a case by the documents of a set; others stand in the case itself.
func (s set) judge(t testing.TB, e example) iam.Verdict {
	t.Helper()
	question := iam.Question{Principal: e.Principal, Action: e.Action, Resource: e.Resource, Context: map[string][]string{}}
	for key, values := range e.Context {
		question.Context[key] = values
	}
	policies := iam.Policies{}
	for _, raw := range e.Identity {
		var name string
		if json.Unmarshal(raw, &name) == nil {
			policies.Identity = append(policies.Identity, s.named(t, name)...)
			continue
		}
		inline, err := iam.Parse("in the case", raw)
		if err != nil {
			t.Fatal(err)
		}
		policies.Identity = append(policies.Identity, inline)
	}
	if e.Trust != "" {
		policies.Trust = s.named(t, e.Trust)
	}
	if e.Session != "" {
		policies.Session = s.named(t, e.Session)
	}
	for _, name := range e.SCPs {
		policies.SCPs = append(policies.SCPs, s.named(t, name)...)
	}
	if e.SCPs != nil {
		policies.SCPs = append(policies.SCPs, iam.Everything("FullAWSAccess"))
	}
	return iam.Evaluate(question, policies)
}

func (s set) named(t testing.TB, name string) []*iam.Policy {
	t.Helper()
	known, found := s[name]
	if !found {
		t.Fatalf("no document %s", name)
	}
	return known
}

// failures are the cases whose answer is not the one that is wanted.
func (s set) failures(t testing.TB, list []example) []string {
	t.Helper()
	var wrong []string
	for _, each := range list {
		if verdict := s.judge(t, each); verdict.Allowed != (each.Want == "allow") {
			wrong = append(wrong, each.name())
		}
	}
	return wrong
}

func samples(t testing.TB) set {
	t.Helper()
	paths, err := filepath.Glob("testdata/samples/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatal("no samples")
	}
	made := set{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		policy, err := iam.Parse(filepath.Base(path), text)
		if err != nil {
			t.Fatal(err)
		}
		made[filepath.Base(path)] = []*iam.Policy{policy}
	}
	return made
}

func TestTheEvaluatorAgreesWithEveryCaseOnDocumentsWrittenByHand(t *testing.T) {
	list := cases(t, "cases.json")
	if len(list) != 176 {
		t.Fatalf("%d cases", len(list))
	}
	for _, wrong := range samples(t).failures(t, list) {
		t.Error(wrong)
	}
}
