package main

import (
	"slices"
	"strings"
	"testing"

	"ecsbot/actions"
	"ecsbot/actions/fleet/aws"
	"ecsbot/actions/ops"
)

// publishedRates are AWS's own, burst/per second in eu-west-1, of every call that an action may
// make (Amazon ECS API reference, Request throttling; quotas of CloudWatch, CloudWatch Logs, ECR and
// Application Auto Scaling; 10/10 where none is published).
func publishedRates() map[string]string {
	return map[string]string{
		"ecs:DescribeServices": "100/20", "ecs:ListServices": "100/20", "ecs:DescribeTasks": "100/20", "ecs:ListTasks": "100/20",
		"ecs:UpdateService": "50/5", "ecs:StopServiceDeployment": "50/5", "ecs:ContinueServiceDeployment": "50/5",
		"ecs:DescribeServiceDeployments": "50/20", "ecs:DescribeServiceRevisions": "50/20", "ecs:ListServiceDeployments": "50/20",
		"ecs:RunTask": "100/40", "ecs:StopTask": "100/40",
		"ecs:RegisterTaskDefinition": "20/1", "ecs:DescribeTaskDefinition": "50/20", "ecs:ListTaskDefinitions": "50/20",
		"ecs:ListClusters": "50/20", "ecs:DescribeClusters": "50/20",
		"logs:FilterLogEvents": "10/10", "logs:StartLiveTail": "5/5", "cloudwatch:GetMetricData": "50/50",
		"ecr:DescribeImages": "10/10", "application-autoscaling:DescribeScalableTargets": "10/10",
	}
}

// permissionsAlone are declared and never called: another call wants them.
func permissionsAlone() []string { return []string{"ecs:TagResource", "iam:PassRole"} }

// TestEveryDeclaredCallHasItsThrottle: no action can come with a call that would run into AWS's
// throttle, or that no limiter lets through.
func TestEveryDeclaredCallHasItsThrottle(t *testing.T) {
	catalog, err := ops.Catalog(ops.Needs{LiveTail: true})
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]string{}
	for _, call := range actions.Following() {
		by[call] = "following a change"
	}
	for _, action := range catalog.Actions() {
		for _, call := range slices.Concat(action.AWS, action.Reads) {
			by[call] = action.Name
		}
	}
	if len(by) < 15 {
		t.Fatalf("only %d calls are declared", len(by))
	}
	for call, who := range by {
		if slices.Contains(permissionsAlone(), call) {
			continue
		}
		_, operation, _ := strings.Cut(call, ":")
		bucket, own, known := aws.Throttle(operation, "eu-west-1")
		switch want := publishedRates()[call]; {
		case !known:
			t.Errorf("%s, which %s calls, has no bucket", call, who)
		case want == "":
			t.Errorf("what AWS publishes of %s, which %s calls, is not in the table", call, who)
		case own.String() != want:
			t.Errorf("%s counts against %s with %s; AWS publishes %s", call, bucket, own, want)
		}
	}
}
