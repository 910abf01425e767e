package ledgertest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"ecsbot/actions/ledger"
)

// RunShared holds a keeper for several processes to what two of them see of each other. open
// gives two on the same new, empty ledger.
func RunShared(t *testing.T, open func(t *testing.T) (one, two ledger.Store)) {
	t.Run("one reads at once what the other put", func(t *testing.T) {
		one, two := open(t)
		put(t, one, 1, "a", "b")
		if got := read(t, two, 0, 10); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("got %v", got)
		}
		put(t, two, 3, "c")
		if got := read(t, one, 2, 10); !slices.Equal(got, []string{"c"}) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("no batch begins inside another, whoever put it", func(t *testing.T) {
		one, two := open(t)
		put(t, one, 1, "a", "b", "c")
		for first := int64(1); first <= 3; first++ {
			if err := two.Put(t.Context(), first, []string{"x", "y"}); !errors.Is(err, ledger.ErrTaken) {
				t.Errorf("entry %d: got %v, want ErrTaken", first, err)
			}
		}
		if err := two.Put(t.Context(), 5, []string{"x"}); err == nil || errors.Is(err, ledger.ErrTaken) {
			t.Errorf("a gap: got %v", err)
		}
		put(t, two, 4, "d")
		if got := read(t, one, 0, 10); !slices.Equal(got, []string{"a", "b", "c", "d"}) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("a reader may begin anywhere, in the midst of a batch too", func(t *testing.T) {
		one, two := open(t)
		var all []string
		for _, size := range []int{1, 100, 3, 100, 100, 2} {
			batch := make([]string, size)
			for i := range batch {
				batch[i] = fmt.Sprint(len(all) + i + 1)
			}
			put(t, one, int64(len(all)+1), batch...)
			all = append(all, batch...)
		}
		for _, after := range []int{0, 1, 2, 99, 100, 101, 102, 103, 104, 203, 204, 205, 305, 306} {
			for _, limit := range []int{1, 50, 101, 1000} {
				want := all[after:min(after+limit, len(all))]
				if got := read(t, two, int64(after), limit); !slices.Equal(got, want) {
					t.Errorf("after %d, at most %d: got %v", after, limit, got)
				}
			}
		}
	})
	t.Run("a lease and a cursor are the same for both", func(t *testing.T) {
		one, two := open(t)
		held := ledger.Lease{Holder: "one", Beat: 1}
		wantSwap(t, one, ledger.Lease{}, held, true)
		wantSwap(t, two, ledger.Lease{}, ledger.Lease{Holder: "two", Beat: 1}, false)
		wantLease(t, two, "watch", held)
		wantSwap(t, two, held, ledger.Lease{Holder: "two", Beat: 2}, true)
		wantSwap(t, one, held, ledger.Lease{Holder: "one", Beat: 2}, false)
		if err := two.MoveCursor(t.Context(), "audit", 9); err != nil {
			t.Fatal(err)
		}
		if err := one.MoveCursor(t.Context(), "audit", 8); err != nil {
			t.Fatal(err)
		}
		if seq, err := one.Cursor(t.Context(), "audit"); err != nil || seq != 9 {
			t.Errorf("cursor %d %v", seq, err)
		}
	})
}
