// Package bench measures what ecsbot promises about speed, and beside it, in the same run,
// the same work done by what people would use instead. The bots run as processes of their
// own against the sandbox in this one. A figure out of bounds is shown, and fails nothing.
package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// What the sandbox adds to every call.
const (
	awsLatency   = 80 * time.Millisecond
	slackLatency = 100 * time.Millisecond
)

// Options say what to measure and where to put it.
type Options struct {
	Entries  int64     // of the large ledger
	Only     string    // measure only what begins with this; empty: everything
	Folder   string    // where to build and work; empty: a temporary folder, removed at the end
	Out      io.Writer // gets the table
	Progress io.Writer // is told what is being measured
}

// measurement is one part of the run.
type measurement struct {
	name string
	run  func(context.Context, *workshop) ([]line, error)
}

func measurements() []measurement {
	return []measurement{
		{"start", measureStart},
		{"acknowledgement", measureAcknowledgement},
		{"change", measureChange},
		{"watching", measureWatching},
		{"decision", measureDecision},
		{"discovery", measureDiscovery},
		{"doctor", measureDoctor},
		{"ledger", measureLedger},
		{"logs", measureLogs},
	}
}

// Names are the names of what can be measured.
func Names() string {
	var names []string
	for _, each := range measurements() {
		names = append(names, each.name)
	}
	return strings.Join(names, " ")
}

// Run measures and prints the table. It is an error where something could not be measured at all.
func Run(ctx context.Context, options Options) error {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // the sandbox's own collections are no part of the figures
	shop, err := newWorkshop(ctx, options)
	if err != nil {
		return err
	}
	defer shop.close()
	began := time.Now()
	var lines []line
	for _, each := range measurements() {
		if !strings.HasPrefix(each.name, options.Only) {
			continue
		}
		shop.say("%4.0f s  %s", time.Since(began).Seconds(), each.name)
		measured, err := each.run(ctx, shop)
		if err != nil {
			return fmt.Errorf("measuring %s: %w", each.name, err)
		}
		lines = append(lines, measured...)
	}
	fmt.Fprint(options.Out, conditions())
	return printTable(options.Out, lines)
}

// conditions is what the figures rest on.
func conditions() string {
	return fmt.Sprintf("%s, %s/%s, %d processors, ledger in %s. The sandbox takes %v for each AWS call and %v for each Slack Web API call.\n"+
		"Its rate limits are off (Slack: calls without limit; AWS: no throttles) and ecsbot's own `aws.rates` are raised to %s,\n"+
		"but for discovery and logs, where both sides keep AWS's own. Compare within one run only: machines differ, and so do their days.\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), os.TempDir(), awsLatency, slackLatency, raisedRate)
}
