package aws_test

import (
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	taggingtypes "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"

	"ecsbot/internal/sandbox/aws"
)

// indexed are the tags of the services that the index shows, by ARN.
func (c cloud) indexed(t *testing.T, in resourcegroupstaggingapi.GetResourcesInput) (found map[string][]taggingtypes.Tag, pages int) {
	t.Helper()
	found = map[string][]taggingtypes.Tag{}
	paginator := resourcegroupstaggingapi.NewGetResourcesPaginator(c.tagging, &in)
	for paginator.HasMorePages() {
		page, err := paginator.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		pages++
		for _, mapping := range page.ResourceTagMappingList {
			found[*mapping.ResourceARN] = mapping.Tags
		}
	}
	return found, pages
}

func TestTenThousandServicesAreAHundredPages(t *testing.T) {
	c := serve(t, aws.Options{Fleet: aws.Generated(10_000)})
	found, pages := c.indexed(t, resourcegroupstaggingapi.GetResourcesInput{ResourceTypeFilters: []string{"ecs:service"}, ResourcesPerPage: sdk.Int32(100)})
	if len(found) != 10_000 || pages != 100 {
		t.Errorf("%d services on %d pages", len(found), pages)
	}
}

func TestTheIndexShowsWhatIsTagged(t *testing.T) {
	c := demo(t)
	found, _ := c.indexed(t, resourcegroupstaggingapi.GetResourcesInput{ResourceTypeFilters: []string{"ecs:service"}})
	if len(found) != 14 { // 3 x 4 and the two wrongly tagged ones; not the untagged one
		t.Errorf("%d tagged services, want 14", len(found))
	}
	for _, row := range []struct {
		filters []taggingtypes.TagFilter
		want    int
	}{
		{[]taggingtypes.TagFilter{{Key: sdk.String("Environment"), Values: []string{"staging"}}}, 4},
		{[]taggingtypes.TagFilter{{Key: sdk.String("Environment"), Values: []string{"staging", "Staging"}}}, 5},
		{[]taggingtypes.TagFilter{{Key: sdk.String("Environment")}, {Key: sdk.String("Team")}}, 12},
		{[]taggingtypes.TagFilter{{Key: sdk.String("environment")}}, 0},
	} {
		found, _ := c.indexed(t, resourcegroupstaggingapi.GetResourcesInput{ResourceTypeFilters: []string{"ecs:service"}, TagFilters: row.filters})
		if len(found) != row.want {
			t.Errorf("%v: %d services, want %d", row.filters, len(found), row.want)
		}
	}
	_, err := c.tagging.GetResources(t.Context(), &resourcegroupstaggingapi.GetResourcesInput{ResourcesPerPage: sdk.Int32(101)})
	wantCode(t, err, "InvalidParameterException")
}

func TestTheIndexLagsBehindTags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := serve(t, aws.Options{Fleet: aws.DemoFleet()})
		state, _ := c.Service("dev", "api")
		if _, err := c.ecs.UntagResource(t.Context(), &ecs.UntagResourceInput{ResourceArn: &state.ARN, TagKeys: []string{"Environment", "Team"}}); err != nil {
			t.Fatal(err)
		}
		if tags := c.describe(t, "dev", "api").Tags; len(tags) != 0 {
			t.Errorf("ECS itself still shows %v", tags)
		}
		services := resourcegroupstaggingapi.GetResourcesInput{ResourceTypeFilters: []string{"ecs:service"}}
		if found, _ := c.indexed(t, services); len(found[state.ARN]) != 2 {
			t.Errorf("the index shows %v at once", found[state.ARN])
		}
		time.Sleep(aws.DefaultLag().Tags)
		if tags, ok := first(c.indexed(t, services))[state.ARN]; !ok || len(tags) != 0 {
			t.Errorf("after the lag: %v, %v; want it without tags", tags, ok)
		}
		_, err := c.ecs.TagResource(t.Context(), &ecs.TagResourceInput{ResourceArn: &state.ARN, Tags: []ecstypes.Tag{{Key: sdk.String("Environment"), Value: sdk.String("prod")}}})
		if err != nil {
			t.Fatal(err)
		}
		tags, err := c.ecs.ListTagsForResource(t.Context(), &ecs.ListTagsForResourceInput{ResourceArn: &state.ARN})
		if err != nil || len(tags.Tags) != 1 || *tags.Tags[0].Value != "prod" {
			t.Errorf("tags %v, %v", tags, err)
		}
	})
}

func first[A, B any](a A, _ B) A { return a }

func TestTagsHaveBounds(t *testing.T) {
	c := demo(t)
	state, _ := c.Service("dev", "api")
	for what, tags := range map[string][]ecstypes.Tag{
		"no tags":      {},
		"reserved key": {{Key: sdk.String("aws:ecs"), Value: sdk.String("x")}},
		"wrong letter": {{Key: sdk.String("Env<>"), Value: sdk.String("x")}},
		"key twice":    {{Key: sdk.String("a"), Value: sdk.String("x")}, {Key: sdk.String("a"), Value: sdk.String("y")}},
	} {
		_, err := c.ecs.TagResource(t.Context(), &ecs.TagResourceInput{ResourceArn: &state.ARN, Tags: tags})
		t.Run(what, func(t *testing.T) { wantCode(t, err, "InvalidParameterException") })
	}
}
