package aws

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"golang.org/x/sync/errgroup"

	"ecsbot/actions/fleet"
)

const (
	linesWanted = 50
	sinceWanted = 24 * time.Hour
	linesAtMost = 10_000 // of one FilterLogEvents (CloudWatch Logs API reference)
	// streamsAtOnce is how many streams one FilterLogEvents takes (CloudWatch Logs API reference).
	streamsAtOnce = 100
	// pagesAtMost ends a search through pages that AWS may return empty.
	pagesAtMost = 20
)

// tail collects the newest lines of several log groups.
type tail struct {
	reader *session
	tag    string
	lines  int
	start  time.Time

	mutex sync.Mutex
	found []fleet.Line
	notes []string
}

func newTail(reader *session, tag string, query fleet.LogQuery) *tail {
	lines, since := query.Lines, query.Since
	if lines <= 0 {
		lines = linesWanted
	}
	if since <= 0 {
		since = sinceWanted
	}
	return &tail{reader: reader, tag: tag, lines: min(lines, linesAtMost), start: time.Now().Add(-since)}
}

// read asks every group side by side.
func (t *tail) read(ctx context.Context, sources []*source) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(callsAtOnce)
	for _, source := range sources {
		client := t.reader.logs(source.region)
		for streams := range slices.Chunk(slices.Sorted(maps.Keys(source.streams)), streamsAtOnce) {
			group.Go(func() error { return t.readStreams(ctx, client, source, streams) })
		}
	}
	return group.Wait()
}

// readStreams turns what a group's owner can put right into a note. One stream that does not
// exist yet fails the call for all, so that they are then read one by one.
func (t *tail) readStreams(ctx context.Context, client *cloudwatchlogs.Client, source *source, streams []string) error {
	err := t.filter(ctx, client, source, streams)
	said := answered(err)
	switch {
	case err == nil:
		return nil
	case said.denied():
		t.note(fmt.Sprintf("AWS does not show the log group %s to the operator role: it must have the tag %s=%s",
			source.group, t.tag, t.reader.purpose.Environment))
		return nil
	case said.code != "ResourceNotFoundException":
		return err
	case !strings.Contains(said.message, "stream"):
		t.note(fmt.Sprintf("there is no log group %s in %s: create it, or correct awslogs-group in the task definition",
			source.group, source.region))
		return nil
	case len(streams) == 1:
		from := source.streams[streams[0]]
		t.note(fmt.Sprintf("%s of task %s has not written a line yet", from.container, from.task))
		return nil
	}
	for _, stream := range streams {
		if err := t.readStreams(ctx, client, source, []string{stream}); err != nil {
			return err
		}
	}
	return nil
}

// filter reads pages, the newest first, until there are lines enough.
func (t *tail) filter(ctx context.Context, client *cloudwatchlogs.Client, source *source, streams []string) error {
	input := &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName:   aws.String(source.group),
		LogStreamNames: streams,
		StartTime:      aws.Int64(t.start.UnixMilli()),
		StartFromHead:  aws.Bool(false),
		Limit:          aws.Int32(int32(t.lines)), //nolint:gosec // at most linesAtMost
	}
	var lines []fleet.Line
	for range pagesAtMost {
		page, err := client.FilterLogEvents(ctx, input)
		if err != nil {
			return err
		}
		for _, event := range page.Events {
			lines = append(lines, line(source, event))
		}
		if len(lines) >= t.lines || aws.ToString(page.NextToken) == "" {
			t.add(lines)
			return nil
		}
		input.NextToken = page.NextToken
	}
	t.add(lines)
	t.note(fmt.Sprintf("%s has too few lines to look all the way back; ask for a shorter time", source.group))
	return nil
}

func line(source *source, event types.FilteredLogEvent) fleet.Line {
	from := source.streams[aws.ToString(event.LogStreamName)]
	return fleet.Line{
		Time:      time.UnixMilli(aws.ToInt64(event.Timestamp)).UTC(),
		Task:      from.task,
		Container: from.container,
		Text:      aws.ToString(event.Message),
	}
}

func (t *tail) add(lines []fleet.Line) {
	// AWS gives the newest first; the lines of one millisecond keep the order of writing.
	slices.Reverse(lines)
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.found = append(t.found, lines...)
}

func (t *tail) note(text string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.notes = append(t.notes, text)
}

// newest merges by time what all groups had.
func (t *tail) newest() []fleet.Line {
	slices.SortStableFunc(t.found, func(a, b fleet.Line) int { return a.Time.Compare(b.Time) })
	slices.Sort(t.notes)
	return t.found[max(0, len(t.found)-t.lines):]
}
