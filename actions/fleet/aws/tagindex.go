package aws

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	tagging "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"

	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/doctor"
)

// serviceKey is the tag with which ECS marks a task of a service that has managed tags (ECS
// developer guide, Tagging).
const serviceKey = "aws:ecs:serviceName"

// tagIndex is what the tagging API knows of tasks and log groups: a hundred to a call, where
// reading each one would take a call. Nil knows nothing.
type tagIndex struct {
	environment string // the tag's key
	running     map[string][]doctor.Task
	groups      map[string]map[string]string // tags by ARN
}

// readTags asks the tagging API for all tasks and log groups of the scope.
func (e *examiner) readTags(ctx context.Context) *tagIndex {
	index := &tagIndex{environment: e.into.Rules().Tag, running: map[string][]doctor.Task{}, groups: map[string]map[string]string{}}
	pages := tagging.NewGetResourcesPaginator(e.clients.tags, &tagging.GetResourcesInput{
		ResourcesPerPage: aws.Int32(resourcesAtOnce), ResourceTypeFilters: []string{"ecs:task", "logs:log-group"},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			e.into.CannotRead(doctor.Unread{What: "tags of tasks and log groups in " + e.scope.String(), Why: readError("ask the tagging API", err).Error()})
			return nil
		}
		for _, resource := range page.ResourceTagMappingList {
			index.add(aws.ToString(resource.ResourceARN), resource.Tags)
		}
	}
	return index
}

// add keeps of the tags those that count.
func (x *tagIndex) add(arn string, tags []types.Tag) {
	kept, service := map[string]string{}, ""
	for _, tag := range tags {
		switch key := aws.ToString(tag.Key); {
		case strings.EqualFold(key, x.environment):
			kept[key] = aws.ToString(tag.Value)
		case key == serviceKey:
			service = aws.ToString(tag.Value)
		}
	}
	if strings.Contains(arn, ":log-group:") {
		x.groups[strings.TrimSuffix(arn, ":*")] = kept
		return
	}
	cluster, id, ok := splitTaskARN(arn)
	if !ok || service == "" {
		return
	}
	at := cluster + "/" + service
	x.running[at] = append(x.running[at], doctor.Task{ID: id, Tags: kept})
}

// splitTaskARN reads arn:aws:ecs:region:account:task/cluster/id.
func splitTaskARN(arn string) (cluster, id string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return "", "", false
	}
	resource := strings.Split(parts[5], "/")
	if len(resource) != 3 || resource[0] != "task" {
		return "", "", false
	}
	return resource[1], resource[2], true
}

// tasks are a service's, where the index has any.
func (x *tagIndex) tasks(cluster, service string) ([]doctor.Task, bool) {
	if x == nil {
		return nil, false
	}
	tasks, ok := x.running[cluster+"/"+service]
	return tasks, ok
}

// logGroup is where a container's log goes, with its tags. In another region or without an
// index they are not known.
func (x *tagIndex) logGroup(revision string, to destination) (doctor.LogGroup, bool) {
	if x == nil || regionOr(to.region, revision) != regionOr("", revision) {
		return doctor.LogGroup{}, false
	}
	arn := fleet.GroupARN(revision, to.region, to.group)
	return doctor.LogGroup{ARN: arn, Name: to.group, Tags: x.groups[arn]}, true
}

// regionOr is a region, or else that of an ARN.
func regionOr(region, arn string) string {
	if region != "" {
		return region
	}
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[3]
	}
	return ""
}
