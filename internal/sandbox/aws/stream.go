package aws

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

// logGroup is a log group of CloudWatch Logs.
type logGroup struct {
	place   *place
	name    string
	arn     string // without the trailing :*
	created time.Time
	tags    tagSet
	streams []*stream // by name
}

// stream is a log stream. Its regular lines are not kept: they follow from its seed and the
// time, so a stream of a month costs as much as an empty one.
type stream struct {
	name    string
	voice   voice
	seed    uint64
	every   time.Duration // between regular events; not positive for none
	began   time.Time
	ended   time.Time // zero while the task runs
	written []logEvent
}

// logEvent is one event of a stream. Millisecond and number order the events of a stream.
type logEvent struct {
	at      int64 // milliseconds since 1970
	number  int
	text    string
	stream  *stream
	arrived int64 // ingestion time
}

// linesPerStep is how many events one step of a stream may have at most.
const linesPerStep = 16

// writtenFrom is the number of the first event that was written rather than generated.
const writtenFrom = 1 << 40

// ingestion is how long an event takes until it can be read.
const ingestion = 400 * time.Millisecond

// makeGroup makes the log group of a service, in the region where it logs, unless there is one.
func (p *place) makeGroup(spec ServiceSpec, now time.Time) {
	p.beside(spec.LogRegion).addGroup(spec, now)
}

func (p *place) addGroup(spec ServiceSpec, now time.Time) {
	if _, ok := p.groups[spec.LogGroup]; ok || spec.LogDriver != "awslogs" {
		return
	}
	made := &logGroup{
		place: p, name: spec.LogGroup, arn: p.arn("logs", "log-group:"+spec.LogGroup),
		created: now.Add(-90 * 24 * time.Hour), tags: newTags(spec.LogTags),
	}
	p.groups[spec.LogGroup] = made
	p.groupNames = append(p.groupNames, spec.LogGroup)
	p.register(made.arn, "logs:log-group", &made.tags)
}

func (g *logGroup) stream(name string) (*stream, bool) {
	at := sort.Search(len(g.streams), func(i int) bool { return g.streams[i].name >= name })
	if at == len(g.streams) || g.streams[at].name != name {
		return nil, false
	}
	return g.streams[at], true
}

func (g *logGroup) open(made *stream) {
	at := sort.Search(len(g.streams), func(i int) bool { return g.streams[i].name >= made.name })
	g.streams = slices.Insert(g.streams, at, made)
}

// noPrefix is what a fleet says where a task definition names no awslogs-stream-prefix.
const noPrefix = "-"

// openStreams makes the streams of a task's containers, which the awslogs driver does when
// they start: prefix/container/task; without a prefix, called after the container's own ID
// (Amazon ECS Developer Guide, "awslogs log driver").
func (t *task) openStreams(now time.Time) {
	for _, defined := range t.definition.containers {
		options := defined.LogConfiguration.Options
		group, ok := t.cluster.place.beside(options["awslogs-region"]).groups[options["awslogs-group"]]
		if !ok {
			continue
		}
		name := options["awslogs-stream-prefix"] + "/" + defined.Name + "/" + t.id
		if options["awslogs-stream-prefix"] == "" {
			name = fmt.Sprintf("%016x", hash(t.id+defined.Name))
		}
		made := &stream{
			name:  name,
			voice: voiceOf(defined), seed: hash(t.id + defined.Name), began: now,
		}
		if t.service != nil {
			made.every = t.service.spec.LogEvery
		}
		group.open(made)
		t.streams = append(t.streams, made)
	}
}

// log writes lines into the stream of the task's first container.
func (t *task) log(now time.Time, lines ...string) {
	if len(t.streams) > 0 {
		t.streams[0].write(now, lines...)
	}
}

func (s *stream) write(at time.Time, lines ...string) {
	for _, line := range lines {
		if strings.TrimSpace(line) == "" {
			line = " " // an event is never empty (CloudWatch Logs API reference, InputLogEvent)
		}
		event := logEvent{at: at.UnixMilli(), number: writtenFrom + len(s.written), text: line, stream: s, arrived: at.UnixMilli()}
		s.written = append(s.written, event)
	}
	slices.SortStableFunc(s.written, compareEvents)
}

// between are the events from one millisecond to another, both included, oldest first.
func (s *stream) between(from, to int64) []logEvent {
	from = max(from, s.began.UnixMilli())
	var events []logEvent
	last := to
	if !s.ended.IsZero() {
		last = min(to, s.ended.UnixMilli()-1)
	}
	if s.every > 0 && from <= last {
		events = s.generated(from, last)
	}
	for _, event := range s.written {
		if event.at >= from && event.at <= to {
			events = append(events, event)
		}
	}
	slices.SortStableFunc(events, compareEvents)
	return events
}

func (s *stream) generated(from, to int64) []logEvent {
	began, every := s.began.UnixMilli(), s.every.Milliseconds()
	var events []logEvent
	for step := max((from-began)/every-1, 0); ; step++ {
		at := began + step*every
		if step > 0 {
			at += int64(mix(s.seed, uint64(step)) % uint64(max(every/2, 1)))
		}
		if at > to {
			return events
		}
		if at < from {
			continue
		}
		for i, text := range s.voice.lines(s.seed, uint64(step), time.UnixMilli(at)) {
			number := int(step)*linesPerStep + i
			events = append(events, logEvent{at: at, number: number, text: text, stream: s, arrived: at + ingestion.Milliseconds()})
		}
	}
}

// compareEvents orders events by time, then stream, then number.
func compareEvents(a, b logEvent) int {
	switch {
	case a.at != b.at:
		return int(min(max(a.at-b.at, -1), 1))
	case a.stream != b.stream:
		return strings.Compare(a.stream.name, b.stream.name)
	}
	return a.number - b.number
}

// span is the time of the first and the last event that can be read at a time; ok is false
// where there is none.
func (s *stream) span(now time.Time) (first, last int64, ok bool) {
	end := now.UnixMilli() - ingestion.Milliseconds()
	if !s.ended.IsZero() {
		end = min(end, s.ended.UnixMilli())
	}
	if s.every > 0 && s.began.UnixMilli() <= end {
		events := s.generated(max(s.began.UnixMilli(), end-2*s.every.Milliseconds()), end)
		if len(events) > 0 {
			first, last, ok = s.began.UnixMilli(), events[len(events)-1].at, true
		}
	}
	if len(s.written) == 0 {
		return first, last, ok
	}
	if !ok {
		return s.written[0].at, s.written[len(s.written)-1].at, true
	}
	return min(first, s.written[0].at), max(last, s.written[len(s.written)-1].at), true
}
