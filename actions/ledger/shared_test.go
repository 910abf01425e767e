package ledger_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/actions/ledger/ledgertest"
)

func TestWhatAnotherProcessWritesIsSeenWithoutWritingAnything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeper := &ledgertest.Memory{}
		one, other := open(t, keeper, ledger.Options{Shared: true}), open(t, keeper, ledger.Options{Shared: true})
		if _, err := appendOne(t, one, entry("op", ledger.Started)); err != nil {
			t.Fatal(err)
		}
		if err := other.Wait(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		if _, open := other.Operation("op"); !open {
			t.Error("the other does not see it")
		}
	})
}

func TestRefreshSeesWhatWasStoredBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeper := &ledgertest.Memory{}
		one, other := open(t, keeper, ledger.Options{Shared: true}), open(t, keeper, ledger.Options{Shared: true})
		for _, event := range []ledger.Event{ledger.Started, ledger.Accepted} {
			if _, err := appendOne(t, one, entry("op", event)); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			if err := other.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			if operation, _ := other.Operation("op"); operation.Last.Event != event || time.Since(began) > 0 {
				t.Errorf("%s is not seen at once: %s after %v", event, operation.Last.Event, time.Since(began))
			}
		}
	})
}

func TestNothingIsRefusedOnWhatMayBeOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeper := &ledgertest.Memory{}
		one, other := open(t, keeper, ledger.Options{Shared: true}), open(t, keeper, ledger.Options{Shared: true})
		if _, err := appendOne(t, one, entry("op", ledger.Started)); err != nil {
			t.Fatal(err)
		}
		if err := other.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := appendOne(t, one, entry("op", ledger.Succeeded)); err != nil {
			t.Fatal(err)
		}
		errBusy := errors.New("busy")
		_, err := other.Append(t.Context(), func(state *ledger.State) ([]ledger.Entry, error) {
			if _, busy := state.Busy("arn:op"); busy {
				return nil, errBusy
			}
			next := entry("next", ledger.Started)
			next.Target = "arn:op"
			return []ledger.Entry{next}, nil
		})
		if err != nil {
			t.Errorf("refused though it is free: %v", err)
		}
	})
}
