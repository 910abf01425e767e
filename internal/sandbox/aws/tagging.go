package aws

import (
	"slices"
	"sort"
	"strings"
	"time"
)

// taggingOperations are those of the Resource Groups Tagging API.
func taggingOperations() []operation {
	return []operation{typed("tagging", "GetResources", "tagging", getResources)}
}

type getResourcesInput struct {
	PaginationToken     string          `json:"PaginationToken"`
	TagFilters          []taggingFilter `json:"TagFilters"`
	ResourcesPerPage    *int            `json:"ResourcesPerPage"`
	TagsPerPage         *int            `json:"TagsPerPage"`
	ResourceTypeFilters []string        `json:"ResourceTypeFilters"`
	ResourceARNList     []string        `json:"ResourceARNList"`
}

type taggingFilter struct {
	Key    string   `json:"Key"`
	Values []string `json:"Values"`
}

type taggingTag struct {
	Key   string
	Value string
}

type getResourcesOutput struct {
	PaginationToken        string
	ResourceTagMappingList []tagMapping
}

type tagMapping struct {
	ResourceARN string
	Tags        []taggingTag
}

func getResources(c *call, in *getResourcesInput) (*getResourcesOutput, error) {
	c.entry.Resource = strings.Join(in.ResourceTypeFilters, ",")
	if err := in.validate(); err != nil {
		return nil, err
	}
	if err := c.allow("tag:GetResources", "*"); err != nil {
		return nil, err
	}
	arns := c.place.sortedARNs()
	start := 0
	if in.PaginationToken != "" {
		after, ok := readToken(in.PaginationToken)
		if !ok {
			return nil, invalid("Invalid PaginationToken.")
		}
		start = sort.Search(len(arns), func(i int) bool { return arns[i] > after })
	}
	size := 50 // Resource Groups Tagging API reference, GetResources
	if in.ResourcesPerPage != nil {
		size = *in.ResourcesPerPage
	}
	out := &getResourcesOutput{ResourceTagMappingList: []tagMapping{}}
	for _, arn := range arns[start:] {
		tags, ok := in.match(arn, c.place.taggable[arn], c.now)
		if !ok {
			continue
		}
		if len(out.ResourceTagMappingList) == size {
			out.PaginationToken = writeToken(out.ResourceTagMappingList[size-1].ResourceARN)
			break
		}
		out.ResourceTagMappingList = append(out.ResourceTagMappingList, tagMapping{arn, tags})
	}
	return out, nil
}

func (in *getResourcesInput) validate() error {
	switch {
	case in.ResourcesPerPage != nil && (*in.ResourcesPerPage < 1 || *in.ResourcesPerPage > 100):
		return invalid("ResourcesPerPage must be between 1 and 100.")
	case in.TagsPerPage != nil && (*in.TagsPerPage < 100 || *in.TagsPerPage > 500 || *in.TagsPerPage%100 != 0):
		return invalid("TagsPerPage must be a multiple of 100 between 100 and 500.")
	case in.TagsPerPage != nil && in.ResourcesPerPage != nil:
		return invalid("TagsPerPage and ResourcesPerPage cannot be used together.")
	case len(in.TagFilters) > 50:
		return invalid("TagFilters must have at most 50 elements.")
	case len(in.ResourceTypeFilters) > 100:
		return invalid("ResourceTypeFilters must have at most 100 elements.")
	case len(in.ResourceARNList) > 100:
		return invalid("ResourceARNList must have at most 100 elements.")
	case len(in.ResourceARNList) > 0 && (len(in.TagFilters) > 0 || len(in.ResourceTypeFilters) > 0 || in.ResourcesPerPage != nil || in.TagsPerPage != nil):
		return invalid("ResourceARNList cannot be used together with other parameters.")
	}
	for _, filter := range in.TagFilters {
		if filter.Key == "" || len(filter.Key) > 128 || len(filter.Values) > 20 {
			return invalid("A tag filter needs a key of 1 to 128 characters and at most 20 values.")
		}
	}
	return nil
}

// match returns the indexed tags of a resource that the filters let through. What never had
// tags is not in the index; what lost them is, without tags, as long as no tag is asked for.
func (in *getResourcesInput) match(arn string, known *resource, now time.Time) ([]taggingTag, bool) {
	tags := known.tags.index(now)
	if len(tags) == 0 && !known.tags.ever || !in.wants(arn, known.kind) {
		return nil, false
	}
	for _, filter := range in.TagFilters {
		value, ok := tags[filter.Key]
		if !ok || len(filter.Values) > 0 && !slices.Contains(filter.Values, value) {
			return nil, false
		}
	}
	list := []taggingTag{}
	for _, tag := range listed(tags) {
		list = append(list, taggingTag(tag))
	}
	return list, true
}

func (in *getResourcesInput) wants(arn, kind string) bool {
	if len(in.ResourceARNList) > 0 {
		return slices.Contains(in.ResourceARNList, arn)
	}
	service, _, _ := strings.Cut(kind, ":")
	return len(in.ResourceTypeFilters) == 0 || slices.Contains(in.ResourceTypeFilters, kind) || slices.Contains(in.ResourceTypeFilters, service)
}
