package iam_test

import (
	"strings"
	"testing"

	"ecsbot/authz/iam"
)

func TestASessionReachesItsOneTarget(t *testing.T) {
	target := ecsARN + "service/staging/web"
	calls := []string{
		"ecs:UpdateService", "ecs:StopServiceDeployment", "ecs:StopTask", "ecs:ListTasks", "ecs:DescribeTaskDefinition", "ecs:RunTask", "ecs:DescribeServiceRevisions", "ecs:ListContainerInstances",
	}
	policy, err := iam.Parse("session", []byte(iam.Session(calls, iam.Target{Service: target})))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		action, resource, cluster string
		allowed                   bool
	}{
		{"ecs:UpdateService", target, "staging", true},
		{"ecs:UpdateService", ecsARN + "service/staging/web2", "staging", false},
		{"ecs:UpdateService", ecsARN + "service/other/web", "other", false},
		{"ecs:UpdateService", "arn:aws:ecs:eu-west-1:444455556666:service/staging/web", "staging", false},
		{"ecs:UpdateService", "arn:aws:ecs:us-east-1:111122223333:service/staging/web", "staging", false},
		{"ecs:StopServiceDeployment", ecsARN + "service-deployment/staging/web/1", "staging", true},
		{"ecs:StopServiceDeployment", ecsARN + "service-deployment/staging/api/1", "staging", false},
		{"ecs:DescribeServiceRevisions", ecsARN + "service-revision/staging/web/1", "staging", true},
		{"ecs:StopTask", taskARN, "staging", true},
		{"ecs:StopTask", ecsARN + "task/other/1", "other", false},
		{"ecs:ListTasks", ecsARN + "container-instance/staging/*", "staging", true},
		{"ecs:ListTasks", ecsARN + "container-instance/other/*", "other", false},
		{"ecs:ListContainerInstances", ecsARN + "cluster/staging", "", true},
		{"ecs:ListContainerInstances", ecsARN + "cluster/other", "", false},
		{"ecs:RunTask", ecsARN + "task-definition/staging-web:1", "staging", true},
		{"ecs:RunTask", ecsARN + "task-definition/staging-web:1", "other", false},
		{"ecs:DescribeTaskDefinition", "*", "", true},
		{"ecs:ExecuteCommand", taskARN, "staging", false},
	} {
		question := iam.Question{Principal: operatorRole, Action: row.action, Resource: row.resource, Context: map[string][]string{"ecs:cluster": {ecsARN + "cluster/" + row.cluster}}}
		verdict := iam.Evaluate(question, iam.Policies{Identity: []*iam.Policy{iam.Everything("all")}, Session: []*iam.Policy{policy}})
		if verdict.Allowed != row.allowed {
			t.Errorf("%s on %s in %s: %v", row.action, row.resource, row.cluster, verdict.Allowed)
		}
	}
}

// A session for one task stops that one, by its ID or the start of it; a name that is no ID
// opens nothing.
func TestASessionForOneTaskReachesNoOther(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef"
	for _, row := range []struct {
		task, resource string
		allowed        bool
	}{
		{id, ecsARN + "task/staging/" + id, true},
		{"0123", ecsARN + "task/staging/" + id, true},
		{"0124", ecsARN + "task/staging/" + id, false},
		{"0123", ecsARN + "task/other/" + id, false},
		{"", ecsARN + "task/staging/" + id, true},
		{"*", ecsARN + "task/staging/" + id, false},
		{"0?23", ecsARN + "task/staging/" + id, false},
		{"${aws:x}", ecsARN + "task/staging/" + id, false},
	} {
		text := iam.Session([]string{"ecs:StopTask"}, iam.Target{Service: ecsARN + "service/staging/web", Task: row.task})
		policy, err := iam.Parse("session", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		question := iam.Question{Principal: operatorRole, Action: "ecs:StopTask", Resource: row.resource}
		verdict := iam.Evaluate(question, iam.Policies{Identity: []*iam.Policy{iam.Everything("all")}, Session: []*iam.Policy{policy}})
		if verdict.Allowed != row.allowed {
			t.Errorf("%q on %s: %v", row.task, row.resource, verdict.Allowed)
		}
	}
}

func TestASessionPolicyFitsHoweverLongTheNames(t *testing.T) {
	long := strings.Repeat("x", 255)
	var calls []string
	for _, class := range classes() {
		calls = append(calls, class.Calls...)
	}
	for says, target := range map[string]string{
		"long names": ecsARN + "service/" + long + "/" + long, "short ARN": ecsARN + "service/" + long, "no target": "", "another kind": ecsARN + "cluster/x",
	} {
		text := iam.Session(calls, iam.Target{Service: target})
		if len(text) > iam.LargestSession {
			t.Errorf("%s: %d characters", says, len(text))
		}
		if _, err := iam.Parse(says, []byte(text)); err != nil {
			t.Error(err)
		}
	}
	nothing, err := iam.Parse("nothing", []byte(iam.Session(nil, iam.Target{Service: ecsARN + "service/a/b"})))
	if err != nil {
		t.Fatal(err)
	}
	if iam.Evaluate(asked(nil), iam.Policies{Identity: []*iam.Policy{iam.Everything("all")}, Session: []*iam.Policy{nothing}}).Allowed {
		t.Error("a class without calls may do something")
	}
}
