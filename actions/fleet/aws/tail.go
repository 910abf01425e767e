package aws

import (
	"cmp"
	"context"
	"errors"
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
	// bytesAtMost is how much text of one group is kept in memory at most: a page more.
	bytesAtMost = 4 << 20
	// pagesAtMost and searchTime end a search through pages that AWS may return empty.
	pagesAtMost = 200
	searchTime  = 15 * time.Second
)

// newestFirst is since when events can be had newest first (CloudWatch Logs API reference,
// FilterLogEvents): nothing before it is asked for.
func newestFirst() time.Time { return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) }

// tail collects the newest lines of several log groups.
type tail struct {
	reader  *session
	tag     string
	query   fleet.LogQuery
	pattern string
	until   time.Time           // of the search
	missing func(stream string) // is told of streams that do not exist
	goesOn  bool                // keeps of each source how far its first page with lines has come

	mutex sync.Mutex
	found []catch // one for each call's streams, in the order of asking
	notes []string
}

// catch is what one set of streams brought.
type catch struct {
	lines []fleet.Line // oldest first
	more  bool         // there may be earlier ones
}

func (f *Fleet) newTail(reader *session, query fleet.LogQuery) *tail {
	if query.Lines <= 0 {
		query.Lines = linesWanted
	}
	if query.From.IsZero() {
		query.From = time.Now().Add(-sinceWanted)
	}
	query.Lines = min(query.Lines, linesAtMost)
	if query.Enough <= 0 || query.Enough > query.Lines {
		query.Enough = query.Lines
	}
	if time.Now().After(newestFirst()) && query.From.Before(newestFirst()) {
		query.From = newestFirst()
	}
	return &tail{
		reader: reader, tag: f.settings.Tag, query: query, pattern: pattern(query),
		until: time.Now().Add(searchTime), missing: func(string) {},
	}
}

// read asks every group side by side.
func (t *tail) read(ctx context.Context, sources []*source) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(callsAtOnce)
	t.found = make([]catch, len(sources))
	for position, source := range sources {
		group.Go(func() error {
			client := t.reader.logs(source.region)
			read, err := t.readStreams(ctx, client, source, slices.Sorted(maps.Keys(source.streams)))
			t.found[position] = read
			return err
		})
	}
	return group.Wait()
}

// readStreams turns what a group's owner can put right into a note. One stream that does not
// exist fails the call for all, so that it is then looked for by halves.
func (t *tail) readStreams(ctx context.Context, client *cloudwatchlogs.Client, source *source, streams []string) (catch, error) {
	read, err := t.filter(ctx, client, source, streams)
	said := answered(err)
	switch {
	case err == nil:
		return read, nil
	case said.code == "InvalidParameterException" && t.pattern != "":
		return catch{}, fmt.Errorf("%w: %w", fleet.ErrRefused, errors.New(said.message))
	case said.denied():
		t.note(t.untagged(source))
		source.isUnreadable = true
		return catch{}, nil
	case said.code != "ResourceNotFoundException":
		return catch{}, err
	case !strings.Contains(said.message, "stream"):
		t.note(fmt.Sprintf("there is no log group %s in %s: create it, or correct awslogs-group in the task definition",
			source.group, source.region))
		source.isUnreadable = true
		return catch{}, nil
	case len(streams) == 1:
		from := source.streams[streams[0]]
		t.note(fmt.Sprintf("%s of task %s has not written a line yet", from.container, from.task))
		t.missing(streams[0])
		return catch{}, nil
	}
	first, err := t.readStreams(ctx, client, source, streams[:len(streams)/2])
	if err != nil {
		return catch{}, err
	}
	second, err := t.readStreams(ctx, client, source, streams[len(streams)/2:])
	return merged([]catch{first, second}), err
}

// untagged says what is most often the matter where AWS denies a group, and what mends it.
func (t *tail) untagged(source *source) string {
	purpose := t.reader.purpose
	return fmt.Sprintf("AWS does not show the log group %s in %s: it must have the tag %s=%s. Whoever keeps the platform can tag it with: "+
		"aws logs tag-resource --region %s --resource-arn %s --tags %s=%s",
		source.group, source.region, t.tag, purpose.Environment,
		source.region, fleet.GroupARN(cmp.Or(purpose.Target, purpose.Role), source.region, source.group), t.tag, purpose.Environment)
}

// filter reads pages, the newest first, until there are lines enough.
func (t *tail) filter(ctx context.Context, client *cloudwatchlogs.Client, source *source, streams []string) (catch, error) {
	input := t.asking(source, streams)
	input.Limit = aws.Int32(int32(t.query.Lines)) //nolint:gosec // at most linesAtMost
	var read catch
	isSparse, size := false, 0
	for page := 0; ; page++ {
		output, err := client.FilterLogEvents(ctx, input)
		if err != nil {
			return catch{}, err
		}
		for _, event := range output.Events {
			read.lines = append(read.lines, line(source, event))
			size += len(aws.ToString(event.Message))
		}
		input.NextToken = output.NextToken
		read.more = aws.ToString(output.NextToken) != ""
		if !read.more || len(read.lines) >= t.query.Enough || size >= bytesAtMost {
			break
		}
		isSparse = true
		if page == pagesAtMost || time.Now().After(t.until) {
			if !t.goesOn {
				t.note(fmt.Sprintf("%s is too large to look all the way back: ask for a shorter time, or for one --task", source.group))
			}
			break
		}
	}
	// AWS gives the newest first; the lines of one millisecond keep the order of writing.
	slices.Reverse(read.lines)
	if t.goesOn && len(streams) == len(source.streams) && (isSparse || t.pattern != "") {
		source.first = &begun{slices.Clone(read.lines), input.NextToken, input.Limit}
	}
	return read, nil
}

// asking asks for the streams' events of the query, the newest first.
func (t *tail) asking(source *source, streams []string) *cloudwatchlogs.FilterLogEventsInput {
	input := &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName:   aws.String(source.group),
		LogStreamNames: streams,
		StartTime:      aws.Int64(t.query.From.UnixMilli()),
		StartFromHead:  aws.Bool(false),
	}
	if !t.query.To.IsZero() {
		input.EndTime = aws.Int64(t.query.To.UnixMilli())
	}
	if t.pattern != "" {
		input.FilterPattern = aws.String(t.pattern)
	}
	return input
}

func line(source *source, event types.FilteredLogEvent) fleet.Line {
	from := source.streams[aws.ToString(event.LogStreamName)]
	return fleet.Line{
		ID:        aws.ToString(event.EventId),
		Time:      time.UnixMilli(aws.ToInt64(event.Timestamp)).UTC(),
		Task:      from.task,
		Container: from.container,
		Text:      aws.ToString(event.Message),
	}
}

func (t *tail) note(text string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.notes = append(t.notes, text)
}

// newest merges by time what all groups had.
func (t *tail) newest() (lines []fleet.Line, more bool) {
	all := merged(t.found)
	slices.Sort(t.notes)
	cut := max(0, len(all.lines)-t.query.Lines)
	return all.lines[cut:], all.more || cut > 0
}

// merged leaves out what is older than the oldest line of a set that has more: between such
// lines, others would be missing.
func merged(all []catch) catch {
	var both catch
	var from time.Time
	for _, each := range all {
		both.more = both.more || each.more
		if each.more && len(each.lines) > 0 && each.lines[0].Time.After(from) {
			from = each.lines[0].Time
		}
		both.lines = append(both.lines, each.lines...)
	}
	slices.SortStableFunc(both.lines, func(a, b fleet.Line) int { return a.Time.Compare(b.Time) })
	first := slices.IndexFunc(both.lines, func(line fleet.Line) bool { return !line.Time.Before(from) })
	both.lines = both.lines[max(0, first):]
	return both
}
