package main

import (
	"context"
	"runtime/debug"
	"time"
)

// gcPercent is how much may be allocated, in percent of what lives, before the next collection.
// Go's own 100 is meant for what grows with the work. Here half of what lives never dies (the
// AWS SDK's descriptions of its services alone are 6 MiB), and room for garbage in proportion to
// it would only lie there.
const gcPercent = 40

// trimPause is between two looks at which of the program's own pages are in use.
const trimPause = 10 * time.Second

// frugal keeps the heap small, unless whoever runs the program has said how it is to be kept.
func frugal(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}

// stayLean gives back what only starting needed once that is over, and from then on the pages
// that were used once.
func (p *program) stayLean(ctx context.Context) {
	if !once(ctx, p.Ready) {
		return
	}
	debug.FreeOSMemory()
	ticker := time.NewTicker(trimPause)
	defer ticker.Stop()
	for {
		trim()
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
