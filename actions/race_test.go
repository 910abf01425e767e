package actions

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// rounds is how often each race is run; a few times where only its sense is wanted.
func rounds() int {
	if testing.Short() {
		return 20
	}
	return 1000
}

// arena is a world in which the same race is run again and again, with every reading taking
// its own time.
type arena struct {
	*world
	random *rand.Rand
	record *recorder
	mutex  sync.Mutex
	asks   int
}

func newArena(t *testing.T) *arena {
	a := &arena{world: guardedWorld(t), random: rand.New(rand.NewPCG(1, 2))}
	a.people.pause, a.fleet.pause = a.moment, a.moment
	a.record = &recorder{Ledger: a.stream}
	a.runner.Ledger = a.record
	return a
}

// recorder keeps the entries that a ledger took, so that nobody has to read them back.
type recorder struct {
	Ledger
	mutex   sync.Mutex
	entries []ledger.Entry
}

func (r *recorder) Append(ctx context.Context, decide func(*ledger.State) ([]ledger.Entry, error)) ([]ledger.Entry, error) {
	entries, err := r.Ledger.Append(ctx, decide)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.entries = append(r.entries, entries...)
	return entries, err
}

// take are the entries since the last look, in their order.
func (r *recorder) take() []ledger.Entry {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	taken := r.entries
	r.entries = nil
	slices.SortFunc(taken, func(one, other ledger.Entry) int { return cmp.Compare(one.Seq, other.Seq) })
	return taken
}

// moment is how long something takes: none, one or two milliseconds.
func (a *arena) moment() time.Duration {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return time.Duration(a.random.IntN(3)) * time.Millisecond
}

// asked asks for a restart of prod/api and returns its operation.
func (a *arena) asked() string {
	a.asks++
	reply := a.asksOnce("ALICE", "restart prod api")
	for _, operation := range a.stream.Open() {
		if operation.IsWaiting() {
			return operation.First.Operation
		}
	}
	a.t.Fatalf("told %q", reply.last())
	return ""
}

func (a *arena) asksOnce(user, text string) *fakeReply {
	a.asks++
	return a.world.asks(Request{ID: fmt.Sprint("request ", a.asks), Actor: authz.Actor{Team: "T1", User: user}, Text: text, Where: Where{Channel: "C1"}})
}

// The ends that a request may come to.
const (
	carriedOut = "asked approved started accepted succeeded"
	rejected   = "asked rejected"
	expired    = "asked expired"
	voided     = "asked voided"
)

// TestSimultaneousClicks: whatever comes together, one thing comes of it, and nothing is done
// twice. Each end that is possible comes about, else the race is none.
func TestSimultaneousClicks(t *testing.T) {
	for _, test := range []struct {
		name       string
		contenders func(a *arena, id string) []func()
		ends       []string
	}{
		{"approve and approve", func(a *arena, id string) []func() {
			return []func(){func() { a.clicks("ANN", "approve", id) }, func() { a.clicks("ABE", "approve", id) }}
		}, []string{carriedOut}},
		{"a double click", func(a *arena, id string) []func() {
			click := func() { a.clicks("ANN", "approve", id) }
			return []func(){click, click}
		}, []string{carriedOut}},
		{"approve and reject", func(a *arena, id string) []func() {
			return []func(){func() { a.clicks("ANN", "approve", id) }, func() { time.Sleep(a.moment()); a.submits("ABE", "reject", id, "no") }}
		}, []string{carriedOut, rejected}},
		{"approve and expire", func(a *arena, id string) []func() {
			operation, _ := a.stream.Operation(id)
			time.Sleep(time.Until(parseTerms(operation.First.Result).expires) - 4*time.Millisecond)
			return []func(){func() { time.Sleep(a.moment()); a.clicks("ANN", "approve", id) }, func() {
				time.Sleep(4 * time.Millisecond)
				a.runner.tend(a.t.Context(), operation, map[string]time.Time{})
			}}
		}, []string{carriedOut, expired}},
		{"approve and drift", func(a *arena, id string) []func() {
			return []func(){func() { a.clicks("ANN", "approve", id) }, func() {
				time.Sleep(a.moment())
				a.fleet.set("arn:prod/api", func(s *fleet.Service) { s.Desired++ })
			}}
		}, []string{carriedOut, voided}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := newArena(t)
				ends := map[string]int{}
				for round := range rounds() {
					id, before := a.asked(), a.fleet.restarts
					var group sync.WaitGroup
					for _, contender := range test.contenders(a, id) {
						group.Go(contender)
					}
					group.Wait()
					a.finish("arn:prod/api")
					end := eventsOf(a.record.take(), id)
					ends[end]++
					if done := strings.Count(end, "started"); a.fleet.restarts-before != done {
						t.Fatalf("round %d: %s, and %d restarts", round, end, a.fleet.restarts-before)
					}
				}
				for _, end := range test.ends {
					if ends[end] < rounds()/100 {
						t.Errorf("ended %q only %d times", end, ends[end])
					}
					delete(ends, end)
				}
				if len(ends) > 0 {
					t.Errorf("ended otherwise: %v", ends)
				}
			})
		})
	}
}

// TestAHoldAndAStart: where a hold stands in the ledger, nobody else's change begins after it.
func TestAHoldAndAStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newArena(t)
		started, stopped := 0, 0
		for round := range rounds() {
			before := a.fleet.restarts
			var group sync.WaitGroup
			group.Go(func() {
				time.Sleep(a.moment())
				a.asksOnceMore("BOB", fmt.Sprint("hold ", round), "hold staging api 1h")
			})
			group.Go(func() { a.asksOnceMore("ALICE", fmt.Sprint("restart ", round), "restart staging api") })
			group.Wait()
			isHeld, begun := false, 0
			for _, entry := range a.record.take() {
				switch {
				case entry.Action == "hold" && entry.Event == ledger.Accepted:
					isHeld = true
				case entry.Action == "restart" && entry.Event == ledger.Started:
					begun++
					if isHeld {
						t.Fatalf("round %d: begun while it was held", round)
					}
				}
			}
			if a.fleet.restarts-before != begun || !isHeld {
				t.Fatalf("round %d: begun %d times, %d restarts, held %v", round, begun, a.fleet.restarts-before, isHeld)
			}
			started += begun
			stopped += 1 - begun
			if begun > 0 {
				a.finish("arn:staging/api")
			}
			a.asksOnceMore("BOB", fmt.Sprint("release ", round), "release staging")
			a.record.take()
		}
		if started < rounds()/100 || stopped < rounds()/100 {
			t.Errorf("%d begun, %d stopped: no race", started, stopped)
		}
	})
}

// asksOnceMore is asked side by side with others, so that it needs an ID of its own.
func (a *arena) asksOnceMore(user, id, text string) {
	a.world.asks(Request{ID: id, Actor: authz.Actor{Team: "T1", User: user}, Text: text})
}

func eventsOf(entries []ledger.Entry, operation string) string {
	var its []ledger.Entry
	for _, entry := range entries {
		if entry.Operation == operation {
			its = append(its, entry)
		}
	}
	return events(its)
}
