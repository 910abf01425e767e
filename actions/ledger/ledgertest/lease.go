package ledgertest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"ecsbot/actions/ledger"
)

func leases(t *testing.T, open func(t *testing.T) ledger.Store) {
	t.Run("a lease that nobody has taken is held by nobody", func(t *testing.T) {
		wantLease(t, open(t), "watch", ledger.Lease{})
	})
	t.Run("a lease is swapped by whoever knows it, and by nobody else", func(t *testing.T) {
		store := open(t)
		one, two := ledger.Lease{Holder: "one", Beat: 1}, ledger.Lease{Holder: "two", Beat: 1}
		wantSwap(t, store, ledger.Lease{}, one, true)
		wantSwap(t, store, ledger.Lease{}, two, false)
		wantSwap(t, store, ledger.Lease{Holder: "one", Beat: 2}, two, false)
		wantSwap(t, store, ledger.Lease{Holder: "two", Beat: 1}, two, false)
		wantLease(t, store, "watch", one)
		wantSwap(t, store, one, ledger.Lease{Holder: "one", Beat: 2}, true)
		wantSwap(t, store, one, two, false)
		wantLease(t, store, "watch", ledger.Lease{Holder: "one", Beat: 2})
		wantLease(t, store, "another", ledger.Lease{})
	})
	t.Run("a lease that was given back can be taken", func(t *testing.T) {
		store := open(t)
		one := ledger.Lease{Holder: "one", Beat: 7}
		wantSwap(t, store, ledger.Lease{}, one, true)
		wantSwap(t, store, one, ledger.Lease{}, true)
		wantLease(t, store, "watch", ledger.Lease{})
		wantSwap(t, store, one, ledger.Lease{Holder: "one", Beat: 8}, false)
		wantSwap(t, store, ledger.Lease{}, ledger.Lease{Holder: "two", Beat: 1}, true)
	})
	t.Run("of many at once one gets each lease", func(t *testing.T) { raceForLeases(t, open(t)) })
}

func raceForLeases(t *testing.T, store ledger.Store) {
	const processes, rounds = 8, 10
	var wins [rounds]atomic.Int64
	var group sync.WaitGroup
	for process := range processes {
		group.Go(func() {
			for round := range rounds {
				mine := ledger.Lease{Holder: fmt.Sprint(process), Beat: 1}
				won, err := store.Swap(t.Context(), fmt.Sprint("lease", round), ledger.Lease{}, mine)
				if err != nil {
					t.Error(err)
				}
				if won {
					wins[round].Add(1)
				}
			}
		})
	}
	group.Wait()
	for round := range wins {
		if count := wins[round].Load(); count != 1 {
			t.Errorf("lease %d was won %d times", round, count)
		}
	}
}

func cursors(t *testing.T, open func(t *testing.T) ledger.Store) {
	t.Run("a cursor is kept, and moves forward only", func(t *testing.T) {
		store := open(t)
		for _, move := range []struct{ to, want int64 }{{0, 0}, {5, 5}, {7, 7}, {6, 7}} {
			if err := store.MoveCursor(t.Context(), "audit", move.to); err != nil {
				t.Fatal(err)
			}
			if seq, err := store.Cursor(t.Context(), "audit"); err != nil || seq != move.want {
				t.Errorf("moved to %d: %d %v, want %d", move.to, seq, err, move.want)
			}
		}
		if seq, err := store.Cursor(t.Context(), "another"); err != nil || seq != 0 {
			t.Errorf("another cursor: %d %v", seq, err)
		}
	})
}

func wantLease(t *testing.T, store ledger.Store, name string, want ledger.Lease) {
	t.Helper()
	if got, err := store.Lease(t.Context(), name); err != nil || got != want {
		t.Errorf("lease %s: %+v %v, want %+v", name, got, err, want)
	}
}

func wantSwap(t *testing.T, store ledger.Store, was, next ledger.Lease, want bool) {
	t.Helper()
	if got, err := store.Swap(t.Context(), "watch", was, next); err != nil || got != want {
		t.Errorf("%+v to %+v: %v %v, want %v", was, next, got, err, want)
	}
}
