package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// The time that Slack has to show the audit channel begins when Slack is there at all, and the
// end of the program is told from the end of that time.
func TestATimeoutThatBeginsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := make(chan struct{})
		ctx, cancel := withTimeoutFrom(t.Context(), began, time.Minute)
		defer cancel()
		time.Sleep(time.Hour)
		synctest.Wait()
		if ctx.Err() != nil {
			t.Fatalf("ended before it began: %v", context.Cause(ctx))
		}
		close(began)
		time.Sleep(time.Minute)
		synctest.Wait()
		if !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			t.Errorf("ended with %v", context.Cause(ctx))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		program, end := context.WithCancel(t.Context())
		ctx, cancel := withTimeoutFrom(program, make(chan struct{}), time.Minute)
		defer cancel()
		end()
		synctest.Wait()
		if !errors.Is(context.Cause(ctx), context.Canceled) || errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			t.Errorf("ended with %v", context.Cause(ctx))
		}
	})
}
