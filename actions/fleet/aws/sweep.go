package aws

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"golang.org/x/sync/errgroup"

	"ecsbot/actions/fleet"
)

// How a sweep is cut: by what a first, short call shows of how close the lines are.
const (
	probeLines     = 1000
	linesOfStretch = 2 * linesAtMost // below, cutting costs more calls than it saves time
	stretchesMost  = 6
	sweepsAtOnce   = 3    // stretches; at 80 ms a call, these use up ten calls a second
	linesOfPart    = 2500 // given away together
)

// sweep reads everything of a time.
type sweep struct {
	tail
	sources []*source
	known   fleet.Lines // secrets and notes
	take    fleet.Take
}

// Sweep reads everything that a query asks for, however much it is: no more than a few pages
// are in memory. One call for each log group shows how much there is. A long time is cut into
// stretches that are read side by side, each from its end. Where CloudWatch filters, or pages
// came empty, lines are far between: nothing is cut, and no page is read twice.
func (f *Fleet) Sweep(
	ctx context.Context, given fleet.Session, service fleet.Service, query fleet.LogQuery, take fleet.Take,
) (fleet.Swept, error) {
	doing := fmt.Sprintf("read all logs of %s", service.Ref)
	reader, err := mayRead(given, service.Ref)
	if err != nil {
		return fleet.Swept{}, fmt.Errorf("%s: %w", doing, err)
	}
	from, err := f.origins(ctx, reader, service, &query)
	if err != nil {
		return fleet.Swept{}, logsError(doing, err)
	}
	if query.To.IsZero() {
		query.To = time.Now()
	}
	query.Lines, query.Enough = probeLines, 1
	isFiltered := query.Grep != "" || query.Errors
	if isFiltered { // one stretch, of which this is the first page
		query.Lines = linesAtMost
	}
	probe := f.newTail(reader, query)
	probe.missing, probe.goesOn = from.missing, true
	if err := probe.read(ctx, from.sources); err != nil {
		return fleet.Swept{}, logsError(doing, err)
	}
	from.settle()
	first, more := probe.newest()
	from.lines.Notes = append(from.lines.Notes, probe.notes...)
	swept := fleet.Swept{Lines: from.lines, Stretches: 1, From: probe.query.From, To: probe.query.To}
	if !more {
		swept.Whole = 1
		return swept, giveAll(first, from.lines, take)
	}
	s := &sweep{tail: tail{reader: reader, query: probe.query, pattern: probe.pattern}, sources: from.sources, known: from.lines, take: take}
	windows := s.stretches(first)
	swept.Stretches = len(windows)
	if swept.Whole, err = s.read(ctx, windows); err != nil {
		return swept, logsError(doing, err)
	}
	return swept, nil
}

// giveAll gives away what one reading has brought.
func giveAll(lines []fleet.Line, known fleet.Lines, take fleet.Take) error {
	known.Lines = lines
	_, err := take(0, known)
	return err
}

// window is a stretch of time, both ends included.
type window struct{ from, to time.Time }

// stretches cut the time of the query, the newest first.
func (s *sweep) stretches(first []fleet.Line) []window {
	whole := window{s.query.From, s.query.To}
	if s.pattern != "" || len(first) == 0 {
		return []window{whole}
	}
	span := max(whole.to.Sub(first[0].Time), time.Millisecond)
	lines := float64(len(first)) * float64(whole.to.Sub(whole.from)) / float64(span)
	count := int(min(max(lines/linesOfStretch, 1), stretchesMost))
	step := whole.to.Sub(whole.from) / time.Duration(count)
	if count > 1 {
		for _, source := range s.sources {
			source.first = nil
		}
	}
	var windows []window
	for to := whole.to; len(windows) < count; {
		from := to.Add(-step).Truncate(time.Millisecond)
		if len(windows) == count-1 {
			from = whole.from
		}
		windows = append(windows, window{from, to})
		to = from.Add(-time.Millisecond)
	}
	return windows
}

// read says how many of the newest windows were read.
func (s *sweep) read(ctx context.Context, windows []window) (whole int, err error) {
	isDone := make([]bool, len(windows))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(sweepsAtOnce)
	for number, each := range windows {
		group.Go(func() error {
			err := s.stretch(ctx, number, each)
			isDone[number] = err == nil
			return err
		})
	}
	err = group.Wait()
	for whole < len(windows) && isDone[whole] {
		whole++
	}
	return whole, err
}

// cursor is how far one log group was read, backwards.
type cursor struct {
	source *source
	input  *cloudwatchlogs.FilterLogEventsInput
	page   page
	lines  []fleet.Line // not given away yet, newest first
	isDone bool
}

// stretch reads one window of all groups, from its end, and gives their lines away merged by
// time: no more than the groups have all been read back to.
func (s *sweep) stretch(ctx context.Context, number int, within window) error {
	var cursors []*cursor
	for _, source := range s.sources {
		input := s.asking(source, slices.Sorted(maps.Keys(source.streams)))
		input.StartTime, input.EndTime = aws.Int64(within.from.UnixMilli()), aws.Int64(within.to.UnixMilli())
		cursors = append(cursors, source.cursor(input))
	}
	for {
		isDone := true
		for _, each := range cursors {
			if err := each.fill(ctx, s.reader.logs(each.source.region)); err != nil {
				return err
			}
			isDone = isDone && each.isDone
		}
		if more, err := s.give(number, taken(cursors)); err != nil || !more || isDone {
			return err
		}
	}
}

// cursor begins at the end, or behind what was read already.
func (s *source) cursor(input *cloudwatchlogs.FilterLogEventsInput) *cursor {
	made := &cursor{source: s, input: input, page: page{source: s}}
	if s.first != nil {
		made.lines, input.NextToken, input.Limit = s.first.lines, s.first.next, s.first.limit
		slices.Reverse(made.lines)
		made.isDone = aws.ToString(input.NextToken) == ""
	}
	return made
}

// fill reads pages until there is a line, or no page more. AWS may give empty ones.
func (c *cursor) fill(ctx context.Context, client *cloudwatchlogs.Client) error {
	for len(c.lines) == 0 && !c.isDone {
		output, err := client.FilterLogEvents(ctx, c.input, c.page.middleware)
		if err != nil {
			return err
		}
		c.lines, c.input.NextToken = c.page.lines, output.NextToken
		c.isDone = aws.ToString(output.NextToken) == ""
	}
	return nil
}

// taken are the lines, newest first, before which no group that has more was read.
func taken(cursors []*cursor) (lines []fleet.Line) {
	var until time.Time
	for _, each := range cursors {
		if last := len(each.lines) - 1; !each.isDone && last >= 0 && each.lines[last].Time.After(until) {
			until = each.lines[last].Time
		}
	}
	for _, each := range cursors {
		end := len(each.lines)
		for end > 0 && each.lines[end-1].Time.Before(until) {
			end--
		}
		lines, each.lines = append(lines, each.lines[:end]...), each.lines[end:]
	}
	if len(cursors) > 1 {
		slices.SortStableFunc(lines, func(a, b fleet.Line) int { return b.Time.Compare(a.Time) })
	}
	return lines
}

// give gives lines away, part by part, each oldest first.
func (s *sweep) give(number int, lines []fleet.Line) (more bool, err error) {
	more = true
	for len(lines) > 0 && more && err == nil {
		count := min(linesOfPart, len(lines))
		part := s.known
		part.Lines, lines = lines[:count], lines[count:]
		slices.Reverse(part.Lines)
		more, err = s.take(number, part)
	}
	return more, err
}
