package actions

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/actions/ledger/ledgertest"
)

// failing are leases that cannot be read or swapped while a test says so.
type failing struct {
	Leases
	mutex sync.Mutex
	reads error
	swaps error
}

func (f *failing) fail(reads, swaps error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.reads, f.swaps = reads, swaps
}

func (f *failing) Lease(ctx context.Context, name string) (ledger.Lease, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.reads != nil {
		return ledger.Lease{}, f.reads
	}
	return f.Leases.Lease(ctx, name)
}

func (f *failing) Swap(ctx context.Context, name string, was, next ledger.Lease) (bool, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.swaps != nil {
		return false, f.swaps
	}
	return f.Leases.Swap(ctx, name, was, next)
}

// onLeases is a replica that runs on leases which can fail, until stop.
func onLeases(t *testing.T, leases Leases, notes *notebook) (replica *Replica, stop func()) {
	t.Helper()
	replica = NewReplica(leases, func() string { return "me" }, slog.New(slog.NewTextHandler(notes, nil)))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		replica.Run(ctx, func(ctx context.Context, _ func() bool) { <-ctx.Done() })
	}()
	stopped := sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stopped)
	return replica, stopped
}

func TestAReplicaWhoseLeasesFailActsOnNoneAndTriesAgain(t *testing.T) {
	for name, trouble := range map[string]struct{ reads, swaps error }{"reading": {reads: errAway}, "renewing": {swaps: errAway}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				leases, notes := &failing{Leases: &ledgertest.Memory{}}, &notebook{}
				leases.fail(trouble.reads, trouble.swaps)
				replica, _ := onLeases(t, leases, notes)
				time.Sleep(time.Minute)
				if replica.own("me") == Firm || replica.care.isHeld() || !notes.has("a lease could not be renewed; trying again") {
					t.Error("it acts on leases that it does not have")
				}
				leases.fail(nil, nil)
				time.Sleep(2 * leaseBeat)
				synctest.Wait()
				if replica.own("me") != Firm || !replica.care.isHeld() {
					t.Error("it did not try again")
				}
				leases.fail(trouble.reads, trouble.swaps)
				time.Sleep(leaseGrip + leaseBeat)
				if replica.own("me") == Firm || replica.care.isHeld() {
					t.Error("it goes on acting on what it cannot renew")
				}
			})
		})
	}
}

func TestALeaseThatSomebodyElseSwappedIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &ledgertest.Memory{}
		replica, _ := onLeases(t, store, &notebook{})
		time.Sleep(time.Second)
		if !replica.care.isHeld() {
			t.Fatal("it is not the caretaker")
		}
		was, err := store.Lease(t.Context(), caretakerLease)
		if err != nil {
			t.Fatal(err)
		}
		if swapped, err := store.Swap(t.Context(), caretakerLease, was, ledger.Lease{Holder: "other", Beat: 1}); err != nil || !swapped {
			t.Fatal(swapped, err)
		}
		if err := replica.care.renew(t.Context(), "me"); err != nil || replica.care.isHeld() { // on what it had seen
			t.Errorf("it is still held: %v", err)
		}
	})
}

func TestWhoCannotBeCountedIsNotGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leases, notes := &failing{Leases: &ledgertest.Memory{}}, &notebook{}
		replica, stop := onLeases(t, leases, notes)
		time.Sleep(time.Second)
		leases.fail(errAway, nil)
		if replica.isGone(t.Context(), "another") || !notes.has("replicas cannot be counted") {
			t.Error("somebody counts as gone though nobody could look")
		}
		if _, err := replica.Count(t.Context()); err == nil {
			t.Error("counted")
		}
		leases.fail(nil, errAway)
		stop()
		if !notes.has("a lease could not be given back") {
			t.Error("the log does not say so")
		}
	})
}

func TestTheOnlyReplicaIsOneAndTheCaretaker(t *testing.T) {
	replica := NewReplica(nil, func() string { return "me" }, slog.New(slog.DiscardHandler))
	if count, err := replica.Count(t.Context()); count != 1 || err != nil {
		t.Errorf("%d, %v", count, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	worked := false
	replica.Run(ctx, func(_ context.Context, still func() bool) {
		worked = still()
		cancel()
		if still() {
			t.Error("it goes on after the end")
		}
	})
	if !worked || !replica.isGone(t.Context(), "another") {
		t.Error("it is not the caretaker")
	}
}
