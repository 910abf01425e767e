package bot

import (
	"context"
	"slices"
	"sync"
	"time"
)

// How long a reading may take, its waits included, and how soon it is tried once more where
// Slack was not reached.
const (
	longestRead = 2 * time.Minute
	secondTry   = 200 * time.Millisecond
)

// Only what must be younger than this is renewed before it has to be: what may be older is read
// again in the background, or seldom asked for.
const renewedBelow = 10 * time.Second

// shelf keeps the newest reading of one thing. Whoever asks says how old the reading may be,
// counted from when it began; readings that are on their way are shared. A reading that is past
// half of a short age is renewed behind whoever asked, so that the next one need not wait.
type shelf[T any] struct {
	read    func(ctx context.Context) (T, error)
	spacing time.Duration // a younger reading is not renewed before somebody needs it; 0: none is

	mu      sync.Mutex
	value   T
	began   time.Time // when the reading that brought value began
	filled  bool
	era     int // readings of an earlier era are not believed
	flights []*flight[T]
}

// flight is a reading on its way.
type flight[T any] struct {
	began   time.Time // when its latest try began
	era     int
	waiting bool // for its next try, so that it will begin after now
	done    chan struct{}
	value   T
	err     error
}

// recall is the reading at hand, where it began no longer than age ago.
func (s *shelf[T]) recall(age time.Duration) (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.atHand(age)
}

// atHand is recall for whoever holds the lock.
func (s *shelf[T]) atHand(age time.Duration) (T, bool) {
	if s.filled && time.Since(s.began) <= age {
		return s.value, true
	}
	var none T
	return none, false
}

// get is a reading that began no longer than age ago: the one at hand, one on its way, or a
// new one. With age 0 it is one that begins now or later.
func (s *shelf[T]) get(ctx context.Context, age time.Duration) (T, error) {
	value, trip := s.serve(ctx, age)
	if trip == nil {
		return value, nil
	}
	select {
	case <-trip.done:
		return trip.value, trip.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// serve is the reading at hand, or the flight that is to be waited for.
func (s *shelf[T]) serve(ctx context.Context, age time.Duration) (T, *flight[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.atHand(age)
	if !ok || age == 0 {
		return value, s.join(ctx, age)
	}
	if renewed := max(age/2, s.spacing); s.spacing > 0 && age < renewedBelow && time.Since(s.began) > renewed {
		s.join(ctx, renewed)
	}
	return value, nil
}

// join finds a flight that will do, or starts one. It outlives its caller, since others may
// have joined. The caller holds the lock.
func (s *shelf[T]) join(ctx context.Context, age time.Duration) *flight[T] {
	for _, trip := range s.flights {
		if trip.waiting || age > 0 && trip.era == s.era && time.Since(trip.began) <= age {
			return trip
		}
	}
	trip := &flight[T]{began: time.Now(), era: s.era, done: make(chan struct{})}
	s.flights = append(s.flights, trip)
	go s.fly(context.WithoutCancel(ctx), trip)
	return trip
}

// fly reads until Slack has answered; an answer to wait is obeyed.
func (s *shelf[T]) fly(ctx context.Context, trip *flight[T]) {
	ctx, cancel := context.WithTimeout(ctx, longestRead)
	defer cancel()
	value, err := s.read(ctx)
	for again := true; err != nil && !isTold(err); {
		wait, told := toldWait(err)
		if !told {
			if !again {
				break
			}
			again, wait = false, secondTry
		}
		s.mark(trip, true)
		if !sleep(ctx, wait) {
			break
		}
		s.mark(trip, false)
		value, err = s.read(ctx)
	}
	s.land(trip, value, err)
}

// mark notes that a flight waits, or that it begins anew.
func (s *shelf[T]) mark(trip *flight[T], waiting bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	trip.waiting, trip.began, trip.era = waiting, time.Now(), s.era
}

func (s *shelf[T]) land(trip *flight[T], value T, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	trip.value, trip.err = value, err
	s.flights = slices.DeleteFunc(s.flights, func(other *flight[T]) bool { return other == trip })
	if err == nil && trip.era == s.era && (!s.filled || s.began.Before(trip.began)) {
		s.value, s.began, s.filled = value, trip.began, true
	}
	close(trip.done)
}

// void makes every reading that has begun until now worthless.
func (s *shelf[T]) void() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.era++
	s.filled = false
}
