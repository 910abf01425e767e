package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// What a ledger is like that has grown.
const (
	fewEntries  = 1_000
	apart       = 400 // entries between two openings, so that they meet every distance from a checkpoint
	fillWriters = 100
	opens       = 9
	growthRound = 2 * time.Second
	flatness    = 1.5
	exportBound = mebibytes(64)
)

// stage is a ledger at one size.
type stage struct {
	entries int64
	end     int64   // what it came to while it was measured
	perS    float64 // appends, fillWriters at a time
	opening time.Duration
}

// measureGrowth fills one ledger, and compares it small with it large.
func measureGrowth(ctx context.Context, shop *workshop) ([]line, error) {
	folder, path, err := shop.configure(nil)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "ecsbot.db")
	few, _, err := reach(ctx, file, fewEntries)
	if err != nil {
		return nil, err
	}
	shop.say("        filling a ledger with %d entries", shop.options.Entries)
	many, filled, err := reach(ctx, file, shop.options.Entries)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	shop.say("        exporting them")
	most, took, err := exported(ctx, shop, folder, path)
	if err != nil {
		return nil, err
	}
	at := fmt.Sprintf(" with %d entries in SQLite", many.entries)
	return []line{{
		what: fmt.Sprintf("durable appends%s, %d at a time; filling it took %.0f s", at, fillWriters, filled.Seconds()), measured: fmt.Sprintf("%.0f/s", many.perS),
		against: fmt.Sprintf("with %d: %.0f/s", few.entries, few.perS), ratio: ratio(many.perS, few.perS),
		bound: "flat (≥ 0.67)", held: held(many.perS*flatness >= few.perS),
	}, {
		what: fmt.Sprintf("opening the ledger%s (median of %d, %d entries apart)", at, opens, apart), measured: millis(many.opening),
		against: fmt.Sprintf("with %d: %s", few.entries, millis(few.opening)), ratio: ratio(many.opening, few.opening),
		bound: "flat (≤ 1.50)", held: held(float64(many.opening) <= flatness*float64(few.opening)),
	}, {
		what: fmt.Sprintf("resident memory of `audit export` of %d entries (%v)", many.end, mebibytes(info.Size())/(1<<20)), measured: fmt.Sprintf("the most %v, in %.1f s", most, took.Seconds()),
		bound: "≤ 64 MiB", held: held(most <= exportBound),
	}}, nil
}

// reach fills a ledger up to so many entries and measures it there.
func reach(ctx context.Context, file string, entries int64) (made stage, filled time.Duration, err error) {
	began := time.Now()
	if err := fill(ctx, file, entries); err != nil {
		return made, 0, err
	}
	filled = time.Since(began)
	made.entries = entries
	if made.opening, err = openingTime(ctx, file, entries); err != nil {
		return made, filled, err
	}
	book, err := openBook(ctx, file)
	if err != nil {
		return made, filled, err
	}
	defer book.close(ctx)
	count, err := repeated(ctx, fillWriters, growthRound, book.append)
	made.perS, made.end = float64(count)/growthRound.Seconds(), book.number.Load()
	return made, filled, err
}

// fill appends until there are so many.
func fill(ctx context.Context, file string, entries int64) error {
	book, err := openBook(ctx, file)
	if err != nil {
		return err
	}
	defer book.close(ctx)
	enough := errors.New("enough")
	_, err = repeated(ctx, fillWriters, patience*fillPatience, func(ctx context.Context) error {
		if book.number.Load() >= entries {
			return enough
		}
		return errors.Join(book.append(ctx), ctx.Err())
	})
	if errors.Is(err, enough) {
		return nil
	}
	return errors.Join(err, fmt.Errorf("the ledger did not come to %d entries", entries))
}

// fillPatience is how much longer than anything else filling may take.
const fillPatience = 30

// openingTime is how long it takes until the ledger can be used, while it grows a little.
func openingTime(ctx context.Context, file string, entries int64) (time.Duration, error) {
	var times sample
	for i := range int64(opens) {
		if err := fill(ctx, file, entries+(i+1)*apart); err != nil {
			return 0, err
		}
		began := time.Now()
		book, err := openBook(ctx, file)
		if err != nil {
			return 0, err
		}
		times = append(times, time.Since(began))
		book.close(ctx)
	}
	return times.percentile(50), nil
}

// exported exports the ledger of a configuration in a process of its own.
func exported(ctx context.Context, shop *workshop, folder, path string) (most mebibytes, took time.Duration, err error) {
	in, err := newLab(terms{})
	if err != nil {
		return 0, 0, err
	}
	defer in.close()
	began := time.Now()
	process, err := startChild(ctx, in, folder, filepath.Join(shop.folder, "ecsbot"), "audit", "export", "--config", path)
	if err != nil {
		return 0, 0, err
	}
	watched := process.watch()
	<-process.ended
	most, took = watched(), time.Since(began)
	if !process.command.ProcessState.Success() {
		return most, took, fmt.Errorf("exporting the ledger: %s", process.words.tail())
	}
	return most, took, nil
}
