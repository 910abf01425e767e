package ops

import (
	"fmt"
	"time"

	"ecsbot/actions"
)

// moment is a time as people write it: so long ago, at that time of the day (UTC), or exactly.
type moment struct {
	ago   time.Duration
	clock time.Duration // since midnight; -1 where it is not one
	exact time.Time
}

// farBack is how far back lines are looked for.
const farBack = 7 * 24 * time.Hour

// parseMoment reads what --since and --until take.
func parseMoment(name string) func(text string) (moment, error) {
	return func(text string) (moment, error) {
		if ago, err := actions.ParseDuration(text); err == nil {
			if ago > farBack {
				return moment{}, fmt.Errorf("--%s takes at most 7d", name)
			}
			return moment{ago: ago, clock: -1}, nil
		}
		for _, layout := range []string{"15:04", "15:04:05"} {
			if at, err := time.Parse(layout, text); err == nil {
				return moment{clock: at.Sub(at.Truncate(24 * time.Hour))}, nil
			}
		}
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			return moment{exact: at, clock: -1}, nil
		}
		return moment{}, fmt.Errorf("--%s takes how long ago (15m, 2h, 7d), a time of the day in UTC (14:05) or an exact one (2026-01-31T14:05:00Z), not %q", name, text)
	}
}

// at is the moment, seen from now. A time of the day that is still to come was yesterday.
func (m moment) at(now time.Time) time.Time {
	switch {
	case !m.exact.IsZero():
		return m.exact
	case m.clock >= 0:
		at := now.UTC().Truncate(24 * time.Hour).Add(m.clock)
		if at.After(now) {
			at = at.Add(-24 * time.Hour)
		}
		return at
	}
	return now.Add(-m.ago)
}
