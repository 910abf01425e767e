package aws

import (
	"sort"
	"strings"
)

type describeLogGroupsInput struct {
	LogGroupNamePrefix  string   `json:"logGroupNamePrefix"`
	LogGroupNamePattern string   `json:"logGroupNamePattern"`
	LogGroupIdentifiers []string `json:"logGroupIdentifiers"`
	NextToken           string   `json:"nextToken"`
	Limit               *int     `json:"limit"`
}

type describeLogGroupsOutput struct {
	LogGroups []wireLogGroup `json:"logGroups"`
	NextToken string         `json:"nextToken,omitempty"`
}

type wireLogGroup struct {
	LogGroupName      string `json:"logGroupName"`
	CreationTime      int64  `json:"creationTime"`
	RetentionInDays   int    `json:"retentionInDays"`
	MetricFilterCount int    `json:"metricFilterCount"`
	Arn               string `json:"arn"`
	StoredBytes       int64  `json:"storedBytes"`
	LogGroupClass     string `json:"logGroupClass"`
	LogGroupArn       string `json:"logGroupArn"`
}

func describeLogGroups(c *call, in *describeLogGroupsInput) (*describeLogGroupsOutput, error) {
	c.entry.Resource = in.LogGroupNamePrefix
	size, err := limit(in.Limit, 50, 50)
	if err != nil {
		return nil, err
	}
	if in.LogGroupNamePrefix != "" && in.LogGroupNamePattern != "" {
		return nil, invalid("LogGroupNamePrefix and LogGroupNamePattern cannot be used together.")
	}
	if err := c.allow("logs:DescribeLogGroups", c.place.arn("logs", "log-group:*")); err != nil {
		return nil, err
	}
	part, next, err := page(c.place.groupsLike(in), func(g *logGroup) string { return g.name }, in.NextToken, size)
	out := &describeLogGroupsOutput{LogGroups: []wireLogGroup{}, NextToken: next}
	for _, group := range part {
		out.LogGroups = append(out.LogGroups, wireLogGroup{
			LogGroupName: group.name, CreationTime: group.created.UnixMilli(), RetentionInDays: 30,
			Arn: group.arn + ":*", LogGroupClass: "STANDARD", LogGroupArn: group.arn,
		})
	}
	return out, err
}

func (p *place) groupsLike(in *describeLogGroupsInput) []*logGroup {
	wanted := map[string]bool{}
	for _, identifier := range in.LogGroupIdentifiers {
		wanted[strings.TrimPrefix(identifier, p.arn("logs", "log-group:"))] = true
	}
	var groups []*logGroup
	for _, name := range p.groupNames {
		if strings.HasPrefix(name, in.LogGroupNamePrefix) && strings.Contains(name, in.LogGroupNamePattern) && (len(wanted) == 0 || wanted[name]) {
			groups = append(groups, p.groups[name])
		}
	}
	return groups
}

type describeLogStreamsInput struct {
	LogGroupName        string `json:"logGroupName"`
	LogGroupIdentifier  string `json:"logGroupIdentifier"`
	LogStreamNamePrefix string `json:"logStreamNamePrefix"`
	OrderBy             string `json:"orderBy"`
	Descending          bool   `json:"descending"`
	NextToken           string `json:"nextToken"`
	Limit               *int   `json:"limit"`
}

type describeLogStreamsOutput struct {
	LogStreams []wireLogStream `json:"logStreams"`
	NextToken  string          `json:"nextToken,omitempty"`
}

type wireLogStream struct {
	LogStreamName       string `json:"logStreamName"`
	CreationTime        int64  `json:"creationTime"`
	FirstEventTimestamp int64  `json:"firstEventTimestamp,omitempty"`
	LastEventTimestamp  int64  `json:"lastEventTimestamp,omitempty"`
	LastIngestionTime   int64  `json:"lastIngestionTime,omitempty"`
	UploadSequenceToken string `json:"uploadSequenceToken"`
	Arn                 string `json:"arn"`
	StoredBytes         int64  `json:"storedBytes"`
}

func describeLogStreams(c *call, in *describeLogStreamsInput) (*describeLogStreamsOutput, error) {
	size, err := limit(in.Limit, 50, 50)
	if err != nil {
		return nil, err
	}
	if err := oneOf("orderBy", in.OrderBy, "LogStreamName", "LastEventTime"); err != nil {
		return nil, err
	}
	if in.OrderBy == "LastEventTime" && in.LogStreamNamePrefix != "" {
		return nil, invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	group, err := c.group(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	if err := c.mayRead("logs:DescribeLogStreams", group, ""); err != nil {
		return nil, err
	}
	streams := c.wireStreams(group, in)
	start := 0
	if in.NextToken != "" {
		after, ok := readToken(in.NextToken)
		if !ok {
			return nil, invalid("The specified nextToken is invalid.")
		}
		for start < len(streams) && streams[start].LogStreamName != after {
			start++
		}
		start = min(start+1, len(streams))
	}
	end := min(start+size, len(streams))
	out := &describeLogStreamsOutput{LogStreams: streams[start:end]}
	if end < len(streams) {
		out.NextToken = writeToken(streams[end-1].LogStreamName)
	}
	return out, nil
}

// wireStreams are the asked streams of a group in the asked order.
func (c *call) wireStreams(group *logGroup, in *describeLogStreamsInput) []wireLogStream {
	streams := []wireLogStream{}
	for _, stream := range group.streams {
		if !strings.HasPrefix(stream.name, in.LogStreamNamePrefix) {
			continue
		}
		w := wireLogStream{
			LogStreamName: stream.name, CreationTime: stream.began.UnixMilli(),
			UploadSequenceToken: "1", Arn: group.arn + ":log-stream:" + stream.name,
		}
		if first, last, ok := stream.span(c.now); ok {
			w.FirstEventTimestamp, w.LastEventTimestamp, w.LastIngestionTime = first, last, last+ingestion.Milliseconds()
		}
		streams = append(streams, w)
	}
	if in.OrderBy == "LastEventTime" {
		sort.SliceStable(streams, func(i, j int) bool { return streams[i].LastEventTimestamp < streams[j].LastEventTimestamp })
	}
	if in.Descending {
		for i, j := 0, len(streams)-1; i < j; i, j = i+1, j-1 {
			streams[i], streams[j] = streams[j], streams[i]
		}
	}
	return streams
}

type logTagsInput struct {
	ResourceArn  string `json:"resourceArn"`
	LogGroupName string `json:"logGroupName"`
}

type logTagsOutput struct {
	Tags map[string]string `json:"tags"`
}

func listLogTags(c *call, in *logTagsInput) (*logTagsOutput, error) {
	return c.logTags("", in.ResourceArn, "logs:ListTagsForResource")
}

func listTagsLogGroup(c *call, in *logTagsInput) (*logTagsOutput, error) {
	return c.logTags(in.LogGroupName, "", "logs:ListTagsLogGroup")
}

func (c *call) logTags(name, arn, action string) (*logTagsOutput, error) {
	group, err := c.group(name, arn)
	if err != nil {
		return nil, err
	}
	if err := c.mayRead(action, group, ""); err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for key, value := range group.tags.now {
		tags[key] = value
	}
	return &logTagsOutput{Tags: tags}, nil
}
