package aws

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"
)

// asleep is a context of which the time is over by the clock on the wall, and not by the one that
// stands still while a machine sleeps.
type asleep struct{ context.Context } //nolint:containedctx // it is one

func (a asleep) Deadline() (time.Time, bool) { return time.Now().Round(0).Add(-time.Second), true }

func TestNothingIsSentByAMachineThatHasSleptOverItsRight(t *testing.T) {
	attempt := &witness{client: http.DefaultClient}
	request, err := http.NewRequestWithContext(asleep{t.Context()}, http.MethodPost, "http://aws.test", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := attempt.Do(request)
	if err == nil {
		answer.Body.Close()
	}
	if !errors.Is(err, context.DeadlineExceeded) || attempt.sent() {
		t.Errorf("error %v, sent %v", err, attempt.sent())
	}
}
