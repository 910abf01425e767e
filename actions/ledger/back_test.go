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
	if keeper.most > 500 || keeper.reads != 7 { // 16, 32, … 256, 500 and the rest
		t.Errorf("%d reads of up to %d", keeper.reads, keeper.most)
	}

	keeper.reads, keeper.most, seen = 0, 0, nil
	_ = stream.Back(t.Context(), func(entry ledger.Entry) bool { seen = append(seen, entry.Seq); return len(seen) < 3 })
	if len(seen) != 3 || keeper.reads != 1 || keeper.most > 16 {
		t.Errorf("read on after it was told to stop: %d entries, %d reads of up to %d", len(seen), keeper.reads, keeper.most)
	}

	keeper.err = errors.New("away")
	if err := stream.Back(t.Context(), func(ledger.Entry) bool { return true }); err == nil {
		t.Error("no error from a keeper that is away")
	}
}
