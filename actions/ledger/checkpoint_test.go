package ledger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/actions/ledger/ledgertest"
	"ecsbot/authz"
)

// metered counts how many lines are read.
type metered struct {
	*ledgertest.Memory
	read int
}

func (c *metered) Read(ctx context.Context, after int64, limit int) ([]string, error) {
	lines, err := c.Memory.Read(ctx, after, limit)
	c.read += len(lines)
	return lines, err
}

// fill writes reads, and returns when they are stored.
func fill(t *testing.T, stream *ledger.Stream, from, count int) {
	t.Helper()
	var group sync.WaitGroup
	for number := range count {
		group.Go(func() { appendOne(t, stream, entry(fmt.Sprint("read", from+number), ledger.Read)) })
	}
	group.Wait()
}

func TestAStartReadsFromTheCheckpointOn(t *testing.T) {
	for _, key := range []ledger.Key{nil, ledger.Key("a key for tests")} {
		keeper := &metered{Memory: &ledgertest.Memory{}}
		options := ledger.Options{Key: key, Checkpoints: keeper}
		stream := open(t, keeper, options)
		for _, event := range []ledger.Event{ledger.Asked, ledger.Approved, ledger.Approved, ledger.Started, ledger.Accepted} {
			appendOne(t, stream, entry("open", event))
		}
		appendOne(t, stream, entry("waiting", ledger.Asked))
		appendOne(t, stream, entry("ended", ledger.Started))
		appendOne(t, stream, entry("ended", ledger.Succeeded))
		fill(t, stream, 0, 2200)
		stream.Close(t.Context())

		keeper.read = 0
		again := open(t, keeper, options)
		if keeper.read > 1100 {
			t.Errorf("read %d of 2208 entries", keeper.read)
		}
		for _, id := range []string{"open", "waiting", "ended"} {
			want, wasOpen := stream.Operation(id)
			got, isOpen := again.Operation(id)
			if fmt.Sprint(got) != fmt.Sprint(want) || wasOpen != isOpen {
				t.Errorf("%s: got %v, want %v", id, got, want)
			}
		}
		_, err := again.Append(t.Context(), func(state *ledger.State) ([]ledger.Entry, error) {
			if id, busy := state.Busy("arn:open"); id != "open" || !busy {
				t.Errorf("busy %q", id)
			}
			if _, busy := state.Busy("arn:ended"); busy || !state.Begun("request-ended") || !state.Begun("request-waiting") || state.Begun("request-read1") {
				t.Error("what is remembered differs")
			}
			if got := state.Changes(authz.Actor{Team: "T1", User: "U1"}, time.Time{}); got != 2 {
				t.Errorf("%d changes", got)
			}
			return []ledger.Entry{entry("open", ledger.Succeeded)}, nil
		})
		if err != nil {
			t.Error(err)
		}
		text, _ := keeper.Checkpoint(t.Context())
		if _, err := (ledger.Proof{Key: key, Checkpoint: text}).Verify(t.Context(), keeper); err != nil {
			t.Error(err)
		}
	}
}

func TestAnOldLedgerGetsACheckpointWhenItIsOpened(t *testing.T) {
	keeper := &metered{Memory: &ledgertest.Memory{}}
	stream := open(t, keeper, ledger.Options{})
	fill(t, stream, 0, 1500)
	stream.Close(t.Context())
	open(t, keeper, ledger.Options{Checkpoints: keeper}).Close(t.Context())
	keeper.read = 0
	open(t, keeper, ledger.Options{Checkpoints: keeper})
	if keeper.read > 10 {
		t.Errorf("read %d entries", keeper.read)
	}
}

// withCheckpoint is a ledger with an open hold, 1,500 entries and a checkpoint. The hold's reason
// has what an encoder of JSON for web pages would write in another way.
func withCheckpoint(t *testing.T, key ledger.Key) *ledgertest.Memory {
	t.Helper()
	keeper := &ledgertest.Memory{}
	stream := open(t, keeper, ledger.Options{Key: key, Checkpoints: keeper})
	hold := entry("hold", ledger.Started)
	hold.Reason = "R&D <@U0BOB> \u2028"
	appendOne(t, stream, hold)
	appendOne(t, stream, entry("hold", ledger.Accepted))
	fill(t, stream, 0, 1500)
	stream.Close(t.Context())
	return keeper
}

// forge drops everything open from a checkpoint, and makes its digest fit.
func forge(t *testing.T, keeper *ledgertest.Memory, digest func([]byte) string) {
	t.Helper()
	text, err := keeper.Checkpoint(t.Context())
	if err != nil || len(text) == 0 {
		t.Fatalf("no checkpoint: %v", err)
	}
	var outer map[string]json.RawMessage
	var inner map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(text, &outer), json.Unmarshal(outer["checkpoint"], &inner)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(inner["steps"], []byte("hold")) {
		t.Fatal("the checkpoint has not the hold")
	}
	delete(inner, "steps")
	outer["checkpoint"], _ = json.Marshal(inner)
	outer["digest"], _ = json.Marshal(digest(outer["checkpoint"]))
	forged, _ := json.Marshal(outer)
	if err := keeper.KeepCheckpoint(t.Context(), forged); err != nil {
		t.Fatal(err)
	}
}

func TestAForgedCheckpointIsNotUsedWhereThereIsAKey(t *testing.T) {
	key := ledger.Key("a key for tests")
	keeper := withCheckpoint(t, key)
	forge(t, keeper, ledgertest.Digest)
	var doubts []error
	stream := open(t, keeper, ledger.Options{Key: key, Checkpoints: keeper, Doubt: func(err error) { doubts = append(doubts, err) }})
	if _, open := stream.Operation("hold"); !open {
		t.Error("the hold is gone")
	}
	if len(doubts) != 1 || !strings.Contains(doubts[0].Error(), "its checkpoint was not made with this key") {
		t.Errorf("told %v", doubts)
	}
	if _, open := open(t, keeper, ledger.Options{Key: key, Checkpoints: keeper}).Operation("hold"); !open {
		t.Error("the checkpoint was not mended")
	}
}

func TestAForgedCheckpointIsFoundByVerifying(t *testing.T) {
	keeper := withCheckpoint(t, nil)
	text, _ := keeper.Checkpoint(t.Context())
	if _, err := (ledger.Proof{Checkpoint: text}).Verify(t.Context(), keeper); err != nil {
		t.Fatal(err)
	}
	forge(t, keeper, ledgertest.Digest)
	text, _ = keeper.Checkpoint(t.Context())
	if _, err := (ledger.Proof{Checkpoint: text}).Verify(t.Context(), keeper); err == nil || !strings.Contains(err.Error(), "says something else than the entries") {
		t.Errorf("got %v", err)
	}
}

func TestACheckpointThatIsNotWholeIsNotUsed(t *testing.T) {
	for name, text := range map[string]string{
		"half of it":     `{"checkpoint":{"format":1,`,
		"another digest": `{"checkpoint":{"format":1,"seq":3},"digest":"x"}`,
		"a newer format": `{"checkpoint":{"format":99},"digest":"` + ledgertest.Digest([]byte(`{"format":99}`)) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			keeper := withCheckpoint(t, nil)
			if err := keeper.KeepCheckpoint(t.Context(), []byte(text)); err != nil {
				t.Fatal(err)
			}
			var doubts []error
			stream := open(t, keeper, ledger.Options{Checkpoints: keeper, Doubt: func(err error) { doubts = append(doubts, err) }})
			if _, open := stream.Operation("hold"); !open || len(doubts) != 1 {
				t.Errorf("open %v, told %v", open, doubts)
			}
		})
	}
}

func TestAnEndThatWasCutOffIsKnownToTheCheckpoint(t *testing.T) {
	keeper := withCheckpoint(t, nil)
	text, _ := keeper.Checkpoint(t.Context())
	keeper.Cut(1000)
	if _, err := ledger.Open(t.Context(), keeper, ledger.Options{Now: time.Now, Checkpoints: keeper}); err == nil || !strings.Contains(err.Error(), "entries were removed or replaced") {
		t.Errorf("opened with %v", err)
	}
	var bad *ledger.BadLine
	if _, err := (ledger.Proof{Checkpoint: text}).Verify(t.Context(), keeper); !errors.As(err, &bad) || bad.Seq != 503 {
		t.Errorf("verified with %v", err)
	}
}

func TestEveryProcessComesToTheSameState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeper := &ledgertest.Memory{}
		options := ledger.Options{Shared: true, Checkpoints: keeper, Key: ledger.Key("a key for tests")}
		var group sync.WaitGroup
		for process := range 3 {
			stream := open(t, keeper, options)
			group.Go(func() {
				for round := range 1500 { // over three hours: what is remembered for one is forgotten
					id := fmt.Sprintf("%d-%d", process, round)
					one := entry(id, ledger.Started)
					one.Request = fmt.Sprintf("click-%d", round/2) // others click too, and again later
					if _, err := appendOne(t, stream, one); err == nil && round%5 > 0 {
						appendOne(t, stream, entry(id, ledger.Failed))
					}
					time.Sleep(time.Duration(process+7) * time.Second)
				}
			})
		}
		group.Wait()
		text, err := keeper.Checkpoint(t.Context())
		if err != nil || len(text) == 0 {
			t.Fatalf("no checkpoint: %v", err)
		}
		if _, err := (ledger.Proof{Key: options.Key, Checkpoint: text}).Verify(t.Context(), keeper); err != nil {
			t.Error(err)
		}
	})
}
