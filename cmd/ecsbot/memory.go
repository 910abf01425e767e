package main

import (
	"context"
	"runtime/debug"
	"sync"
	"time"
)

// How much may be allocated, in percent of what lives, before the next collection. Go's own 100
// is meant for what grows with the work. Here much of what lives never dies, and room for garbage
// in proportion to it would only lie there; but while many requests are under way at once, time
// comes before memory. While the program starts it makes more garbage than it will ever have to
// keep: collecting that would only make people wait.
const (
	startingPercent = 400
	frugalPercent   = 20
	rushPercent     = 200

	starting  = 3 * time.Second // at most
	afterRush = 10 * time.Second
)

// collector says how much garbage may lie.
type collector struct {
	setting sync.Mutex // held while the percentage is set, so that the last one set is what holds
	set     func(percent int)

	mutex    sync.Mutex
	started  bool
	rushing  bool      // many requests are under way
	lastRush time.Time // when that ended last
}

// newCollector lets garbage lie while the program starts; nil where whoever runs the program has
// said how it is to be kept.
func newCollector(getenv func(string) string) *collector {
	if getenv("GOGC") != "" {
		return nil
	}
	made := &collector{set: func(percent int) { debug.SetGCPercent(percent) }}
	made.apply()
	return made
}

// settle ends the start.
func (c *collector) settle() {
	if c == nil {
		return
	}
	c.mutex.Lock()
	c.started = true
	c.mutex.Unlock()
	c.apply()
}

// rush is told when many requests are under way, and when few are again. It waits for nothing.
func (c *collector) rush(isOn bool) {
	if c == nil {
		return
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.rushing = isOn; isOn {
		go c.apply() // setting the percentage stops the program for a moment
		return
	}
	c.lastRush = time.Now()
	time.AfterFunc(afterRush, c.apply)
}

// apply sets what holds now.
func (c *collector) apply() {
	c.setting.Lock()
	defer c.setting.Unlock()
	c.set(c.percent())
}

func (c *collector) percent() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	switch {
	case !c.started:
		return startingPercent
	case c.rushing || time.Since(c.lastRush) < afterRush:
		return rushPercent
	default:
		return frugalPercent
	}
}

// shed keeps the heap small once the program is connected, and gives back, once it is ready,
// what only starting needed.
func (p *program) shed(ctx context.Context, garbage *collector) {
	soon, cancel := context.WithTimeout(ctx, starting)
	once(soon, p.bot.Ready)
	cancel()
	garbage.settle()
	if once(ctx, p.Ready) {
		p.log.Info("ready")
		debug.FreeOSMemory()
		trim()
	}
}
