package aws

import (
	"container/heap"
	"time"
)

// agenda holds what will happen to the fleet, ordered by time. One timer waits for the next
// appointment, so an idle fleet costs nothing and time may be the bubble's of a test.
type agenda struct {
	queue appointments
	order int
	timer *time.Timer
}

type appointment struct {
	at    time.Time
	order int
	do    func(now time.Time)
}

func (a *agenda) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}

// at makes something happen at a time, with the fleet's lock held.
func (s *Server) at(when time.Time, do func(now time.Time)) {
	s.agenda.order++
	heap.Push(&s.agenda.queue, appointment{at: when, order: s.agenda.order, do: do})
}

// advance lets everything happen that is due by now, each at its own time.
func (s *Server) advance(now time.Time) bool {
	moved := false
	for len(s.agenda.queue) > 0 && !s.closed && !s.agenda.queue[0].at.After(now) {
		next := heap.Pop(&s.agenda.queue).(appointment)
		next.do(next.at)
		moved = true
	}
	return moved
}

// arm sets the timer to the next appointment.
func (s *Server) arm() {
	if len(s.agenda.queue) == 0 || s.closed {
		return
	}
	wait := time.Until(s.agenda.queue[0].at)
	if s.agenda.timer == nil {
		s.agenda.timer = time.AfterFunc(wait, s.tick)
		return
	}
	s.agenda.timer.Reset(wait)
}

func (s *Server) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.advance(time.Now()) {
		s.notify()
	}
	s.arm()
}

// appointments is a heap by time, then by the order of making.
type appointments []appointment

func (a appointments) Len() int      { return len(a) }
func (a appointments) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a appointments) Less(i, j int) bool {
	if a[i].at.Equal(a[j].at) {
		return a[i].order < a[j].order
	}
	return a[i].at.Before(a[j].at)
}

// Push appends for container/heap.
func (a *appointments) Push(x any) { *a = append(*a, x.(appointment)) }

// Pop takes the last for container/heap.
func (a *appointments) Pop() any {
	old := *a
	last := old[len(old)-1]
	*a = old[:len(old)-1]
	return last
}
