package main

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// While many requests are under way there is room for garbage, and for a while after; not so when
// nobody asks, nor before the start is over.
func TestThereIsRoomForGarbageWhileManyAsk(t *testing.T) {
	const start, idle, busy = startingPercent, frugalPercent, rushPercent
	for name, test := range map[string]struct {
		happens func(c *collector)
		want    []int // the percentages set one after the other, without repetitions
	}{
		"nobody asks":         {func(c *collector) { c.settle() }, []int{start, idle}},
		"a rush":              {func(c *collector) { c.settle(); c.rush(true) }, []int{start, idle, busy}},
		"just over":           {func(c *collector) { c.settle(); c.rush(true); c.rush(false); time.Sleep(afterRush - 1) }, []int{start, idle, busy}},
		"long over":           {func(c *collector) { c.settle(); c.rush(true); c.rush(false); time.Sleep(afterRush) }, []int{start, idle, busy, idle}},
		"another after it":    {func(c *collector) { c.settle(); c.rush(true); c.rush(false); c.rush(true); time.Sleep(2 * afterRush) }, []int{start, idle, busy}},
		"another in its wake": {func(c *collector) { c.settle(); wave(c); time.Sleep(afterRush / 2); wave(c); time.Sleep(afterRush - 1) }, []int{start, idle, busy}},
		"while it starts":     {func(c *collector) { c.rush(true) }, []int{start}},
		"since before":        {func(c *collector) { c.rush(true); c.settle() }, []int{start, busy}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mutex sync.Mutex
				var set []int
				made := &collector{set: func(percent int) {
					mutex.Lock()
					defer mutex.Unlock()
					set = append(set, percent)
				}}
				made.apply()
				test.happens(made)
				synctest.Wait()
				mutex.Lock()
				defer mutex.Unlock()
				if got := slices.Compact(set); !slices.Equal(got, test.want) {
					t.Errorf("set %v, want %v", got, test.want)
				}
			})
		})
	}
}

func wave(c *collector) {
	c.rush(true)
	c.rush(false)
}

// Whoever has said how memory is to be kept is obeyed.
func TestWhatWasSaidOfGarbageHolds(t *testing.T) {
	c := newCollector(func(name string) string { return map[string]string{"GOGC": "70"}[name] })
	if c != nil {
		t.Fatal("it is changed all the same")
	}
	c.settle()
	c.rush(true)
}
