package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	tagging "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"

	"ecsbot/actions/fleet"
)

// resourcesAtOnce is what one GetResources returns at most (tagging API reference).
const resourcesAtOnce = 100

// findByTag asks the tagging API for every service that has the tag. Its index lags and may
// name services that are gone; the fresh read finds that out.
func (f *Fleet) findByTag(ctx context.Context, client *tagging.Client, found *finding) error {
	pages := tagging.NewGetResourcesPaginator(client, &tagging.GetResourcesInput{
		ResourcesPerPage:    aws.Int32(resourcesAtOnce),
		ResourceTypeFilters: []string{"ecs:service"},
		TagFilters:          []types.TagFilter{{Key: aws.String(f.settings.Tag)}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		var refs []fleet.Ref
		for _, resource := range page.ResourceTagMappingList {
			if ref, ok := f.tagged(resource); ok {
				refs = append(refs, ref)
			}
		}
		found.add(refs)
	}
	return nil
}

// tagged reads a service's place from its ARN. Those of the old short form do not name the
// cluster; such services can have no tags either (ECS developer guide, Tagging resources).
func (f *Fleet) tagged(resource types.ResourceTagMapping) (fleet.Ref, bool) {
	cluster, name, ok := splitServiceARN(aws.ToString(resource.ResourceARN))
	ref := fleet.Ref{ARN: aws.ToString(resource.ResourceARN), Cluster: cluster, Name: name}
	for _, tag := range resource.Tags {
		if aws.ToString(tag.Key) == f.settings.Tag {
			ref.Environment = aws.ToString(tag.Value)
		}
	}
	return ref, ok && ref.Environment != ""
}

// splitServiceARN reads arn:aws:ecs:region:account:service/cluster/name.
func splitServiceARN(arn string) (cluster, name string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[2] != "ecs" {
		return "", "", false
	}
	resource := strings.Split(parts[5], "/")
	if len(resource) != 3 || resource[0] != "service" {
		return "", "", false
	}
	return resource[1], resource[2], true
}
