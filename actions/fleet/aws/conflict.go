package aws

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// environmentOf is the value of the tag that names the environment: of exactly that key.
func (f *Fleet) environmentOf(tags []types.Tag) string {
	for _, tag := range tags {
		if aws.ToString(tag.Key) == f.settings.Tag {
			return aws.ToString(tag.Value)
		}
	}
	return ""
}

// conflict says in words why the environment that the service's tag names cannot be trusted;
// empty where nothing speaks against it.
func (f *Fleet) conflict(cluster, environment string, serviceTags, clusterTags []types.Tag) string {
	if twice := f.sameButForCase(serviceTags); twice != "" {
		return "the service has the tag keys " + twice + ", which differ only by case"
	}
	if twice := f.sameButForCase(clusterTags); twice != "" {
		return "its cluster has the tag keys " + twice + ", which differ only by case"
	}
	for _, tag := range clusterTags {
		if strings.EqualFold(aws.ToString(tag.Key), f.settings.Tag) && aws.ToString(tag.Value) != environment {
			return fmt.Sprintf("the service's tag names %q, its cluster's tag names %q", environment, aws.ToString(tag.Value))
		}
	}
	return f.misplaced(cluster, environment)
}

// misplaced holds the cluster against the configuration's narrowing.
func (f *Fleet) misplaced(cluster, environment string) string {
	own, known := f.settings.Environments[environment]
	if !known {
		return ""
	}
	if len(own.Clusters) > 0 && !slices.Contains(own.Clusters, cluster) {
		return fmt.Sprintf("cluster %s is not one of those that the configuration names for %s", cluster, environment)
	}
	for name, other := range f.settings.Environments {
		if name != environment && slices.Contains(other.Clusters, cluster) {
			return fmt.Sprintf("cluster %s belongs to another environment by the configuration", cluster)
		}
	}
	return ""
}

// sameButForCase lists the tag keys that could be taken for one another, where there are
// several: AWS compares keys in policies without case, and in tags with it.
func (f *Fleet) sameButForCase(tags []types.Tag) string {
	var keys []string
	for _, tag := range tags {
		if strings.EqualFold(aws.ToString(tag.Key), f.settings.Tag) {
			keys = append(keys, aws.ToString(tag.Key))
		}
	}
	if len(keys) < 2 {
		return ""
	}
	slices.Sort(keys)
	return strings.Join(keys, " and ")
}
