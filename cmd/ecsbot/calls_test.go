package main

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing/synctest"

	"ecsbot/actions"
	sandboxaws "ecsbot/internal/sandbox/aws"
)

// called is a call as declarations name it.
func called(call sandboxaws.Call) string {
	prefix := cmp.Or(map[string]string{"monitoring": "cloudwatch", "tagging": "tag"}[call.Service], call.Service)
	return prefix + ":" + call.Operation
}

// checkCalls holds for every scenario: each call to AWS is one that the class of its session
// declares, and where the session is of one operation, one that the operation's own action
// declares. Without a session there are but the calls of discovery, and those by which roles and CloudTrail's history are read.
func (s *scene) checkCalls() {
	catalog, err := declared(s.program.config.Load())
	s.must(err)
	classes := map[string][]string{}
	for _, class := range catalog.Classes() {
		classes[class.Name] = class.Calls
	}
	did := map[string]*actions.Action{}
	for _, entry := range s.read() {
		if action, known := catalog.Action(entry.Action); known {
			did[entry.Operation] = action
		}
	}
	discovery := []string{
		"ecs:ListClusters", "ecs:DescribeClusters", "ecs:ListServices", "ecs:DescribeServices", "tag:GetResources", "sts:AssumeRole", "sts:GetCallerIdentity",
		"iam:GetRole", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:GetPolicy", "iam:GetPolicyVersion", "cloudtrail:LookupEvents",
	}
	for _, call := range s.local.AWS.Calls() {
		class, isSession := call.Principal.Tags["Operation"]
		action, known := did[call.Principal.Tags["RequestId"]]
		switch name := called(call); {
		case call.Principal.SessionName == thief:
		case !isSession && !s.bare && !slices.Contains(discovery, name):
			s.t.Errorf("%s was called with the bot's own role", name)
		case isSession && !slices.Contains(classes[class], name):
			s.t.Errorf("%s was called in a session of the class %s, which declares %v", name, class, classes[class])
		case isSession && known && class != actions.StatusClass && class != "logs" && !slices.Contains(action.AWS, name):
			s.t.Errorf("%s was called by %s, which declares %v", name, action.Name, action.AWS)
		}
	}
}

// sessions counts the credentials that were asked for in the class of an operation: "scale 0".
func (s *scene) sessions(rest string) {
	class, number, _ := strings.Cut(rest, " ")
	want, err := strconv.Atoi(number)
	s.must(err)
	synctest.Wait()
	got := 0
	for _, call := range s.local.AWS.Calls() {
		if call.Operation == "AssumeRole" && s.asksFor(call, class) {
			got++
		}
	}
	if got != want {
		s.t.Errorf("%s: %d sessions, want %d", s.line, got, want)
	}
}

// asksFor says whether an AssumeRole asks for a session that is tagged with the class.
func (s *scene) asksFor(call sandboxaws.Call, class string) bool {
	var sent map[string][]string
	s.must(json.Unmarshal(call.Params, &sent))
	for name, value := range sent {
		at, isKey := strings.CutSuffix(name, ".Key")
		if isKey && slices.Equal(value, []string{"Operation"}) {
			return slices.Equal(sent[at+".Value"], []string{class})
		}
	}
	return false
}
