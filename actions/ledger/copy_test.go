package ledger_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/actions/ledger/ledgertest"
)

// limited takes so many batches and then no more.
type limited struct {
	*ledgertest.Memory
	left int
}

var errFull = errors.New("full")

func (l *limited) Put(ctx context.Context, first int64, lines []string) error {
	if l.left--; l.left < 0 {
		return errFull
	}
	return l.Memory.Put(ctx, first, lines)
}

// TestACopyThatWasCutOffIsGoneOnWith cuts a copy off after every batch in turn.
func TestACopyThatWasCutOffIsGoneOnWith(t *testing.T) {
	source := &ledgertest.Memory{}
	stream, err := ledger.Open(t.Context(), source, ledger.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	const entries = 2100
	fill(t, stream, 0, entries)
	stream.Close(t.Context())
	want, err := source.Read(t.Context(), 0, entries+1)
	if err != nil || len(want) != entries {
		t.Fatalf("%d entries, %v", len(want), err)
	}
	target := &limited{Memory: &ledgertest.Memory{}}
	calls := 0
	for err = errFull; errors.Is(err, errFull); calls++ {
		target.left = 1
		_, err = ledger.Copy(t.Context(), source, target, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, err := target.Read(t.Context(), 0, entries+1); err != nil || !slices.Equal(got, want) {
		t.Errorf("%d lines that differ, or %v", len(got), err)
	}
	if calls < entries/100 {
		t.Errorf("only %d calls: nothing was cut off", calls)
	}
}
