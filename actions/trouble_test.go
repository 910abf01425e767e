package actions

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestALedgerThatCannotBeWrittenIsSaidInTheAuditChannelOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var trouble atomic.Pointer[error]
		changed := make(chan struct{}, 1)
		set := func(err error) {
			trouble.Store(&err)
			select {
			case changed <- struct{}{}:
			default:
			}
			synctest.Wait()
		}
		health := func() error { return *trouble.Load() }
		set(nil)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { w.runner.Troubles(ctx, health, changed); close(ended) }()
		synctest.Wait()
		told := func() int { return len(w.slack.cards[""]) }
		if told() != 0 {
			t.Errorf("told of a ledger that is well: %s", w.slack.last(""))
		}
		full := errors.New("the disk is full")
		set(full)
		set(full)
		if got := w.slack.last(""); told() != 1 || !strings.Contains(got, "cannot be written") || !strings.Contains(got, "the disk is full") {
			t.Errorf("told %d times, last %s", told(), got)
		}
		if where := w.slack.places[""][0]; where != (Where{Channel: "C0AUDIT"}) {
			t.Errorf("told in %v", where)
		}
		set(nil)
		set(full) // it comes and goes
		time.Sleep(10 * troublePause)
		synctest.Wait()
		if told() != 1 {
			t.Errorf("told %d times of what is as it was", told())
		}
		slackIs := func(err error) {
			w.slack.mutex.Lock()
			defer w.slack.mutex.Unlock()
			w.slack.err = err
		}
		slackIs(errors.New("Slack is away"))
		set(nil)
		time.Sleep(3 * troublePause)
		slackIs(nil)
		time.Sleep(troublePause)
		synctest.Wait()
		if got := w.slack.last(""); told() != 2 || !strings.Contains(got, "can be written again") {
			t.Errorf("told %d times, last %s", told(), got)
		}
		set(full)
		cancel()
		<-ended
		time.Sleep(troublePause)
		go func() { w.runner.Troubles(ctx, health, make(chan struct{})) }() // ends at once
		synctest.Wait()
	})
}
