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
	"ecsbot/authz"
)

func TestConformanceOfTheFake(t *testing.T) {
	ledgertest.Run(t, func(*testing.T) ledger.Store { return &ledgertest.Memory{} })
}

func open(t *testing.T, keeper ledger.Keeper, options ledger.Options) *ledger.Stream {
	t.Helper()
	options.Now = time.Now
	stream, err := ledger.Open(t.Context(), keeper, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stream.Close(context.Background()) })
	return stream
}

func entry(operation string, event ledger.Event) ledger.Entry {
	return ledger.Entry{
		Operation: operation, Event: event, Actor: authz.Actor{Team: "T1", User: "U1"}, Action: "restart",
		Environment: "staging", Service: "api", Target: "arn:" + operation, Request: "request-" + operation,
	}
}

func appendOne(t *testing.T, stream *ledger.Stream, one ledger.Entry) (ledger.Entry, error) {
	t.Helper()
	entries, err := stream.Append(t.Context(), func(*ledger.State) ([]ledger.Entry, error) { return []ledger.Entry{one}, nil })
	if err != nil {
		return ledger.Entry{}, err
	}
	return entries[0], nil
}

func TestEntriesAreNumberedAndChained(t *testing.T) {
	var copied bytes.Buffer
	keeper := &ledgertest.Memory{}
	stream := open(t, keeper, ledger.Options{Copy: &copied, Key: ledger.Key("a key for tests")})
	prev := ledger.Genesis()
	for number, event := range []ledger.Event{ledger.Started, ledger.Accepted, ledger.Succeeded} {
		got, err := appendOne(t, stream, entry("op", event))
		if err != nil {
			t.Fatal(err)
		}
		if got.Seq != int64(number+1) || got.Step != number+1 || got.Prev != prev || len(got.Hash) != 64 || len(got.MAC) != 64 || got.Version != 1 {
			t.Errorf("entry %d: %+v", number+1, got)
		}
		prev = got.Hash
	}
	if lines, _ := keeper.Read(t.Context(), 0, 10); copied.String() != strings.Join(lines, "\n")+"\n" {
		t.Error("the second copy differs from what is kept")
	}
}

func TestStepsThatDoNotFollowAreRefused(t *testing.T) {
	for _, test := range []struct {
		name   string
		before []ledger.Event
		then   ledger.Event
	}{
		{"nothing is accepted that was not started", nil, ledger.Accepted},
		{"nothing starts twice", []ledger.Event{ledger.Started}, ledger.Started},
		{"nothing starts that waits for approval", []ledger.Event{ledger.Asked}, ledger.Started},
		{"nothing starts that was rejected", []ledger.Event{ledger.Asked, ledger.Rejected}, ledger.Started},
		{"nothing is approved that was rejected", []ledger.Event{ledger.Asked, ledger.Rejected}, ledger.Approved},
		{"nothing goes on that has ended", []ledger.Event{ledger.Started, ledger.Failed}, ledger.Succeeded},
		{"nothing is approved after its start", []ledger.Event{ledger.Asked, ledger.Approved, ledger.Started}, ledger.Approved},
		{"an event that nobody knows", nil, "dreamt"},
	} {
		t.Run(test.name, func(t *testing.T) {
			stream := open(t, &ledgertest.Memory{}, ledger.Options{})
			for _, event := range test.before {
				if _, err := appendOne(t, stream, entry("op", event)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := appendOne(t, stream, entry("op", test.then)); !errors.Is(err, ledger.ErrOrder) {
				t.Errorf("got %v, want ErrOrder", err)
			}
		})
	}
}

func TestARequestBeginsOneOperation(t *testing.T) {
	stream := open(t, &ledgertest.Memory{}, ledger.Options{})
	if _, err := appendOne(t, stream, entry("one", ledger.Started)); err != nil {
		t.Fatal(err)
	}
	second := entry("two", ledger.Started)
	second.Request = "request-one"
	if _, err := appendOne(t, stream, second); !errors.Is(err, ledger.ErrOrder) {
		t.Errorf("got %v, want ErrOrder", err)
	}
}

func TestTwoProcessesOnOneKeeperAgree(t *testing.T) {
	keeper := &ledgertest.Memory{}
	streams := []*ledger.Stream{open(t, keeper, ledger.Options{}), open(t, keeper, ledger.Options{})}
	const rounds = 50
	var started [rounds]int
	var mutex sync.Mutex
	var group sync.WaitGroup
	for number, stream := range streams {
		group.Go(func() {
			for round := range rounds {
				one := entry(fmt.Sprintf("op-%d-%d", number, round), ledger.Started)
				one.Request = fmt.Sprintf("click-%d", round)
				if _, err := appendOne(t, stream, one); err == nil {
					mutex.Lock()
					started[round]++
					mutex.Unlock()
				}
			}
		})
	}
	group.Wait()
	for round, count := range started {
		if count != 1 {
			t.Errorf("click %d started %d operations", round, count)
		}
	}
	if err := ledger.Verify(t.Context(), keeper, nil, nil); err != nil {
		t.Error(err)
	}
}

func TestWhileTheKeeperFailsChangesAreRefusedAndReadsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeper := &ledgertest.Memory{}
		var troubles []error
		stream := open(t, keeper, ledger.Options{Trouble: func(err error) { troubles = append(troubles, err) }})
		keeper.Break(errors.New("disk full"))
		if _, err := appendOne(t, stream, entry("op", ledger.Started)); !errors.Is(err, ledger.ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
		if err := stream.Record(entry("read", ledger.Read)); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if stream.Health() == nil {
			t.Error("healthy without a disk")
		}
		keeper.Break(nil)
		if err := stream.Wait(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		if lines, _ := keeper.Read(t.Context(), 0, 10); len(lines) != 1 || !strings.Contains(lines[0], `"read"`) {
			t.Errorf("kept %v", lines)
		}
		if _, err := appendOne(t, stream, entry("op", ledger.Started)); err != nil {
			t.Errorf("after the trouble: %v", err)
		}
		if len(troubles) != 2 || troubles[0] == nil || troubles[1] != nil || stream.Health() != nil {
			t.Errorf("told %v", troubles)
		}
	})
}

func TestWhileRecordsPileUpChangesAreRefusedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeper := &ledgertest.Memory{}
		stream := open(t, keeper, ledger.Options{})
		keeper.Break(errors.New("disk full"))
		for number := range 300 {
			if err := stream.Record(entry(fmt.Sprint("read", number), ledger.Read)); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		if _, err := appendOne(t, stream, entry("op", ledger.Started)); !errors.Is(err, ledger.ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("refused after %v", took)
		}
		keeper.Break(nil)
		if err := stream.Wait(t.Context(), 299); err != nil {
			t.Fatal(err)
		}
	})
}

// cutOff is a keeper that stores and then says that it did not.
type cutOff struct{ ledgertest.Memory }

func (c *cutOff) Put(ctx context.Context, first int64, lines []string) error {
	if err := c.Memory.Put(ctx, first, lines); err != nil {
		return err
	}
	return errors.New("the connection was cut")
}

func TestWhatWasStoredIsStoredWhateverTheKeeperSays(t *testing.T) {
	stream := open(t, &cutOff{}, ledger.Options{})
	for _, event := range []ledger.Event{ledger.Started, ledger.Accepted, ledger.Succeeded} {
		if _, err := appendOne(t, stream, entry("op", event)); err != nil {
			t.Errorf("%s: %v", event, err)
		}
	}
	if _, open := stream.Operation("op"); open {
		t.Error("the operation is still open")
	}
}

func TestSecretsAreTakenOutBeforeAnEntryIsHashed(t *testing.T) {
	keeper := &ledgertest.Memory{}
	stream := open(t, keeper, ledger.Options{Redact: func(text string) string { return strings.ReplaceAll(text, "hunter2", "***") }})
	one := entry("op", ledger.Refused)
	one.Reason, one.Service, one.Arguments = "parse: hunter2", "hunter2", map[string]string{"x": "hunter2"}
	if _, err := appendOne(t, stream, one); err != nil {
		t.Fatal(err)
	}
	if lines, _ := keeper.Read(t.Context(), 0, 1); strings.Contains(lines[0], "hunter2") || !strings.Contains(lines[0], "***") {
		t.Errorf("kept %s", lines[0])
	}
	if err := ledger.Verify(t.Context(), keeper, nil, nil); err != nil {
		t.Error(err)
	}
}

func TestADecisionIsNotStoredForSomebodyWhoLeft(t *testing.T) {
	stream := open(t, &ledgertest.Memory{}, ledger.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := stream.Append(ctx, func(*ledger.State) ([]ledger.Entry, error) { return []ledger.Entry{entry("op", ledger.Started)}, nil })
	if err == nil {
		t.Error("stored")
	}
}

func TestTamperingIsFound(t *testing.T) {
	fill := func(t *testing.T) *ledgertest.Memory {
		keeper := &ledgertest.Memory{}
		stream := open(t, keeper, ledger.Options{})
		for number := range 5 {
			if _, err := appendOne(t, stream, entry(fmt.Sprint("op", number), ledger.Read)); err != nil {
				t.Fatal(err)
			}
		}
		return keeper
	}
	for name, change := range map[string]func(string) string{
		"a changed word":  func(line string) string { return strings.Replace(line, "staging", "prod", 1) },
		"an added field":  func(line string) string { return strings.Replace(line, `"v":1`, `"v":1,"x":1`, 1) },
		"a space":         func(line string) string { return strings.Replace(line, `:`, `: `, 1) },
		"cut in the half": func(line string) string { return line[:len(line)/2] },
		"another line":    func(string) string { return `{}` },
	} {
		t.Run(name, func(t *testing.T) {
			keeper := fill(t)
			keeper.Change(3, change)
			var bad *ledger.BadLine
			if err := ledger.Verify(t.Context(), keeper, nil, nil); !errors.As(err, &bad) || bad.Seq != 3 {
				t.Errorf("got %v, want entry 3", err)
			}
			if _, err := ledger.Open(t.Context(), keeper, ledger.Options{Now: time.Now}); err == nil {
				t.Error("the ledger was opened all the same")
			}
		})
	}
	t.Run("two lines swapped", func(t *testing.T) {
		keeper := fill(t)
		var third string
		keeper.Change(3, func(line string) string { third = line; return line })
		var fourth string
		keeper.Change(4, func(line string) string { fourth = line; return third })
		keeper.Change(3, func(string) string { return fourth })
		var bad *ledger.BadLine
		if err := ledger.Verify(t.Context(), keeper, nil, nil); !errors.As(err, &bad) || bad.Seq != 3 {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the wrong key", func(t *testing.T) {
		keeper := &ledgertest.Memory{}
		stream := open(t, keeper, ledger.Options{Key: ledger.Key("one")})
		if _, err := appendOne(t, stream, entry("op", ledger.Read)); err != nil {
			t.Fatal(err)
		}
		if err := ledger.Verify(t.Context(), keeper, ledger.Key("two"), nil); err == nil {
			t.Error("verified")
		}
		if err := ledger.Verify(t.Context(), keeper, ledger.Key("one"), nil); err != nil {
			t.Error(err)
		}
	})
}
