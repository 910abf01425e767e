package authz

import (
	"fmt"
	"strings"
	"time"
)

// Window is a time in which nothing changes: weekly hours in a time zone, or a range of dates.
// The zero Window is never.
type Window struct {
	days     [7]bool // by time.Weekday
	from, to int     // minutes of the day; to is exclusive, 1440 is midnight
	zone     *time.Location
	begin    time.Time // of a range of dates; zero: weekly
	end      time.Time // exclusive
	except   []string
	line     int
}

// Freeze is a window as the configuration writes it.
type Freeze struct {
	Days   []string // mon tue wed thu fri sat sun; none means every day
	From   string   // "16:00", or with dates "2026-12-20 16:00" or "2026-12-20"
	To     string   // "24:00"
	Zone   string   // an IANA name; none means UTC
	Except []string // groups that it does not stop
	Line   int
}

var weekdays = map[string]time.Weekday{ //nolint:gochecknoglobals // a constant that Go cannot write
	"sun": time.Sunday, "mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday,
	"thu": time.Thursday, "fri": time.Friday, "sat": time.Saturday,
}

// parseWindow reads a freeze.
func parseWindow(freeze Freeze) (Window, error) {
	window := Window{except: freeze.Except, line: freeze.Line}
	var err error
	if window.zone, err = time.LoadLocation(freeze.Zone); err != nil || freeze.Zone == "Local" {
		return Window{}, fmt.Errorf("zone %q: not a time zone such as Europe/Berlin", freeze.Zone)
	}
	if strings.Contains(freeze.From, "-") {
		return window.dates(freeze)
	}
	return window.weekly(freeze)
}

func (w Window) dates(freeze Freeze) (Window, error) {
	if len(freeze.Days) > 0 {
		return Window{}, fmt.Errorf("days go with hours, not with a range of dates")
	}
	var err error
	if w.begin, err = w.moment(freeze.From); err != nil {
		return Window{}, err
	}
	if w.end, err = w.moment(freeze.To); err != nil {
		return Window{}, err
	}
	if !w.end.After(w.begin) {
		return Window{}, fmt.Errorf("it ends before it begins")
	}
	return w, nil
}

// moment reads a date, or a date and a time of day. A date alone is its first instant.
func (w Window) moment(text string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02"} {
		if moment, err := time.ParseInLocation(layout, text, w.zone); err == nil {
			return moment, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q: a range is written 2026-12-20, or 2026-12-20 16:00", text)
}

func (w Window) weekly(freeze Freeze) (Window, error) {
	for _, name := range freeze.Days {
		day, known := weekdays[strings.ToLower(name)]
		if !known {
			return Window{}, fmt.Errorf("day %q: days are mon tue wed thu fri sat sun", name)
		}
		w.days[day] = true
	}
	if len(freeze.Days) == 0 {
		w.days = [7]bool{true, true, true, true, true, true, true}
	}
	var err error
	if w.from, err = minutes(freeze.From, 0); err != nil {
		return Window{}, err
	}
	if w.to, err = minutes(freeze.To, 24*60); err != nil {
		return Window{}, err
	}
	if w.to <= w.from {
		return Window{}, fmt.Errorf("it ends before it begins: write two windows for one that crosses midnight")
	}
	return w, nil
}

// minutes reads a time of day from 00:00 to 24:00.
func minutes(text string, otherwise int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	var hour, minute int
	if _, err := fmt.Sscanf(text, "%02d:%02d", &hour, &minute); err != nil || len(text) != 5 ||
		hour < 0 || minute < 0 || minute > 59 || hour*60+minute > 24*60 {
		return 0, fmt.Errorf("%q: a time of day is written 16:00, up to 24:00", text)
	}
	return hour*60 + minute, nil
}

// stops says whether the window is open at that time and the groups are not excepted.
func (w *Window) stops(now time.Time, groups []string) bool {
	return w.open(now) && !shares(w.except, groups)
}

func (w *Window) open(now time.Time) bool {
	if !w.begin.IsZero() {
		return !now.Before(w.begin) && now.Before(w.end)
	}
	if w.zone == nil {
		return false
	}
	local := now.In(w.zone)
	minute := local.Hour()*60 + local.Minute()
	return w.days[local.Weekday()] && minute >= w.from && minute < w.to
}

// shares says whether two lists have something in common.
func shares(one, other []string) bool {
	for _, each := range one {
		for _, candidate := range other {
			if each == candidate {
				return true
			}
		}
	}
	return false
}
