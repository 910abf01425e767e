package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/actions/ledger/ledgertest"
)

// counting is a keeper that says how much was read of it at a time.
type counting struct {
	*ledgertest.Memory
	most, reads int
	err         error
}

func (c *counting) Read(ctx context.Context, after int64, limit int) ([]string, error) {
	c.most, c.reads = max(c.most, limit), c.reads+1
	lines, err := c.Memory.Read(ctx, after, limit)
	return lines, errors.Join(err, c.err)
}

func TestTheStreamIsReadBackwardsInPagesAndOnlyAsFarAsWanted(t *testing.T) {
	keeper := &counting{Memory: &ledgertest.Memory{}}
	stream, err := ledger.Open(t.Context(), keeper, ledger.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close(context.Background())
	const all = 1200
	for number := range all {
		if err := stream.Record(ledger.Entry{Operation: fmt.Sprint(number), Event: ledger.Read}); err != nil {
			t.Fatal(err)
		}
	}
	if err := stream.Wait(t.Context(), all-1); err != nil {
		t.Fatal(err)
	}

	var seen []int64
	keeper.most, keeper.reads = 0, 0
	if err := stream.Back(t.Context(), func(entry ledger.Entry) bool { seen = append(seen, entry.Seq); return true }); err != nil {
		t.Fatal(err)
	}
	if len(seen) != all || seen[0] != all || seen[all-1] != 1 || !slices.IsSortedFunc(seen, func(a, b int64) int { return int(b - a) }) {
		t.Errorf("saw %d entries from %d to %d", len(seen), seen[0], seen[len(seen)-1])
	}
	if keeper.most != 500 || keeper.reads != 7 { // 16, 32, … 256, 500 and the rest
		t.Errorf("%d reads of up to %d", keeper.reads, keeper.most)
	}

	for _, test := range []struct{ wanted, reads int }{{3, 0}, {64, 0}, {130, 1}} { // the last are in memory
		keeper.reads, keeper.most, seen = 0, 0, nil
		_ = stream.Back(t.Context(), func(entry ledger.Entry) bool { seen = append(seen, entry.Seq); return len(seen) < test.wanted })
		if len(seen) != test.wanted || (keeper.reads == 0) != (test.reads == 0) || keeper.most > 64 {
			t.Errorf("%d entries of %d, %d reads of up to %d", len(seen), test.wanted, keeper.reads, keeper.most)
		}
	}

	keeper.err = errors.New("away")
	if err := stream.Back(t.Context(), func(ledger.Entry) bool { return true }); err == nil {
		t.Error("no error from a keeper that is away")
	}
}

// What could not be stored is not among the last, and what others have stored is, in its place.
func TestTheLastEntriesAreThoseThatAreStored(t *testing.T) {
	keeper := &ledgertest.Memory{}
	mine, other := open(t, keeper, ledger.Options{Shared: true}), open(t, keeper, ledger.Options{Shared: true})
	for _, step := range []struct {
		stream *ledger.Stream
		name   string
		err    error
	}{{mine, "first", nil}, {other, "second", nil}, {mine, "lost", errors.New("away")}, {mine, "third", nil}} {
		keeper.Break(step.err)
		if _, err := appendOne(t, step.stream, entry(step.name, ledger.Read)); (err != nil) != (step.err != nil) {
			t.Fatalf("%s: %v", step.name, err)
		}
	}
	if seen := backwards(t, mine); !slices.Equal(seen, []string{"third", "second", "first"}) {
		t.Errorf("seen %q", seen)
	}
}

// backwards are the operations of a stream's entries, the newest first.
func backwards(t *testing.T, stream *ledger.Stream) (seen []string) {
	t.Helper()
	if err := stream.Back(t.Context(), func(entry ledger.Entry) bool { seen = append(seen, entry.Operation); return true }); err != nil {
		t.Fatal(err)
	}
	return seen
}

// gap is a keeper that lacks a line once it is told to.
type gap struct {
	*ledgertest.Memory
	isOpen bool
}

func (g *gap) Read(ctx context.Context, after int64, limit int) ([]string, error) {
	lines, err := g.Memory.Read(ctx, after, limit)
	if g.isOpen && len(lines) > 3 {
		lines = slices.Delete(lines, 3, 4)
	}
	return lines, err
}

// Up to where the chain is broken, the last entries are in their places.
func TestTheLastEntriesEndWhereTheChainIsBroken(t *testing.T) {
	keeper := &gap{Memory: &ledgertest.Memory{}}
	mine, other := open(t, keeper, ledger.Options{Shared: true}), open(t, keeper.Memory, ledger.Options{Shared: true})
	for _, name := range []string{"mine", "one", "two", "three", "four", "five", "six"} {
		stream := other
		if name == "mine" {
			stream = mine
		}
		if _, err := appendOne(t, stream, entry(name, ledger.Read)); err != nil {
			t.Fatal(err)
		}
	}
	keeper.isOpen = true
	if err := mine.Refresh(t.Context()); err == nil {
		t.Error("a missing entry was not noticed")
	}
	if seen := backwards(t, mine); !slices.Equal(seen, []string{"three", "two", "one", "mine"}) || mine.Head().Seq != 4 {
		t.Errorf("seen %q up to %d", seen, mine.Head().Seq)
	}
}
