package aws_test

import (
	"fmt"
	"slices"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsbot/internal/sandbox/aws"
)

func TestListsTheFleetPageByPage(t *testing.T) {
	c := serve(t, aws.Options{Fleet: aws.Generated(330)})
	clusters, err := c.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})
	if err != nil || len(clusters.ClusterArns) != 3 {
		t.Fatalf("clusters %v, %v", clusters, err)
	}
	first, err := c.ecs.ListServices(t.Context(), &ecs.ListServicesInput{Cluster: sdk.String("dev-00")})
	if err != nil || len(first.ServiceArns) != 10 || first.NextToken == nil {
		t.Fatalf("a page without maxResults has %d services, want 10 and a token (%v)", len(first.ServiceArns), err)
	}
	var all []string
	pages := ecs.NewListServicesPaginator(c.ecs, &ecs.ListServicesInput{Cluster: sdk.String("dev-00"), MaxResults: sdk.Int32(100)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.ServiceArns...)
	}
	if len(all) != 110 || len(slices.Compact(slices.Sorted(slices.Values(all)))) != 110 {
		t.Errorf("found %d services, want 110 different ones", len(all))
	}
	_, err = c.ecs.ListServices(t.Context(), &ecs.ListServicesInput{Cluster: sdk.String("dev-00"), MaxResults: sdk.Int32(101)})
	wantCode(t, err, "InvalidParameterException")
	_, err = c.ecs.ListServices(t.Context(), &ecs.ListServicesInput{Cluster: sdk.String("dev-00"), NextToken: sdk.String("made-up")})
	wantCode(t, err, "InvalidParameterException")
}

func TestDescribesServicesAsAWSDoes(t *testing.T) {
	c := demo(t)
	out, err := c.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: sdk.String("staging"), Services: []string{"api", "nowhere"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Services) != 1 || len(out.Services[0].Tags) != 0 {
		t.Errorf("tags come without include TAGS: %v", out.Services)
	}
	if len(out.Failures) != 1 || *out.Failures[0].Reason != "MISSING" {
		t.Errorf("failures %v, want one MISSING", out.Failures)
	}
	api := c.describe(t, "staging", "api")
	if api.RunningCount != 3 || api.DesiredCount != 3 || len(api.Tags) != 2 || *api.Tags[0].Value != "staging" {
		t.Errorf("api: %d of %d running, tags %v", api.RunningCount, api.DesiredCount, api.Tags)
	}
	if api.Deployments[0].RolloutState != ecstypes.DeploymentRolloutStateCompleted || api.CreatedAt.IsZero() {
		t.Errorf("deployments: %+v", api.Deployments)
	}
	many := make([]string, 11)
	for i := range many {
		many[i] = fmt.Sprint("service", i)
	}
	_, err = c.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: sdk.String("staging"), Services: many})
	wantCode(t, err, "InvalidParameterException")
	_, err = c.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: sdk.String("moon"), Services: []string{"api"}})
	wantCode(t, err, "ClusterNotFoundException")
	_, err = c.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: sdk.String("dev"), Services: []string{*api.ServiceArn}})
	wantCode(t, err, "InvalidParameterException")
}

func TestRefusesWhatAWSRefuses(t *testing.T) {
	fleet := aws.DemoFleet()
	fleet.Clusters[0].Services = append(
		fleet.Clusters[0].Services,
		aws.ServiceSpec{Name: "green", Controller: "CODE_DEPLOY", Desired: 1},
		aws.ServiceSpec{Name: "sets", Controller: "EXTERNAL"},
		aws.ServiceSpec{Name: "agent", Scheduling: "DAEMON", Desired: 1},
		aws.ServiceSpec{Name: "gone", Desired: 1},
	)
	c := serve(t, aws.Options{Fleet: fleet})
	if err := c.Deactivate("dev", "gone"); err != nil {
		t.Fatal(err)
	}
	dev := sdk.String("dev")
	for _, row := range []struct {
		what string
		in   ecs.UpdateServiceInput
		code string
	}{
		{"unknown cluster", ecs.UpdateServiceInput{Cluster: sdk.String("moon"), Service: sdk.String("api")}, "ClusterNotFoundException"},
		{"unknown service", ecs.UpdateServiceInput{Cluster: dev, Service: sdk.String("nowhere")}, "ServiceNotFoundException"},
		{"deleted service", ecs.UpdateServiceInput{Cluster: dev, Service: sdk.String("gone"), ForceNewDeployment: true}, "ServiceNotActiveException"},
		{"restart by CodeDeploy only", ecs.UpdateServiceInput{Cluster: dev, Service: sdk.String("green"), ForceNewDeployment: true}, "InvalidParameterException"},
		{"restart of task sets", ecs.UpdateServiceInput{Cluster: dev, Service: sdk.String("sets"), ForceNewDeployment: true}, "InvalidParameterException"},
		{"scaling of a daemon", ecs.UpdateServiceInput{Cluster: dev, Service: sdk.String("agent"), DesiredCount: sdk.Int32(2)}, "InvalidParameterException"},
		{"fewer than none", ecs.UpdateServiceInput{Cluster: dev, Service: sdk.String("api"), DesiredCount: sdk.Int32(-1)}, "InvalidParameterException"},
		{"unknown revision", ecs.UpdateServiceInput{Cluster: dev, Service: sdk.String("api"), TaskDefinition: sdk.String("dev-api:7")}, "ClientException"},
		{"no service", ecs.UpdateServiceInput{Cluster: dev, Service: sdk.String("")}, "InvalidParameterException"},
	} {
		_, err := c.ecs.UpdateService(t.Context(), &row.in)
		t.Run(row.what, func(t *testing.T) { wantCode(t, err, row.code) })
	}
	_, err := c.ecs.ListAttributes(t.Context(), &ecs.ListAttributesInput{TargetType: ecstypes.TargetTypeContainerInstance})
	wantCode(t, err, "UnknownOperationException")
}

func TestAccountsAndRegionsAreApart(t *testing.T) {
	fleet := aws.DemoFleet()
	fleet.Clusters = append(fleet.Clusters, aws.ClusterSpec{
		Name: "prod", Account: "444455556666", Region: "us-east-1", Services: []aws.ServiceSpec{{Name: "far", Desired: 1}},
	})
	c := serve(t, aws.Options{Fleet: fleet})
	here, err := c.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})
	if err != nil || len(here.ClusterArns) != 3 {
		t.Errorf("home: %v, %v", here, err)
	}
	empty, err := c.in("us-east-1").ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})
	if err != nil || len(empty.ClusterArns) != 0 {
		t.Errorf("home in another region: %v, %v", empty, err)
	}
	far := c.in("us-east-1").assume(t, "arn:aws:iam::444455556666:role/ecsbot-discovery")
	there, err := far.ecs.ListServices(t.Context(), &ecs.ListServicesInput{Cluster: sdk.String("prod")})
	if err != nil || len(there.ServiceArns) != 1 {
		t.Errorf("far: %v, %v", there, err)
	}
}

func TestTaskDefinitionsTellHowToFindTheLogs(t *testing.T) {
	c := demo(t)
	api := c.describe(t, "staging", "api")
	out, err := c.ecs.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: api.TaskDefinition, Include: []ecstypes.TaskDefinitionField{ecstypes.TaskDefinitionFieldTags},
	})
	if err != nil {
		t.Fatal(err)
	}
	container := out.TaskDefinition.ContainerDefinitions[0]
	if container.LogConfiguration.Options["awslogs-group"] != "/ecs/staging/api" || len(container.Environment) != 4 || len(out.Tags) != 2 {
		t.Errorf("container %+v, tags %v", container, out.Tags)
	}
	all, err := c.ecs.ListTaskDefinitions(t.Context(), &ecs.ListTaskDefinitionsInput{FamilyPrefix: sdk.String("staging-api"), Sort: ecstypes.SortOrderDesc})
	if err != nil || len(all.TaskDefinitionArns) != 3 || all.TaskDefinitionArns[0] != *api.TaskDefinition {
		t.Errorf("revisions %v, %v", all, err)
	}
	_, err = c.ecs.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: sdk.String("nowhere")})
	wantCode(t, err, "ClientException")
}
