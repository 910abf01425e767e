package chaos

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// entry is what matters of a line of `audit export`.
type entry struct {
	Seq       int64  `json:"seq"`
	Operation string `json:"operation"`
	Event     string `json:"event"`
	Target    string `json:"target"`
	Reason    string `json:"reason"`
}

// report is what came of one part.
type report struct {
	name       string
	kills      map[point]int
	stalls     int
	asked      int
	clicks     int
	operations int
	entries    int
	changes    int // made on AWS
	unknown    int // operations whose fate was found out by reading
	cards      int
	messages   int // of the audit channel
	shown      int64
	lost       []string
	twice      []string
}

func (r *report) add(other report) {
	if r.kills == nil {
		r.kills = map[point]int{}
	}
	for at, count := range other.kills {
		r.kills[at] += count
	}
	r.stalls += other.stalls
	r.asked, r.clicks = r.asked+other.asked, r.clicks+other.clicks
	r.operations, r.entries, r.changes, r.unknown = r.operations+other.operations, r.entries+other.entries, r.changes+other.changes, r.unknown+other.unknown
	r.cards, r.messages, r.shown = r.cards+other.cards, r.messages+other.messages, r.shown+other.shown
	r.lost, r.twice = append(r.lost, other.lost...), append(r.twice, other.twice...)
}

// print says what came of it; it is an error where anything was lost or came twice.
func (r *report) print(out io.Writer) error {
	fmt.Fprintf(out, "\n%s\n", r.name)
	total := 0
	for _, count := range r.kills {
		total += count
	}
	fmt.Fprintf(out, "  kills              %6d\n", total)
	for _, each := range turns() {
		if r.kills[each.point] > 0 {
			fmt.Fprintf(out, "    %-20s %4d\n", each.point, r.kills[each.point])
		}
	}
	for _, line := range []struct {
		name  string
		count int
	}{
		{"stalls", r.stalls},
		{"commands", r.asked},
		{"clicks", r.clicks},
		{"operations", r.operations},
		{"changes on AWS", r.changes},
		{"found by reading", r.unknown},
		{"entries", r.entries},
		{"audit messages", r.messages},
		{"entries shown", int(r.shown)},
		{"cards", r.cards},
		{"losses", len(r.lost)},
		{"duplicates", len(r.twice)},
	} {
		fmt.Fprintf(out, "  %-18s %6d\n", line.name, line.count)
	}
	problems := append(append([]string{}, r.lost...), r.twice...)
	for _, problem := range problems {
		fmt.Fprintln(out, "  !", problem)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%s: %d losses, %d duplicates", r.name, len(r.lost), len(r.twice))
	}
	return nil
}

// judge waits until every operation has ended and every entry is shown, and then holds
// everything against everything.
func (w *world) judge(ctx context.Context, patience time.Duration) (report, error) {
	r := report{kills: w.kills, stalls: w.stalls, asked: w.asked, clicks: w.clicks}
	var entries []entry
	var lines map[string]bool
	for end := time.Now().Add(patience); ; {
		w.note()
		var err error
		if entries, lines, err = w.export(ctx); err != nil {
			return r, err
		}
		channel, err := w.tool(ctx, "audit", "verify", "--channel")
		isShown := err == nil && strings.Contains(channel, " 0 wait")
		if left := open(entries); isShown && len(left) == 0 || time.Now().After(end) {
			for _, operation := range left {
				r.lost = append(r.lost, "operation "+operation+" has not ended")
			}
			r.judgeChannel(channel, err)
			break
		}
		select {
		case <-time.After(3 * time.Second):
		case <-ctx.Done():
			return r, ctx.Err()
		}
	}
	r.entries = len(entries)
	for line := range w.printed {
		if !lines[line] {
			r.lost = append(r.lost, "an entry that was stored is not in the ledger: "+line)
		}
	}
	r.judgeChanges(w, entries)
	r.judgeCards(w)
	return r, nil
}

// export reads the ledger by the program's own command.
func (w *world) export(ctx context.Context) ([]entry, map[string]bool, error) {
	text, err := w.tool(ctx, "audit", "export")
	if err != nil {
		return nil, nil, err
	}
	var entries []entry
	lines := map[string]bool{}
	scanner := bufio.NewScanner(strings.NewReader(text))
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var read entry
		if err := json.Unmarshal(scanner.Bytes(), &read); err != nil {
			return nil, nil, fmt.Errorf("reading the export: %w", err)
		}
		entries, lines[scanner.Text()] = append(entries, read), true
	}
	return entries, lines, scanner.Err()
}

// open are the operations that have begun and not ended.
func open(entries []entry) []string {
	last := map[string]string{}
	for _, each := range entries {
		last[each.Operation] = each.Event
	}
	var left []string
	for operation, event := range last {
		switch event {
		case "asked", "approved", "started", "accepted", "unknown":
			left = append(left, operation+" ("+event+")")
		}
	}
	return left
}

var counts = regexp.MustCompile(`shows (\d+) entries in (\d+) messages and (\d+) anchors; (\d+) are shown twice, (\d+) wait`)

// judgeChannel reads what `audit verify --channel` found.
func (r *report) judgeChannel(text string, err error) {
	if err != nil {
		r.lost = append(r.lost, err.Error())
	}
	found := counts.FindStringSubmatch(text)
	if found == nil {
		return
	}
	number := func(at int) int { count, _ := strconv.Atoi(found[at]); return count }
	r.shown, r.messages = int64(number(1)), number(2)
	if number(4) > 0 {
		r.twice = append(r.twice, found[4]+" entries are shown twice in the audit channel")
	}
	if number(5) > 0 {
		r.lost = append(r.lost, found[5]+" entries are not shown in the audit channel")
	}
}

// judgeChanges holds AWS's journal against the ledger.
func (r *report) judgeChanges(w *world, entries []entry) {
	made := map[string]int{}
	for _, call := range w.calls {
		if call.Error == "" || call.Error == "cut" || call.Error == "gone" {
			made[call.Principal.Tags["RequestId"]]++
			r.changes++
		}
	}
	events := map[string][]string{}
	for _, each := range entries {
		events[each.Operation] = append(events[each.Operation], each.Event)
	}
	r.operations = len(events)
	for operation, count := range made {
		steps := strings.Join(events[operation], " ")
		switch {
		case count > 1:
			r.twice = append(r.twice, fmt.Sprintf("operation %s was carried out %d times", operation, count))
		case !strings.Contains(steps, "started"):
			r.lost = append(r.lost, fmt.Sprintf("operation %s was carried out and not written down: %s", operation, steps))
		case !strings.Contains(steps, "accepted"):
			r.lost = append(r.lost, fmt.Sprintf("operation %s was carried out, and the ledger does not say so: %s", operation, steps))
		}
	}
	for operation, steps := range events {
		all := strings.Join(steps, " ")
		if strings.Contains(all, "accepted") && made[operation] == 0 {
			r.lost = append(r.lost, fmt.Sprintf("operation %s was not carried out, and the ledger says so: %s", operation, all))
		}
		for _, once := range []string{"started", "accepted", "approved", "succeeded"} {
			if strings.Count(all, once) > 1 {
				r.twice = append(r.twice, fmt.Sprintf("operation %s: %s", operation, all))
			}
		}
	}
	for _, each := range entries {
		if each.Event == "accepted" && each.Reason != "" {
			r.unknown++
		}
	}
}

// judgeCards counts the cards of each operation.
func (r *report) judgeCards(w *world) {
	cards := map[any]int{}
	for _, message := range w.Slack.Everything() {
		if payload, isCard := message.Metadata["event_payload"].(map[string]any); isCard && message.Metadata["event_type"] == "ecsbot_card" {
			cards[payload["operation"]]++
		}
	}
	r.cards = len(cards)
	for operation, count := range cards {
		if count > 1 {
			r.twice = append(r.twice, fmt.Sprintf("operation %v has %d cards", operation, count))
		}
	}
}
