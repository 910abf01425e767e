package chaos

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// Report is what came of it.
type Report struct {
	name       string
	planned    map[point]int
	kills      map[point]int
	stalls     int
	asked      int // slash commands
	answered   int
	refused    int // by Slack itself: no bot took them in time
	cut        int // their bot was killed before its first word
	clicks     int
	races      int
	outcomes   map[string]int // of the races
	operations int
	entries    int
	changes    int // made on AWS
	unknown    int // operations whose fate was found out by reading
	cards      int
	messages   int // of the audit channel
	shown      int
	lost       []string
	twice      []string
}

func (r *Report) add(other Report) {
	if r.kills == nil {
		r.planned, r.kills = map[point]int{}, map[point]int{}
	}
	for _, each := range turns() {
		r.planned[each.point] += other.planned[each.point]
		r.kills[each.point] += other.kills[each.point]
	}
	mine, others := r.counts(), other.counts()
	for i := range mine {
		*mine[i].count += *others[i].count
	}
	r.lost, r.twice = append(r.lost, other.lost...), append(r.twice, other.twice...)
}

// counted is one line of a report.
type counted struct {
	name  string
	count *int
}

// counts are the lines of a report that are numbers and nothing else.
func (r *Report) counts() []counted {
	return []counted{
		{"stalls", &r.stalls},
		{"commands", &r.asked},
		{"  answered", &r.answered},
		{"  not taken", &r.refused},
		{"  killed over it", &r.cut},
		{"clicks", &r.clicks},
		{"operations", &r.operations},
		{"changes on AWS", &r.changes},
		{"found by reading", &r.unknown},
		{"entries", &r.entries},
		{"audit messages", &r.messages},
		{"entries shown", &r.shown},
		{"cards", &r.cards},
	}
}

// Print says what came of it; it is an error where anything was lost or came twice.
func (r *Report) Print(out io.Writer) error {
	fmt.Fprintf(out, "\n%s\n", r.name)
	total := 0
	for _, count := range r.kills {
		total += count
	}
	line := func(name string, count int) { fmt.Fprintf(out, "  %-22s %6d\n", name, count) }
	line("kills", total)
	for _, each := range turns() {
		if r.kills[each.point]+r.planned[each.point] > 0 {
			fmt.Fprintf(out, "    %-20s %6d, planned %d\n", each.point, r.kills[each.point], r.planned[each.point])
		}
	}
	for _, each := range r.counts() {
		line(each.name, *each.count)
	}
	if r.races > 0 {
		line("races of clicks", r.races)
		for _, outcome := range slices.Sorted(maps.Keys(r.outcomes)) {
			line("  one outcome: "+outcome, r.outcomes[outcome])
		}
	}
	line("losses", len(r.lost))
	line("duplicates", len(r.twice))
	for _, problem := range slices.Concat(r.lost, r.twice) {
		fmt.Fprintln(out, "  !", problem)
	}
	if len(r.lost)+len(r.twice) > 0 {
		return fmt.Errorf("%s: %d losses, %d duplicates", r.name, len(r.lost), len(r.twice))
	}
	return nil
}
