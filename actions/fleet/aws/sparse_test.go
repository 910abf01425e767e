package aws_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	sandbox "ecsbot/internal/sandbox/aws"
)

// quiet is a service that writes nothing but what a test has it write.
func quiet() sandbox.Options {
	options := busy()
	api := &options.Fleet.Clusters[0].Services[0]
	api.LogEvery, api.Desired, api.Sidecars = -1, 2, nil
	return options
}

// A log that is silent for days comes on pages most of which are empty, each with a token for
// the next. Only as many are asked for as there are until the lines are found, none is asked for
// twice, and a short time costs one.
func TestASparseLogCostsFewCallsAndIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, server, _, service := bubbled(t, quiet(), 0)
		for day := range 5 {
			if err := server.WriteLog("staging", "api", time.Now(), fmt.Sprint("day ", day)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(24*time.Hour + time.Minute)
		}
		purpose := reading("logs")
		purpose.Role, purpose.Target = "", service.ARN
		session, err := f.Assume(t.Context(), purpose)
		if err != nil {
			t.Fatal(err)
		}
		before := len(sentTo(server, "FilterLogEvents"))
		calls := func() int {
			made := len(sentTo(server, "FilterLogEvents")) - before
			before += made
			return made
		}
		week := time.Now().Add(-7 * 24 * time.Hour)
		for _, test := range []struct {
			name        string
			query       fleet.LogQuery
			lines, most int
		}{
			{"a quarter of an hour", fleet.LogQuery{From: time.Now().Add(-15 * time.Minute), Lines: 30}, 0, 1},
			{"the newest line of a week", fleet.LogQuery{From: week, Lines: 1}, 1, 2},
			{"a line with a text", fleet.LogQuery{From: week, Lines: 1, Grep: "day 3"}, 1, 3},
			{"all of a week", fleet.LogQuery{From: week, Lines: 30}, 5, 7}, // a page a day, from the first line of its streams on
		} {
			read, err := f.Logs(t.Context(), session, service, test.query)
			if made := calls(); err != nil || len(read.Lines) != test.lines || made > test.most {
				t.Errorf("%s: %d lines by %d calls, %v", test.name, len(read.Lines), made, err)
			}
		}
		var got caught
		swept, err := f.Sweep(t.Context(), session, service, fleet.LogQuery{From: week}, got.take)
		if lines, made := got.lines(swept.Stretches), calls(); err != nil || len(lines) != 5 || made > 7 || lines[0].Text != "day 0" {
			t.Errorf("a file: %v by %d calls, %v", lines, made, err)
		}
	})
}

// A whole time is read as fast as AWS's own throttle lets it be, and no faster: not one call is
// refused for its rate.
func TestReadingAWholeTimeKeepsToTheThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, server, session, service := bubbled(t, busy(), 0)
		began := time.Now()
		var got caught
		if _, err := f.Sweep(t.Context(), session, service, fleet.LogQuery{From: began.Add(-5 * time.Minute)}, got.take); err != nil {
			t.Fatal(err)
		}
		made := sentTo(server, "FilterLogEvents")
		for _, call := range made {
			if call.Error != "" {
				t.Errorf("a call was refused: %s", call.Error)
			}
		}
		if took := time.Since(began); len(made) < 11 || took > time.Duration(len(made))*100*time.Millisecond {
			t.Errorf("%d calls in %v", len(made), took)
		}
	})
}
