package actions

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/actions/ledger/ledgertest"
)

// stalling are leases in front of which one process can stand still, as SIGSTOP has it.
type stalling struct {
	Leases
	mutex   sync.Mutex
	stopped chan struct{} // nil while it goes on
}

func (s *stalling) wait() {
	s.mutex.Lock()
	stopped := s.stopped
	s.mutex.Unlock()
	if stopped != nil {
		<-stopped
	}
}

func (s *stalling) Lease(ctx context.Context, name string) (ledger.Lease, error) {
	s.wait()
	if err := ctx.Err(); err != nil {
		return ledger.Lease{}, err
	}
	return s.Leases.Lease(ctx, name)
}

func (s *stalling) Swap(ctx context.Context, name string, was, next ledger.Lease) (bool, error) {
	s.wait()
	return s.Leases.Swap(ctx, name, was, next)
}

func (s *stalling) stop() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.stopped = make(chan struct{})
}

func (s *stalling) goOn() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	close(s.stopped)
	s.stopped = nil
}

// crew are replicas on the same leases.
type crew struct {
	replicas []*Replica
	doors    []*stalling
	mutex    sync.Mutex
	serving  map[int]func() bool
	most     int // caretakers that could act at the same time
}

func newCrew(t *testing.T, count int) *crew {
	t.Helper()
	store := &ledgertest.Memory{}
	c := &crew{serving: map[int]func() bool{}}
	for number := range count {
		door := &stalling{Leases: store}
		names := 0
		replica := NewReplica(door, func() string {
			names++
			return fmt.Sprintf("replica-%d-%d", number, names)
		}, slog.New(slog.DiscardHandler))
		c.replicas, c.doors = append(c.replicas, replica), append(c.doors, door)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		t.Cleanup(func() { cancel(); <-done })
		go func() {
			defer close(done)
			replica.Run(ctx, func(ctx context.Context, still func() bool) { c.serve(ctx, number, still) })
		}()
	}
	return c
}

func (c *crew) serve(ctx context.Context, number int, still func() bool) {
	c.mutex.Lock()
	c.serving[number] = still
	c.mutex.Unlock()
	<-ctx.Done()
}

// acting are those who may act as the caretaker now.
func (c *crew) acting() []int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var acting []int
	for number, still := range c.serving {
		if still() {
			acting = append(acting, number)
		}
	}
	c.most = max(c.most, len(acting))
	return acting
}

// pass lets time pass and looks all the while.
func (c *crew) pass(duration time.Duration) []int {
	for end := time.Now().Add(duration); time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		c.acting()
	}
	return c.acting()
}

func TestOneReplicaIsTheCaretakerAndAnotherFollowsWithin15Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t, 3)
		first := c.pass(5 * time.Second)
		if len(first) != 1 {
			t.Fatalf("%d caretakers", len(first))
		}
		dead := first[0]
		gone := c.replicas[dead].Name()
		c.doors[dead].stop() // it neither renews nor reads any more
		defer c.doors[dead].goOn()
		second := c.pass(15 * time.Second)
		if len(second) != 1 || second[0] == dead || c.most > 1 {
			t.Fatalf("caretakers %v after %d, %d at a time", second, dead, c.most)
		}
		other := c.replicas[second[0]]
		if !other.isGone(t.Context(), gone) {
			t.Error("the dead one counts as alive")
		}
		for _, each := range c.replicas {
			if each != c.replicas[dead] && other.isGone(t.Context(), each.Name()) {
				t.Error("a living one counts as gone")
			}
		}
		if count, err := other.Count(t.Context()); count != 2 || err != nil {
			t.Errorf("%d replicas are counted, %v", count, err)
		}
	})
}

func TestAStalledReplicaDoesNotActOnWhatItHasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t, 2)
		stalled := c.pass(5 * time.Second)[0]
		name := c.replicas[stalled].Name()
		if c.replicas[stalled].own(name) != Firm {
			t.Fatal("it does not hold its place")
		}
		c.doors[stalled].stop()
		c.pass(leaseGrip + leaseBeat)
		if len(c.acting()) > 0 || c.replicas[stalled].own(name) == Firm {
			t.Error("it may still act, though it has not renewed")
		}
		c.pass(time.Minute)
		c.doors[stalled].goOn()
		after := c.pass(10 * time.Second)
		if len(after) != 1 || after[0] == stalled || c.most > 1 {
			t.Errorf("caretakers %v, %d at a time", after, c.most)
		}
		if c.replicas[stalled].own(name) != Lost || c.replicas[stalled].Name() == name {
			t.Error("it goes on under the name that it has lost")
		}
		if now := c.replicas[stalled].Name(); c.replicas[stalled].own(now) != Firm {
			t.Error("it has no new place")
		}
	})
}

func TestAReplicaThatLeavesLetsOthersHaveItsLeasesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &ledgertest.Memory{}
		run := func(name string) (*Replica, func()) {
			replica := NewReplica(store, func() string { return name }, slog.New(slog.DiscardHandler))
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				replica.Run(ctx, func(ctx context.Context, _ func() bool) { <-ctx.Done() })
			}()
			time.Sleep(time.Second)
			return replica, func() { cancel(); <-done }
		}
		one, stopOne := run("one")
		other, stopOther := run("other")
		defer stopOther()
		if one.own("one") != Firm || other.own("other") != Firm || other.care.isHeld() {
			t.Fatal("not as expected at first")
		}
		stopOne()
		time.Sleep(leaseBeat)
		if !other.care.isHeld() || !other.isGone(t.Context(), "one") {
			t.Error("the leases were not given back")
		}
	})
}

func TestMoreReplicasThanPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t, mostReplicas+1)
		c.pass(10 * time.Second)
		without := 0
		for _, each := range c.replicas {
			if each.own(each.Name()) != Firm {
				without++
			}
		}
		if without != 1 || c.most > 1 {
			t.Errorf("%d without a place, %d caretakers", without, c.most)
		}
	})
}

// What it begins without a place is followed by others at once. It must not follow it as well
// as soon as it has a place.
func TestWhatAReplicaBeganWithoutAPlaceStaysOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t, mostReplicas+1)
		c.pass(10 * time.Second)
		late := slices.IndexFunc(c.replicas, func(each *Replica) bool { return each.own(each.Name()) != Firm })
		name := c.replicas[late].Name()
		dead := (late + 1) % len(c.replicas)
		c.doors[dead].stop()
		defer c.doors[dead].goOn()
		c.pass(30 * time.Second)
		if now := c.replicas[late].Name(); c.replicas[late].own(now) != Firm || c.replicas[late].own(name) != Lost {
			t.Errorf("%s is %v and %s is %v", now, c.replicas[late].own(now), name, c.replicas[late].own(name))
		}
	})
}

func TestWhatEndsInAnotherProcessEndsOnTheSameCard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.approvals = "C0OPS"
		w.says("ALICE", "restart prod api")
		id := w.newest().Operation
		synctest.Wait()
		other, err := NewRunner(w.settings())
		if err != nil {
			t.Fatal(err)
		}
		defer other.Stop(context.Background())
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		other.Tend(ctx)
		if got := w.of(id); got != "asked expired" {
			t.Fatalf("events %s", got)
		}
		if cards := w.slack.places[id]; len(cards) != 2 || cards[1].Channel != "ALICE" { // the card, and the notice to whoever asked
			t.Errorf("posted at %v", cards)
		}
		if len(w.slack.edits) != 1 || w.slack.edits[0] != (Card{Channel: "C0OPS", Message: id}) {
			t.Errorf("edited %v", w.slack.edits)
		}
	})
}
