package bench

import (
	"context"
	"slices"
	"sync"
	"time"
)

// sample is how long each of many took.
type sample []time.Duration

// percentile is the time within which so many of a hundred came; 0 without any.
func (s sample) percentile(percent int) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[min(len(sorted)*percent/100, len(sorted)-1)]
}

// openLoop begins so many each second, whether or not earlier ones are done, and waits for
// all of them.
func openLoop(ctx context.Context, perSecond, count int, each func(i int)) error {
	var running sync.WaitGroup
	defer running.Wait()
	began := time.Now()
	for i := range count {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
		if err := rest(ctx, time.Until(due)); err != nil {
			return err
		}
		running.Go(func() { each(i) })
	}
	return nil
}

// rest waits, or returns why the run ends.
func rest(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
