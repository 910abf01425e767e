// Package ledgertest is the conformance suite of the ledger's keepers: what every keeper does
// alike. A keeper passes it before anything is built on it.
package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"ecsbot/actions/ledger"
)

// Run holds a keeper to the rules. open gives a new, empty one.
func Run(t *testing.T, open func(t *testing.T) ledger.Store) {
	t.Run("an empty keeper has nothing", func(t *testing.T) {
		if got := read(t, open(t), 0, 10); len(got) != 0 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("what was put is read in order, from where one likes", func(t *testing.T) {
		keeper := open(t)
		put(t, keeper, 1, "a", "b")
		put(t, keeper, 3, "c")
		for _, test := range []struct {
			after int64
			limit int
			want  []string
		}{{0, 10, []string{"a", "b", "c"}}, {1, 10, []string{"b", "c"}}, {0, 2, []string{"a", "b"}}, {3, 10, nil}} {
			if got := read(t, keeper, test.after, test.limit); !slices.Equal(got, test.want) {
				t.Errorf("after %d: %v, want %v", test.after, got, test.want)
			}
		}
	})
	t.Run("a number that is taken refuses the batch, whole", func(t *testing.T) {
		keeper := open(t)
		put(t, keeper, 1, "a", "b")
		if err := keeper.Put(t.Context(), 2, []string{"x", "y"}); !errors.Is(err, ledger.ErrTaken) {
			t.Errorf("got %v, want ErrTaken", err)
		}
		if got := read(t, keeper, 0, 10); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("left %v", got)
		}
	})
	t.Run("no batch leaves a gap", func(t *testing.T) {
		keeper := open(t)
		put(t, keeper, 1, "a")
		if err := keeper.Put(t.Context(), 3, []string{"c"}); err == nil || errors.Is(err, ledger.ErrTaken) {
			t.Errorf("got %v", err)
		}
		if got := read(t, keeper, 0, 10); !slices.Equal(got, []string{"a"}) {
			t.Errorf("left %v", got)
		}
	})
	t.Run("of many at once one wins each number", func(t *testing.T) { race(t, open(t)) })
	t.Run("an ended context stores nothing", func(t *testing.T) {
		keeper := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := keeper.Put(ctx, 1, []string{"a"}); err == nil {
			t.Error("no error")
		}
		if got := read(t, keeper, 0, 10); len(got) != 0 {
			t.Errorf("stored %v", got)
		}
	})
	leases(t, open)
	cursors(t, open)
	checkpoints(t, open)
}

func race(t *testing.T, keeper ledger.Keeper) {
	const writers, numbers = 8, 20
	wins := make([]int, numbers+1)
	var mutex sync.Mutex
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			for number := 1; number <= numbers; number++ {
				err := keeper.Put(t.Context(), int64(number), []string{fmt.Sprintf("%d by %d", number, writer)})
				switch {
				case err == nil:
					mutex.Lock()
					wins[number]++
					mutex.Unlock()
				case !errors.Is(err, ledger.ErrTaken):
					t.Errorf("number %d: %v", number, err)
				}
			}
		})
	}
	group.Wait()
	for number := 1; number <= numbers; number++ {
		if wins[number] != 1 {
			t.Errorf("number %d was won %d times", number, wins[number])
		}
	}
	if got := read(t, keeper, 0, 100); len(got) != numbers {
		t.Errorf("%d lines, want %d", len(got), numbers)
	}
}

func put(t *testing.T, keeper ledger.Keeper, first int64, lines ...string) {
	t.Helper()
	if err := keeper.Put(t.Context(), first, lines); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, keeper ledger.Keeper, after int64, limit int) []string {
	t.Helper()
	lines, err := keeper.Read(t.Context(), after, limit)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}
