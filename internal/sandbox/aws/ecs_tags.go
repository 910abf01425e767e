package aws

import "maps"

type tagsInput struct {
	ResourceArn string   `json:"resourceArn"`
	Tags        []tag    `json:"tags"`
	TagKeys     []string `json:"tagKeys"`
}

type tagsOutput struct {
	Tags []tag `json:"tags"`
}

type nothing struct{}

// taggedResource finds the resource of an ARN, or refuses as ECS does.
func (c *call) taggedResource(arn string) (*resource, error) {
	c.touch(resourceOf(arn))
	if arn == "" {
		return nil, invalid("Resource ARN can not be blank.")
	}
	known, ok := c.place.taggable[arn]
	if !ok {
		return nil, invalid("The specified resource cannot be found or cannot be tagged: the new ARN and resource ID format is needed.")
	}
	return known, nil
}

func listTagsForResource(c *call, in *tagsInput) (*tagsOutput, error) {
	known, err := c.taggedResource(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if err := c.allow("ecs:ListTagsForResource", in.ResourceArn, resourceTags(known.tags.now)); err != nil {
		return nil, err
	}
	return &tagsOutput{Tags: listed(known.tags.now)}, nil
}

func tagResource(c *call, in *tagsInput) (*nothing, error) {
	known, err := c.taggedResource(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if len(in.Tags) == 0 {
		return nil, invalid("Tags can not be empty.")
	}
	tags, err := readTags(in.Tags)
	if err != nil {
		return nil, err
	}
	if err := c.allow("ecs:TagResource", in.ResourceArn, resourceTags(known.tags.now), requestTags(tags)); err != nil {
		return nil, err
	}
	merged := known.tags.with(tags)
	if len(merged) > mostTags {
		return nil, refuse("LimitExceededException", "The maximum number of tags is 50.")
	}
	c.place.retag(known, merged, c.now)
	return &nothing{}, nil
}

func untagResource(c *call, in *tagsInput) (*nothing, error) {
	known, err := c.taggedResource(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if len(in.TagKeys) == 0 {
		return nil, invalid("Tag keys can not be empty.")
	}
	keys := []condition{{"aws:TagKeys", in.TagKeys}}
	if err := c.allow("ecs:UntagResource", in.ResourceArn, resourceTags(known.tags.now), keys); err != nil {
		return nil, err
	}
	left := maps.Clone(known.tags.now)
	for _, key := range in.TagKeys {
		delete(left, key)
	}
	c.place.retag(known, left, c.now)
	return &nothing{}, nil
}
