package chaos

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"ecsbot/internal/sandbox/slack"
)

// entry is what matters of a line of `audit export`.
type entry struct {
	Seq       int64  `json:"seq"`
	Operation string `json:"operation"`
	Event     string `json:"event"`
	Target    string `json:"target"`
	Reason    string `json:"reason"`
}

// judge waits until every operation has ended and every entry is shown, and then holds
// everything against everything.
func (w *world) judge(ctx context.Context, patience time.Duration) (report, error) {
	if err := w.askAround(ctx); err != nil {
		return report{}, err
	}
	r := report{kills: w.kills, stalls: w.stalls, clicks: w.clicks}
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
	r.judgeAnswers(w.Slack.Asked())
	r.judgeChanges(w, entries)
	r.judgeRaces(w.races, entries)
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

// over says whether an operation that came to this is over.
func over(event string) bool {
	switch event {
	case "asked", "approved", "started", "accepted", "unknown":
		return false
	}
	return true
}

// open are the operations that have begun and not ended.
func open(entries []entry) []string {
	last := map[string]string{}
	for _, each := range entries {
		last[each.Operation] = each.Event
	}
	var left []string
	for operation, event := range last {
		if !over(event) {
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
	r.shown, r.messages = number(1), number(2)
	if number(4) > 0 {
		r.twice = append(r.twice, found[4]+" entries are shown twice in the audit channel")
	}
	if number(5) > 0 {
		r.lost = append(r.lost, found[5]+" entries are not shown in the audit channel")
	}
}

// answerTime is how long a bot may take for its first word, other than by its end.
const answerTime = 20 * time.Second

// judgeAnswers looks for commands that were met with silence although the connection that
// took them stayed open: it ends with its bot.
func (r *report) judgeAnswers(asked []slack.Asked) {
	r.asked = len(asked)
	for _, each := range asked {
		switch {
		case each.Answers > 0:
			r.answered++
		case each.Refusal != "":
			r.refused++
		case !each.Ended.IsZero() && each.Ended.Sub(each.At) < answerTime:
			r.cut++
		default:
			r.lost = append(r.lost, fmt.Sprintf("%q at %v was not answered", each.Text, each.At))
		}
	}
}

// judgeRaces looks for the one outcome of each request for which several clicks raced.
func (r *report) judgeRaces(races map[string]bool, entries []entry) {
	r.races = len(races)
	r.outcomes = map[string]int{}
	ends := map[string][]string{}
	for _, each := range entries {
		if races[each.Operation] && over(each.Event) {
			ends[each.Operation] = append(ends[each.Operation], each.Event)
		}
	}
	for operation := range races {
		switch all := ends[operation]; len(all) {
		case 0:
			r.lost = append(r.lost, "operation "+operation+", for which clicks raced, has no outcome")
		case 1:
			r.outcomes[all[0]]++
		default:
			r.twice = append(r.twice, fmt.Sprintf("operation %s, for which clicks raced, ended %v", operation, all))
		}
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
