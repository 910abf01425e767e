package aws_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsbot/internal/sandbox/aws"
)

func TestAFleetIsReadFromYAML(t *testing.T) {
	fleet, err := aws.LoadFleet(strings.NewReader(`
roles: ["arn:aws:iam::444455556666:role/reader"]
clusters:
  - name: prod
    region: us-east-1
    tags: {Environment: prod}
    services:
      - {name: api, desired: 2, images: ["registry.example/api:1", "registry.example/api:2"], tags: {Environment: prod}, log_every: 1m, min_healthy: 50}
      - {name: old, short_arn: true, desired: 1}
`))
	if err != nil {
		t.Fatal(err)
	}
	c := serve(t, aws.Options{Fleet: fleet}).in("us-east-1")
	api := c.describe(t, "prod", "api")
	if api.RunningCount != 2 || !strings.HasSuffix(*api.TaskDefinition, "prod-api:2") || *api.DeploymentConfiguration.MinimumHealthyPercent != 50 {
		t.Errorf("api %+v", api)
	}
	old := c.describe(t, "prod", "old")
	if *old.ServiceArn != "arn:aws:ecs:us-east-1:111122223333:service/old" {
		t.Errorf("short ARN %s", *old.ServiceArn)
	}
	_, err = c.ecs.ListTagsForResource(t.Context(), &ecs.ListTagsForResourceInput{ResourceArn: old.ServiceArn})
	wantCode(t, err, "InvalidParameterException")
	c.assume(t, "arn:aws:iam::444455556666:role/reader")
}

func TestAWrongFleetIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		`clusters: [{nam: prod}]`:                                                    "nam",
		`clusters: [{name: prod}, {name: prod}]`:                                     `cluster "prod"`,
		`clusters: [{name: prod, services: [{name: api}, {name: api}]}]`:             `service "api"`,
		`clusters: [{name: prod, services: [{name: api, breaker: maybe}]}]`:          "breaker",
		`clusters: [{name: prod, services: [{name: api, fail_next: rust}]}]`:         "fail_next",
		`clusters: [{name: prod, services: [{name: api, desired: -1}]}]`:             "desired",
		`clusters: [{name: prod, services: [{name: api, controller: CODE_DEPLOI}]}]`: "controller",
	} {
		if _, err := aws.LoadFleet(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one about %s", text, err, want)
		}
	}
}

func TestWaitingEndsWhenTheConditionHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := demo(t)
		c.restart(t, "dev", "web")
		err := c.Await(t.Context(), func() bool {
			web, _ := c.Service("dev", "web")
			return len(web.Deployments) == 1 && web.Deployments[0].Rollout == "COMPLETED"
		})
		if err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Await(ctx, func() bool { return false }); err == nil {
			t.Error("a wait outlives its context")
		}
	})
}

func TestClustersTellWhatIsAskedFor(t *testing.T) {
	c := demo(t)
	out, err := c.ecs.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{Clusters: []string{"staging", "moon"}, Include: []ecstypes.ClusterField{ecstypes.ClusterFieldTags, ecstypes.ClusterFieldStatistics}})
	if err != nil || len(out.Clusters) != 1 || len(out.Failures) != 1 {
		t.Fatalf("%v, %v", out, err)
	}
	staging := out.Clusters[0]
	if staging.ActiveServicesCount != 7 || staging.RunningTasksCount != 15 || *staging.Tags[0].Value != "staging" || len(staging.Statistics) != 8 {
		t.Errorf("staging %+v", staging)
	}
	plain, err := c.ecs.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{Clusters: []string{"staging"}})
	if err != nil || len(plain.Clusters[0].Tags) != 0 {
		t.Errorf("tags without asking: %v, %v", plain, err)
	}
	missing, err := c.ecs.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{})
	if err != nil || len(missing.Failures) != 1 || !strings.HasSuffix(sdk.ToString(missing.Failures[0].Arn), "cluster/default") {
		t.Errorf("the default cluster: %v, %v", missing, err)
	}
}
