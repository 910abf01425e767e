package aws

import (
	"strings"
	"time"
)

// logsOperations are the operations of CloudWatch Logs.
func logsOperations() []operation {
	return []operation{
		typed("logs", "DescribeLogGroups", "logs_groups", describeLogGroups),
		typed("logs", "DescribeLogStreams", "logs_streams", describeLogStreams),
		typed("logs", "FilterLogEvents", "logs_filter", filterLogEvents),
		typed("logs", "GetLogEvents", "logs_get", getLogEvents),
		typed("logs", "StartLiveTail", "live_tail", startLiveTail),
		typed("logs", "ListTagsForResource", "logs_tags", listLogTags),
		typed("logs", "ListTagsLogGroup", "logs_tags", listTagsLogGroup),
	}
}

// group finds a log group by name or by identifier (a name or an ARN), of which exactly one
// must be given.
func (c *call) group(name, identifier string) (*logGroup, error) {
	c.entry.Resource = orElse(name, identifier)
	switch {
	case name == "" && identifier == "":
		return nil, invalid("Must specify either logGroupName or logGroupIdentifier.")
	case name != "" && identifier != "":
		return nil, invalid("LogGroupName and LogGroupIdentifier cannot be used together.")
	case strings.HasSuffix(identifier, ":*"):
		return nil, invalid("Invalid logGroupIdentifier: an ARN must not end with :*")
	case len(name) > 512 || !wordOf(name, ".-_/#"):
		return nil, invalid("1 validation error detected: Value '%s' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+", name)
	}
	if strings.HasPrefix(identifier, "arn:") {
		name = strings.TrimPrefix(identifier, c.place.arn("logs", "log-group:"))
	} else {
		name += identifier
	}
	c.entry.Resource = name
	found, ok := c.place.groups[name]
	if !ok {
		return nil, noGroup()
	}
	return found, nil
}

func noGroup() *failure {
	return refuse("ResourceNotFoundException", "The specified log group does not exist.")
}

func noStream() *failure {
	return refuse("ResourceNotFoundException", "The specified log stream does not exist.")
}

// mayRead asks for the authorisation of an operation on a group, or on one of its streams.
func (c *call) mayRead(action string, group *logGroup, stream string) error {
	resource := group.arn + ":*"
	if stream != "" {
		resource = group.arn + ":log-stream:" + stream
	}
	return c.allow(action, resource, resourceTags(group.tags.now))
}

// limit checks a limit of Logs.
func limit(asked *int, otherwise, most int) (int, error) {
	switch {
	case asked == nil:
		return otherwise, nil
	case *asked < 1 || *asked > most:
		return 0, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and %d", *asked, most)
	}
	return *asked, nil
}

// window is a range of time in milliseconds, both ends included.
type window struct{ from, to int64 }

// windowOf is the asked range, cut at what can be read by now.
func windowOf(start, end *int64, now time.Time) (window, error) {
	w := window{0, now.UnixMilli() - ingestion.Milliseconds()}
	if start != nil {
		w.from = *start
	}
	if end != nil {
		w.to = min(w.to, *end)
	}
	if w.from < 0 || end != nil && *end < 0 {
		return w, invalid("Times must not be negative.")
	}
	if start != nil && end != nil && *start > *end {
		return w, invalid("startTime must not be greater than endTime.")
	}
	return w, nil
}
