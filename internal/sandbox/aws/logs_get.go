package aws

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

type getLogEventsInput struct {
	LogGroupName       string `json:"logGroupName"`
	LogGroupIdentifier string `json:"logGroupIdentifier"`
	LogStreamName      string `json:"logStreamName"`
	StartTime          *int64 `json:"startTime"`
	EndTime            *int64 `json:"endTime"`
	NextToken          string `json:"nextToken"`
	Limit              *int   `json:"limit"`
	StartFromHead      bool   `json:"startFromHead"`
	Unmask             bool   `json:"unmask"`
}

type getLogEventsOutput struct {
	Events            []outputEvent `json:"events"`
	NextForwardToken  string        `json:"nextForwardToken"`
	NextBackwardToken string        `json:"nextBackwardToken"`
}

type outputEvent struct {
	Timestamp     int64  `json:"timestamp"`
	Message       string `json:"message"`
	IngestionTime int64  `json:"ingestionTime"`
}

// mark is a place between two events of a stream: just after an event, or just before it.
type mark struct {
	at     int64
	number int
}

func getLogEvents(c *call, in *getLogEventsInput) (*getLogEventsOutput, error) {
	group, err := c.group(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	if in.LogStreamName == "" || strings.ContainsAny(in.LogStreamName, ":*") {
		return nil, invalid("1 validation error detected: Value '%s' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*", in.LogStreamName)
	}
	size, err := limit(in.Limit, mostEventsPerPage, mostEventsPerPage)
	if err != nil {
		return nil, err
	}
	w, err := windowOf(in.StartTime, in.EndTime, c.now)
	if err != nil {
		return nil, err
	}
	if err := c.mayRead("logs:GetLogEvents", group, in.LogStreamName); err != nil {
		return nil, err
	}
	known, ok := group.stream(in.LogStreamName)
	if !ok {
		return nil, noStream()
	}
	return in.read(known, w, size)
}

// read is one page. A page beyond either end is empty and returns the token that asked for it.
func (in *getLogEventsInput) read(from *stream, w window, size int) (*getLogEventsOutput, error) {
	if in.NextToken == "" {
		events := scan(from, w, size, in.StartFromHead)
		return marked(events, mark{at: w.from}, mark{at: w.to, number: 1 << 50}), nil
	}
	direction, place, ok := parseMark(in.NextToken)
	if !ok {
		return nil, invalid("The specified nextToken is invalid.")
	}
	forward := direction == "f"
	events := scan(from, place.beyond(w, forward), size, forward, func(e logEvent) bool { return place.passed(e, forward) })
	return marked(events, place, place), nil
}

// beyond is the part of the window that lies ahead of the mark.
func (m mark) beyond(w window, forward bool) window {
	if forward {
		return window{max(w.from, m.at), w.to}
	}
	return window{w.from, min(w.to, m.at)}
}

// passed reports whether the event lies behind the mark, or is the marked one.
func (m mark) passed(e logEvent, forward bool) bool {
	before := e.at < m.at || e.at == m.at && e.number <= m.number
	after := e.at > m.at || e.at == m.at && e.number >= m.number
	return forward && before || !forward && after
}

// scan takes the first or the last events of a stream's window, as many as a page holds.
func scan(from *stream, w window, size int, forward bool, skip ...func(logEvent) bool) []logEvent {
	look := search{Newest: !forward, To: w.to}
	var events []logEvent
	bytes := 0
	for event := range look.events([]*stream{from}, look.left([]*stream{from}, w.from)) {
		if len(skip) > 0 && skip[0](event) {
			continue
		}
		bytes += len(event.text) + eventOverhead
		if len(events) == size || bytes > mostBytesPerPage {
			break
		}
		events = append(events, event)
	}
	if !forward {
		slices.Reverse(events)
	}
	return events
}

// marked is the answer with the tokens before its first and after its last event; an empty one
// keeps the marks that were given.
func marked(events []logEvent, before, after mark) *getLogEventsOutput {
	out := &getLogEventsOutput{Events: []outputEvent{}}
	for _, event := range events {
		out.Events = append(out.Events, outputEvent{event.at, event.text, event.arrived})
	}
	if len(events) > 0 {
		first, last := events[0], events[len(events)-1]
		before, after = mark{first.at, first.number}, mark{last.at, last.number}
	}
	out.NextBackwardToken, out.NextForwardToken = before.token("b"), after.token("f")
	return out
}

func (m mark) token(direction string) string {
	return fmt.Sprintf("%s/%020d%020d/s", direction, m.at, m.number)
}

func parseMark(token string) (direction string, m mark, ok bool) {
	parts := strings.Split(token, "/")
	if len(parts) != 3 || parts[0] != "f" && parts[0] != "b" || len(parts[1]) != 40 || parts[2] != "s" {
		return "", m, false
	}
	at, wrongTime := strconv.ParseInt(parts[1][:20], 10, 64)
	number, wrongNumber := strconv.Atoi(parts[1][20:])
	return parts[0], mark{at, number}, wrongTime == nil && wrongNumber == nil
}
