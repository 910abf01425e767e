package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/actions/ledger/ledgertest"
)

// What waits after an outage, or comes in one moment, is more than one write takes. A ledger that
// can be written refuses nobody beside it.
func TestNobodyIsRefusedBesideWhatWaits(t *testing.T) {
	for name, test := range map[string]struct {
		outage  time.Duration
		records int
		long    int // characters of each
	}{
		"after an outage":   {5 * time.Second, 1000, 1},
		"beside long texts": {0, 12, 30 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				keeper := &ledgertest.Memory{}
				stream := open(t, keeper, ledger.Options{})
				if test.outage > 0 {
					keeper.Break(errors.New("disk full"))
				}
				for number := range test.records {
					read := entry(fmt.Sprintf("r%d", number), ledger.Read)
					read.Result = strings.Repeat("x", test.long)
					if err := stream.Record(read); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(test.outage)
				keeper.Break(nil)
				time.Sleep(1500 * time.Millisecond) // the next try
				for number := range 20 {
					if _, err := appendOne(t, stream, entry(fmt.Sprintf("c%d", number), ledger.Started)); err != nil {
						t.Fatalf("change %d: health %v, and refused with %v", number, stream.Health(), err)
					}
				}
				synctest.Wait()
				if got := stream.Head().Seq; got != int64(test.records+20) {
					t.Errorf("%d entries are stored", got)
				}
			})
		})
	}
}

// However long the ledger cannot be written: what Record has taken is stored, and what cannot be
// kept in memory is refused, so that its loss is known.
func TestNothingIsLostWithoutAWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeper := &ledgertest.Memory{}
		stream := open(t, keeper, ledger.Options{})
		keeper.Break(errors.New("disk full"))
		taken := 0
		for number := range 25_000 {
			err := stream.Record(entry(fmt.Sprintf("r%d", number), ledger.Read))
			if err == nil {
				taken++
			} else if !errors.Is(err, ledger.ErrUnavailable) {
				t.Fatal(err)
			}
			if number%100 == 0 {
				time.Sleep(10 * time.Millisecond)
			}
		}
		keeper.Break(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := stream.Head().Seq; got != int64(taken) || taken != 10_000 {
			t.Errorf("Record took %d without an error, %d are stored", taken, got)
		}
		if err := stream.Record(entry("again", ledger.Read)); err != nil {
			t.Errorf("though everything is stored: %v", err)
		}
	})
}

// Whoever closes a ledger that cannot be written is told how much is lost.
func TestWhatIsGivenUpIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeper := &ledgertest.Memory{}
		stream := open(t, keeper, ledger.Options{})
		if err := stream.Record(entry("stored", ledger.Read)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		keeper.Break(errors.New("disk full"))
		for number := range 3 {
			if err := stream.Record(entry(fmt.Sprintf("r%d", number), ledger.Read)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		if err := stream.Close(context.Background()); !errors.Is(err, ledger.ErrUnavailable) || !strings.Contains(err.Error(), "3 entries") {
			t.Errorf("closed with %v", err)
		}
	})
}
