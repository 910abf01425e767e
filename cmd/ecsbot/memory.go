package main

import (
	"context"
	"runtime/debug"
)

// gcPercent is how much may be allocated, in percent of what lives, before the next collection.
// Go's own 100 is meant for what grows with the work. Here half of what lives never dies (the
// AWS SDK's descriptions of its services alone are 3 MiB), and room for garbage in proportion to
// it would only lie there.
const gcPercent = 40

// frugal keeps the heap small, unless whoever runs the program has said how it is to be kept.
func frugal(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}

// shed gives back, once, what only starting needed.
func (p *program) shed(ctx context.Context) {
	if once(ctx, p.Ready) {
		debug.FreeOSMemory()
		trim()
	}
}
