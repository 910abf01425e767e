package ops

import (
	"context"
	"slices"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
)

// How a log is read and sent by turns: how long after it was written a line may come to be
// read, since a task sends its lines every few seconds and CloudWatch lets them be searched
// some more later, whatever others overtake them; and how long the log is read before a Live
// Tail is asked for again.
const (
	livePatience = 10 * time.Second
	tailPause    = time.Minute
)

// tailed is what CloudWatch sends of a followed log. It sends what it takes in after the
// session began; what it took in before may be a while from being read. So for that while the
// log is read as before, and only then what was sent meanwhile is shown below it.
type tailed struct {
	tail  fleet.Tail // nil while the log is only read
	began time.Time
	alone bool      // the log is not read any more
	retry time.Time // when a Live Tail may be asked for again
}

// news is what was not shown yet: what CloudWatch has sent; else what is there to be read.
func (f *follower) news(ctx context.Context, call actions.Call) (fleet.Lines, error) {
	if f.tailed.alone {
		if sent, goesOn := f.tailed.tail.Take(call.Service()); goesOn {
			return f.taken(sent), nil
		}
		f.Close()
	}
	query := f.reading(call.Service())
	f.beginTail(ctx, call, query)
	isSettled := f.tailed.tail != nil && time.Since(f.tailed.began) >= livePatience
	read, err := f.journal.aws.Logs(ctx, call.Session(), call.Service(), query)
	if err != nil {
		return fleet.Lines{}, err
	}
	f.look = call.Service().Look()
	read = f.read(read)
	if isSettled {
		f.handOver(call.Service(), &read)
	}
	return read, nil
}

// reading is what to ask for. Streams of new tasks are read from the start: when the tasks
// changed, and what they wrote until that was noticed, nobody knows.
func (f *follower) reading(service fleet.Service) fleet.LogQuery {
	query := f.query
	query.Previous = false
	query.From, query.To, query.Lines, query.Enough = f.from.Add(-livePatience), time.Time{}, liveLines, 1
	if f.look != "" && f.look != service.Look() && f.start.Before(query.From) {
		query.From, query.Lines = f.start, manyLines
	}
	return query
}

// beginTail asks for a Live Tail where there is none. It begins before the log is read, so
// that nothing falls between.
func (f *follower) beginTail(ctx context.Context, call actions.Call, query fleet.LogQuery) {
	now := time.Now()
	if f.tailed.tail != nil || now.Before(f.tailed.retry) {
		return
	}
	tail, err := f.journal.aws.Tail(ctx, call.Session(), call.Service(), query)
	if err != nil {
		f.tailed.retry = now.Add(tailPause)
		return
	}
	f.tailed.tail, f.tailed.began = tail, time.Now()
}

// handOver puts what was sent below what was read, and ends the reading.
func (f *follower) handOver(service fleet.Service, read *fleet.Lines) {
	sent, goesOn := f.tailed.tail.Take(service)
	if !goesOn {
		f.Close()
		return
	}
	f.tailed.alone = true
	f.about = f.about || sent.Left > 0 // some of which were read
	sent = f.taken(sent)
	read.Lines = append(read.Lines, sent.Lines...)
	slices.SortStableFunc(read.Lines, func(a, b fleet.Line) int { return a.Time.Compare(b.Time) })
	read.Notes = append(slices.Clone(read.Notes), sent.Notes...)
	slices.Sort(read.Notes)
	read.Notes = slices.Compact(read.Notes)
}

// Close ends what CloudWatch sends.
func (f *follower) Close() {
	if f.tailed.tail != nil {
		f.tailed.tail.Close()
		f.tailed = tailed{retry: f.tailed.retry}
	}
}

// read is what is new of a reading.
func (f *follower) read(read fleet.Lines) fleet.Lines {
	fresh := f.fresh(read)
	f.estimate(read, len(fresh.Lines))
	f.advance(fresh)
	return fresh
}

// taken is what is new of what was sent.
func (f *follower) taken(sent fleet.Lines) fleet.Lines {
	f.left += sent.Left
	fresh := f.fresh(sent)
	f.advance(fresh)
	return fresh
}

// streamEnd is how far one stream was shown: its last millisecond, and the lines in it: by ID,
// and by text how many more were read than sent.
type streamEnd struct {
	at     time.Time
	ids    map[string]bool
	beyond map[string]int
}

// step counts a line as read, or as sent: such a line has no ID.
func step(line fleet.Line) int {
	if line.ID == "" {
		return -1
	}
	return 1
}

// covers says whether a line of that millisecond was shown. One that was read and one that
// was sent, of the same text, are the same.
func (e *streamEnd) covers(line fleet.Line) bool {
	if e.ids[line.ID] {
		return true
	}
	if e.beyond[line.Text]*step(line) >= 0 {
		return false
	}
	e.count(line)
	return true
}

func (e *streamEnd) add(line fleet.Line) {
	if line.Time.After(e.at) {
		e.at, e.ids, e.beyond = line.Time, map[string]bool{}, map[string]int{}
	}
	e.count(line)
}

func (e *streamEnd) count(line fleet.Line) {
	if line.ID != "" {
		e.ids[line.ID] = true
	}
	e.beyond[line.Text] += step(line)
}

// end is that of one stream.
func (f *follower) end(of stream) *streamEnd {
	known := f.streams[of]
	if known == nil {
		known = &streamEnd{}
		f.streams[of] = known
	}
	return known
}

// fresh leaves out what was shown, and what comes after its successor in the same stream.
func (f *follower) fresh(read fleet.Lines) fleet.Lines {
	var lines []fleet.Line
	for _, line := range read.Lines {
		end := f.streams[streamOf(line)]
		switch {
		case end == nil && !line.Time.After(f.start):
			continue
		case end != nil && (line.Time.Before(end.at) || line.Time.Equal(end.at) && end.covers(line)):
			continue
		}
		lines = append(lines, line)
	}
	read.Lines = lines
	return read
}

// advance notes how far each stream was read.
func (f *follower) advance(read fleet.Lines) {
	for _, line := range read.Lines {
		f.end(streamOf(line)).add(line)
		if line.Time.After(f.from) {
			f.from = line.Time
		}
	}
}
