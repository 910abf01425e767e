package aws

import (
	"iter"
	"slices"
	"strings"
	"time"
)

// How much is looked at in one go: so many events of all streams, so much time at most.
const (
	sliceEvents = 4000
	sliceMost   = 2 * time.Minute
)

// slice is how much time of the streams is looked at in one go.
func slice(streams []*stream) time.Duration {
	perSecond := 0.0
	for _, stream := range streams {
		if stream.every > 0 {
			perSecond += float64(time.Second) / float64(stream.every)
		}
	}
	if perSecond*sliceMost.Seconds() <= sliceEvents {
		return sliceMost
	}
	return max(time.Duration(sliceEvents/perSecond*float64(time.Second)), 10*time.Millisecond)
}

// events are those of the streams in a window that come after the search's position, in its
// direction.
func (s search) events(streams []*stream, within window) iter.Seq[logEvent] {
	return func(yield func(logEvent) bool) {
		for w := range s.slices(streams, within) {
			for _, event := range interleaved(streams, w, s.Newest) {
				if s.passed(event) {
					continue
				}
				if !yield(event) {
					return
				}
			}
		}
	}
}

// passed reports whether an event was on an earlier page.
func (s search) passed(event logEvent) bool {
	if !s.Started || s.Stream == "" {
		return false
	}
	order := compareEvents(event, logEvent{at: s.At, number: s.Number, stream: event.stream})
	if event.at == s.At && event.stream.name != s.Stream {
		order = strings.Compare(event.stream.name, s.Stream)
	}
	if s.Newest {
		return order >= 0
	}
	return order <= 0
}

// left is the time from the search's position to its end, without that before the first stream
// began.
func (s search) left(streams []*stream, from int64) window {
	first, last := s.To+1, from
	for _, stream := range streams {
		first = min(first, earliest(stream))
		last = max(last, latest(stream, s.To))
	}
	left := window{max(from, first), min(last, s.To)}
	for _, at := range []int64{s.Edge, s.At} {
		switch {
		case at == 0:
		case s.Newest:
			left.to = min(left.to, at)
		default:
			left.from = max(left.from, at)
		}
	}
	return left
}

// near is as much of a window as one page looks through, and where the next page begins; 0
// where there is none.
func (s search) near(left window) (near window, edge int64) {
	most := mostTimePerPage.Milliseconds()
	switch {
	case left.to-left.from < most:
		return left, 0
	case s.Newest:
		return window{left.to - most + 1, left.to}, left.to - most
	}
	return window{left.from, left.from + most - 1}, left.from + most
}

// slices cut a window, in the search's direction.
func (s search) slices(streams []*stream, within window) iter.Seq[window] {
	return func(yield func(window) bool) {
		first, last := within.from, within.to
		step := slice(streams).Milliseconds()
		for ; first <= last && !s.Newest; first += step {
			if !yield(window{first, min(first+step-1, last)}) {
				return
			}
		}
		for ; first <= last && s.Newest; last -= step {
			if !yield(window{max(last-step+1, first), last}) {
				return
			}
		}
	}
}

func earliest(s *stream) int64 {
	if len(s.written) > 0 {
		return min(s.began.UnixMilli(), s.written[0].at)
	}
	return s.began.UnixMilli()
}

// latest is when the stream's last event can have been.
func latest(s *stream, now int64) int64 {
	end := now
	if !s.ended.IsZero() {
		end = s.ended.UnixMilli()
	}
	if n := len(s.written); n > 0 {
		end = max(end, s.written[n-1].at)
	}
	return end
}

// interleaved are the events of all streams in a window, by time.
func interleaved(streams []*stream, w window, newest bool) []logEvent {
	var events []logEvent
	for _, stream := range streams {
		events = append(events, stream.between(w.from, w.to)...)
	}
	slices.SortStableFunc(events, compareEvents)
	if newest {
		slices.Reverse(events)
	}
	return events
}
