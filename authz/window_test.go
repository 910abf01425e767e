package authz

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWhenAWindowIsOpen(t *testing.T) {
	weekend := Freeze{Days: []string{"fri", "Sat", "SUN"}, From: "16:00", To: "24:00", Zone: "Europe/Berlin"}
	holidays := Freeze{From: "2026-12-20 16:00", To: "2027-01-02", Zone: "Europe/Berlin"}
	for _, test := range []struct {
		sentence string
		freeze   Freeze
		at       string // RFC 3339
		want     bool
	}{
		{"it opens with its first minute", weekend, "2026-03-06T16:00:00+01:00", true},
		{"it is closed the second before", weekend, "2026-03-06T15:59:59+01:00", false},
		{"it is open to the last second before midnight", weekend, "2026-03-06T23:59:59+01:00", true},
		{"midnight belongs to the next day", weekend, "2026-03-09T00:00:00+01:00", false},
		{"other days are free", weekend, "2026-03-05T17:00:00+01:00", false},
		{"its hours are those of its zone in winter", weekend, "2026-03-06T15:00:00Z", true},
		{"its hours are those of its zone in summer", weekend, "2026-07-03T14:00:00Z", true},
		{"its days are those of its zone", weekend, "2026-03-05T23:30:00Z", false},
		{"without a zone it is UTC", Freeze{From: "16:00", To: "17:00"}, "2026-03-06T17:30:00+01:00", true},
		{"without days it is every day", Freeze{From: "16:00", To: "17:00"}, "2026-03-04T16:30:00Z", true},
		{"it may begin in the first hour", Freeze{From: "00:15", To: "16:59"}, "2026-03-04T00:15:00Z", true},
		{"it may end in the last minute of an hour", Freeze{From: "00:15", To: "16:59"}, "2026-03-04T16:59:00Z", false},
		{"its end is not in it", Freeze{From: "16:00", To: "17:00"}, "2026-03-04T17:00:00Z", false},
		{"without hours it is the whole day, from its first minute", Freeze{Days: []string{"mon"}}, "2026-03-09T00:00:00Z", true},
		{"without hours it is the whole day, to its last", Freeze{Days: []string{"mon"}}, "2026-03-09T23:59:59Z", true},
		{"without hours it is that day alone", Freeze{Days: []string{"mon"}}, "2026-03-10T00:00:00Z", false},
		{"a range opens with its first minute", holidays, "2026-12-20T16:00:00+01:00", true},
		{"a range is closed before", holidays, "2026-12-20T15:59:59+01:00", false},
		{"a range is open every hour of every day", holidays, "2026-12-25T03:00:00Z", true},
		{"a date alone is its first instant, and a range's end is not in it", holidays, "2027-01-02T00:00:00+01:00", false},
		{"a range is open to the last second before its end", holidays, "2027-01-01T23:59:59+01:00", true},
	} {
		t.Run(test.sentence, func(t *testing.T) {
			window, err := parseWindow(test.freeze)
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(time.RFC3339, test.at)
			if err != nil {
				t.Fatal(err)
			}
			if got := window.open(at); got != test.want {
				t.Errorf("open: %v", got)
			}
		})
	}
}

func TestAWindowStopsNobodyWhoIsExcepted(t *testing.T) {
	window, err := parseWindow(Freeze{Except: []string{"S0SRE", "S0ONCALL"}, Line: 7})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1e9, 0)
	for _, test := range []struct {
		groups []string
		want   bool
	}{{nil, true}, {[]string{"S0BACKEND"}, true}, {[]string{"S0BACKEND", "S0ONCALL"}, false}} {
		if got := window.stops(now, test.groups); got != test.want {
			t.Errorf("stops %v: %v", test.groups, got)
		}
	}
	if never := (&Window{}); never.stops(now, nil) || never.stops(time.Time{}, nil) {
		t.Error("the zero window stops somebody")
	}
}

func TestWindowsThatMakeNoSense(t *testing.T) {
	for name, test := range map[string]struct {
		freeze Freeze
		want   string
	}{
		"an unknown zone":              {Freeze{Zone: "Europe/Berlinn"}, `zone "Europe/Berlinn": not a time zone`},
		"the zone of the machine":      {Freeze{Zone: "Local"}, `zone "Local": not a time zone`},
		"an unknown day":               {Freeze{Days: []string{"friday"}}, `day "friday": days are`},
		"hours past midnight":          {Freeze{From: "22:00", To: "06:00"}, "write two windows"},
		"no time at all":               {Freeze{From: "16:00", To: "16:00"}, "write two windows"},
		"an hour that is none":         {Freeze{From: "25:00"}, `"25:00": a time of day`},
		"a minute that is none":        {Freeze{To: "16:60"}, `"16:60": a time of day`},
		"a minute past midnight":       {Freeze{To: "24:01"}, `"24:01": a time of day`},
		"an hour of one digit":         {Freeze{From: "9:00"}, `"9:00": a time of day`},
		"words":                        {Freeze{To: "later"}, `"later": a time of day`},
		"days and dates":               {Freeze{Days: []string{"mon"}, From: "2026-12-20", To: "2026-12-21"}, "days go with hours"},
		"a date that is none":          {Freeze{From: "2026-02-30", To: "2026-03-01"}, `"2026-02-30": a range is written`},
		"a range without its end":      {Freeze{From: "2026-12-20"}, `"": a range is written`},
		"a range to a time of day":     {Freeze{From: "2026-12-20", To: "24:00"}, `"24:00": a range is written`},
		"a range that ends first":      {Freeze{From: "2026-12-20", To: "2026-12-19"}, "ends before it begins"},
		"a range of nothing":           {Freeze{From: "2026-12-20", To: "2026-12-20"}, "ends before it begins"},
		"a negative end":               {Freeze{To: "-1:00"}, `"-1:00": a time of day`},
		"negative minutes":             {Freeze{To: "10:-3"}, `"10:-3": a time of day`},
		"a negative time of day":       {Freeze{From: "-1:00"}, `"-1:00": a range is written`},
		"hours, and a date at the end": {Freeze{From: "16:00", To: "2026-12-20"}, `"2026-12-20": a time of day`},
	} {
		t.Run(name, func(t *testing.T) {
			window, err := parseWindow(test.freeze)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if window.stops(time.Unix(1e9, 0), nil) {
				t.Error("it stops somebody all the same")
			}
		})
	}
	_, problems := Compile(Rules{Environments: []Environment{{Name: "prod", Freezes: []Freeze{{To: "later", Line: 9}}}}})
	if len(problems) != 1 || problems[0].Line != 9 || !strings.HasPrefix(problems[0].Text, `environments.prod.freeze: "later"`) {
		t.Errorf("problems %v", problems)
	}
}

// A window that is read is open at its first instant and closed at its end, whatever it says.
func FuzzWindow(f *testing.F) {
	for _, seed := range []string{"fri sat|16:00|24:00|Europe/Berlin", "|2026-12-20 16:00|2027-01-02|", "mon||", "||||", "sun|00:00|24:00|UTC", "|1:30x|+2:00|", "|9999-12-31|9999-12-31 23:59|America/Lima"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fields := append(strings.Split(text, "|"), "", "", "", "")
		freeze := Freeze{Days: strings.Fields(fields[0]), From: fields[1], To: fields[2], Zone: fields[3]}
		window, err := parseWindow(freeze)
		if err != nil {
			return
		}
		if !window.begin.IsZero() {
			if !window.open(window.begin) || window.open(window.end) || window.open(window.begin.Add(-1)) {
				t.Errorf("%+v is not open from %v to %v", freeze, window.begin, window.end)
			}
			return
		}
		if !slices.Contains(window.days[:], true) || window.from < 0 || window.to > 24*60 || window.from >= window.to {
			t.Errorf("%+v reads as %+v", freeze, window)
		}
	})
}

// A pattern says what it seems to say: a star is any run of characters and nothing else is
// special.
func FuzzPattern(f *testing.F) {
	f.Add("worker-*", "worker-mail")
	f.Add("a*b*c", "aXbbYc")
	f.Add("**", "")
	f.Fuzz(func(t *testing.T, glob, name string) {
		if len(glob) > 12 || len(name) > 24 {
			return
		}
		if patterns, err := parsePatterns([]string{glob}); err == nil && patterns[0].matches(name) != byLetter(glob, name) {
			t.Errorf("%q matches %q: %v", glob, name, patterns[0].matches(name))
		}
	})
}

func byLetter(glob, name string) bool {
	switch {
	case glob == "":
		return name == ""
	case glob[0] == '*':
		return byLetter(glob[1:], name) || name != "" && byLetter(glob, name[1:])
	}
	return name != "" && glob[0] == name[0] && byLetter(glob[1:], name[1:])
}
