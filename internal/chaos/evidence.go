package chaos

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"ecsbot/internal/sandbox/aws"
	"ecsbot/internal/sandbox/slack"
)

// Evidence is what is left when the trouble is over and everything had its time.
type Evidence struct {
	Lines    []string // the ledger, as `audit export` has it
	Printed  []string // entries that a bot said were stored
	Channel  string   // what `audit verify --channel` printed
	Calls    []aws.Call
	Asked    []slack.Asked
	Messages []slack.Message
	Races    map[string]bool // operations for which clicks raced
}

// entry is what matters of a line of `audit export`.
type entry struct {
	Seq       int64  `json:"seq"`
	Operation string `json:"operation"`
	Event     string `json:"event"`
	Target    string `json:"target"`
	Reason    string `json:"reason"`
}

// Judge holds everything against everything else.
func Judge(left Evidence) (Report, error) {
	var r Report
	entries, err := left.entries()
	if err != nil {
		return r, err
	}
	r.entries = len(entries)
	for _, operation := range open(entries) {
		r.lost = append(r.lost, "operation "+operation+" has not ended")
	}
	stored := map[string]bool{}
	for _, line := range left.Lines {
		stored[line] = true
	}
	for _, line := range left.Printed {
		if !stored[line] {
			r.lost = append(r.lost, "an entry that was stored is not in the ledger: "+line)
		}
	}
	r.judgeChannel(left.Channel)
	r.judgeAnswers(left.Asked)
	r.judgeChanges(left.Calls, entries)
	r.judgeRaces(left.Races, entries)
	r.judgeCards(left.Messages)
	return r, nil
}

func (e Evidence) entries() ([]entry, error) {
	entries := make([]entry, len(e.Lines))
	for i, line := range e.Lines {
		if err := json.Unmarshal([]byte(line), &entries[i]); err != nil {
			return nil, fmt.Errorf("reading the export: %w", err)
		}
	}
	return entries, nil
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
func (r *Report) judgeChannel(text string) {
	found := counts.FindStringSubmatch(text)
	if found == nil {
		r.lost = append(r.lost, "the audit channel does not fit the ledger: "+text)
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
func (r *Report) judgeAnswers(asked []slack.Asked) {
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
func (r *Report) judgeRaces(races map[string]bool, entries []entry) {
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
func (r *Report) judgeChanges(calls []aws.Call, entries []entry) {
	made := map[string]int{}
	for _, call := range calls {
		if call.Operation != "UpdateService" || !call.Done {
			continue
		}
		if call.Error == "" || call.Error == "cut" || call.Error == "gone" {
			made[call.Principal.Tags["RequestId"]]++
			r.changes++
		}
	}
	events, reasons := map[string][]string{}, map[string]string{}
	for _, each := range entries {
		events[each.Operation] = append(events[each.Operation], each.Event)
		reasons[each.Operation] += each.Reason
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
			r.lost = append(r.lost, fmt.Sprintf("operation %s was carried out, and the ledger does not say so: %s (%s)", operation, steps, reasons[operation]))
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
func (r *Report) judgeCards(messages []slack.Message) {
	cards := map[any]int{}
	for _, message := range messages {
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
