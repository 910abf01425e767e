package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/actions/ledger/ledgertest"
)

// slow is a keeper whose first Put is answered with an error, and lands a while later.
type slow struct {
	ledgertest.Memory
	once sync.Once
	by   time.Duration
}

func (s *slow) Put(ctx context.Context, first int64, lines []string) error {
	err := errors.New("no answer")
	late := false
	s.once.Do(func() {
		late = true
		time.AfterFunc(s.by, func() { s.Memory.Put(context.Background(), first, lines) })
	})
	if late {
		return err
	}
	return s.Memory.Put(ctx, first, lines)
}

func TestWhatLandsLateIsNotWrittenTwice(t *testing.T) {
	for _, shared := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			keeper := &slow{by: 500 * time.Millisecond}
			var copied bytes.Buffer
			stream := open(t, keeper, ledger.Options{Shared: shared, Copy: &copied})
			for number := range 3 {
				if err := stream.Record(entry(fmt.Sprint("read", number), ledger.Read)); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(200 * time.Millisecond)
			if err := stream.Record(entry("later", ledger.Read)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			lines, err := keeper.Read(t.Context(), 0, 10)
			if err != nil || len(lines) != 4 || !strings.Contains(lines[3], `"later"`) {
				t.Errorf("kept %v %v", lines, err)
			}
			if copied.String() != strings.Join(lines, "\n")+"\n" {
				t.Errorf("copied %s", copied.String())
			}
			if err := ledger.Verify(t.Context(), keeper, nil, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestABatchKeepsToWhatAKeeperTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeper := &widest{}
		stream := open(t, keeper, ledger.Options{})
		for number := range 40 {
			one := entry(fmt.Sprint("read", number), ledger.Read)
			one.Result = strings.Repeat("x", 30_000)
			if err := stream.Record(one); err != nil {
				t.Fatal(err)
			}
		}
		if err := stream.Wait(t.Context(), 39); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if keeper.most > 300<<10 || keeper.puts > 8 {
			t.Errorf("%d batches, the largest of %d bytes", keeper.puts, keeper.most)
		}
	})
}

type widest struct {
	ledgertest.Memory
	most, puts int
}

func (w *widest) Put(ctx context.Context, first int64, lines []string) error {
	w.most, w.puts = max(w.most, len(strings.Join(lines, ""))), w.puts+1
	return w.Memory.Put(ctx, first, lines)
}

func TestWhatIsTooLongIsRefusedBeforeAndShortenedAfterwards(t *testing.T) {
	keeper := &ledgertest.Memory{}
	stream := open(t, keeper, ledger.Options{})
	one := entry("op", ledger.Started)
	one.Arguments = map[string]string{"command": strings.Repeat("é", 50_000)}
	if _, err := appendOne(t, stream, one); !errors.Is(err, ledger.ErrTooLong) {
		t.Errorf("a change: %v", err)
	}
	one.Event, one.Reason = ledger.Refused, strings.Repeat("x", 100_000)
	if err := stream.Record(one); err != nil {
		t.Fatal(err)
	}
	if err := stream.Wait(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	lines, _ := keeper.Read(t.Context(), 0, 10)
	if len(lines) != 1 || len(lines[0]) > 10_000 || !strings.Contains(lines[0], "éé") || !strings.Contains(lines[0], "x…") {
		t.Errorf("kept %v", lines)
	}
	if err := ledger.Verify(t.Context(), keeper, nil, nil); err != nil {
		t.Error(err)
	}
}
