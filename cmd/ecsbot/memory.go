package main

import (
	"context"
	"runtime/debug"
	"time"
)

// gcPercent is how much may be allocated, in percent of what lives, before the next collection.
// Go's own 100 is meant for what grows with the work. Here half of what lives never dies (the
// AWS SDK's descriptions of its services alone are 3 MiB), and room for garbage in proportion to
// it would only lie there.
const gcPercent = 40

// While it starts, the program makes more garbage than it will ever have to keep: collecting
// that would only make people wait. It is given back as soon as the start is over.
const (
	startingPercent = 400
	starting        = 3 * time.Second // at most
)

// unhurried lets garbage lie while the program starts; frugal keeps the heap small from then
// on. Neither does anything where whoever runs the program has said how it is to be kept.
func unhurried(getenv func(string) string) (frugal func()) {
	if getenv("GOGC") != "" {
		return func() {}
	}
	debug.SetGCPercent(startingPercent)
	return func() { debug.SetGCPercent(gcPercent) }
}

// shed keeps the heap small once the program is connected, and gives back, once it is ready,
// what only starting needed.
func (p *program) shed(ctx context.Context, frugal func()) {
	soon, cancel := context.WithTimeout(ctx, starting)
	once(soon, p.bot.Ready)
	cancel()
	frugal()
	if once(ctx, p.Ready) {
		p.log.Info("ready")
		debug.FreeOSMemory()
		trim()
	}
}
