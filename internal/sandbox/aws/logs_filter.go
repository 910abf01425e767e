package aws

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The bounds of a page of events (CloudWatch Logs API reference, FilterLogEvents).
const (
	mostEventsPerPage = 10_000
	mostBytesPerPage  = 1 << 20
	mostStreams       = 100
	mostTimePerPage   = 24 * time.Hour // looked through; AWS does not say how much it is
	eventOverhead     = 26             // bytes that CloudWatch Logs counts for each event
)

// newestFirstSince is the earliest start time for which events come newest first (CloudWatch
// Logs API reference, FilterLogEvents: 1 January 2024).
const newestFirstSince = 1_704_067_200_000

type filterLogEventsInput struct {
	LogGroupName        string   `json:"logGroupName"`
	LogGroupIdentifier  string   `json:"logGroupIdentifier"`
	LogStreamNames      []string `json:"logStreamNames"`
	LogStreamNamePrefix string   `json:"logStreamNamePrefix"`
	StartTime           *int64   `json:"startTime"`
	EndTime             *int64   `json:"endTime"`
	FilterPattern       string   `json:"filterPattern"`
	NextToken           string   `json:"nextToken"`
	Limit               *int     `json:"limit"`
	Interleaved         *bool    `json:"interleaved"`
	StartFromHead       *bool    `json:"startFromHead"`
	Unmask              bool     `json:"unmask"`
}

type filterLogEventsOutput struct {
	Events             []filteredEvent `json:"events"`
	SearchedLogStreams []struct{}      `json:"searchedLogStreams"`
	NextToken          string          `json:"nextToken,omitempty"`
}

type filteredEvent struct {
	LogStreamName string `json:"logStreamName"`
	Timestamp     int64  `json:"timestamp"`
	Message       string `json:"message"`
	IngestionTime int64  `json:"ingestionTime"`
	EventID       string `json:"eventId"`
}

// search is a FilterLogEvents on its way through the pages. Its token has where it stands.
type search struct {
	Query   uint64 `json:"q"` // of the parameters, which must stay the same
	Newest  bool   `json:"n"` // newest first
	To      int64  `json:"t"` // end of the window, fixed by the first page
	At      int64  `json:"a"` // the last event seen, if any: millisecond, stream, number
	Stream  string `json:"s"`
	Number  int    `json:"m"`
	Edge    int64  `json:"e"` // the end of the time that was looked through, whatever was there
	Started bool   `json:"b"`
}

func filterLogEvents(c *call, in *filterLogEventsInput) (*filterLogEventsOutput, error) {
	group, err := c.group(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	size, err := limit(in.Limit, mostEventsPerPage, mostEventsPerPage)
	if err != nil {
		return nil, err
	}
	matching, err := in.validate(c.now)
	if err != nil {
		return nil, err
	}
	if err := c.mayRead("logs:FilterLogEvents", group, ""); err != nil {
		return nil, err
	}
	streams, err := in.streams(group)
	if err != nil {
		return nil, err
	}
	position, err := in.position(c.now)
	if err != nil {
		return nil, err
	}
	return position.page(in, streams, matching, size), nil
}

func (in *filterLogEventsInput) validate(now time.Time) (pattern, error) {
	switch {
	case in.LogStreamNames != nil && in.LogStreamNamePrefix != "":
		return pattern{}, invalid("logStreamNames and logStreamNamePrefix cannot be used together.")
	case in.LogStreamNames != nil && (len(in.LogStreamNames) == 0 || len(in.LogStreamNames) > mostStreams):
		return pattern{}, invalid("1 validation error detected: Value at 'logStreamNames' failed to satisfy constraint: Member must have length between 1 and 100")
	case len(in.FilterPattern) > 1024:
		return pattern{}, invalid("1 validation error detected: Value at 'filterPattern' failed to satisfy constraint: Member must have length less than or equal to 1024")
	case in.StartFromHead != nil && !*in.StartFromHead && in.StartTime != nil && *in.StartTime < newestFirstSince && now.UnixMilli() >= newestFirstSince:
		return pattern{}, invalid("startFromHead can be false only when startTime is on or after Jan 1, 2024 00:00:00 UTC.")
	}
	return parsePattern(in.FilterPattern)
}

// streams are those that are searched.
func (in *filterLogEventsInput) streams(group *logGroup) ([]*stream, error) {
	if in.LogStreamNames == nil {
		return slices.DeleteFunc(slices.Clone(group.streams), func(s *stream) bool {
			return !strings.HasPrefix(s.name, in.LogStreamNamePrefix)
		}), nil
	}
	var streams []*stream
	for _, name := range in.LogStreamNames {
		known, ok := group.stream(name)
		if !ok {
			return nil, noStream()
		}
		if !slices.Contains(streams, known) {
			streams = append(streams, known)
		}
	}
	return streams, nil
}

// position is where the page begins: at the start, or where the token says.
func (in *filterLogEventsInput) position(now time.Time) (search, error) {
	w, err := windowOf(in.StartTime, in.EndTime, now)
	if err != nil {
		return search{}, err
	}
	query := hash(fmt.Sprint(in.LogGroupName, in.LogGroupIdentifier, in.LogStreamNames, in.LogStreamNamePrefix, in.FilterPattern, orZero(in.StartTime), orZero(in.EndTime)))
	if in.NextToken == "" {
		return search{Query: query, Newest: in.StartFromHead != nil && !*in.StartFromHead, To: w.to}, nil
	}
	var position search
	text, ok := readToken(in.NextToken)
	if !ok || json.Unmarshal([]byte(text), &position) != nil || position.Query != query {
		return search{}, invalid("The specified nextToken is invalid.")
	}
	return position, nil
}

func orZero(value *int64) int64 {
	if value == nil {
		return 0
	}
	return *value
}

// token is the position as clients carry it.
func (s search) token() string {
	text, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	return writeToken(string(text))
}

// page is the next page. Without a start time the first one is empty, as AWS's may be at any
// time; and a page ends after 1 MB of events looked at, or a day, found or not.
func (s search) page(in *filterLogEventsInput, streams []*stream, matching pattern, size int) *filterLogEventsOutput {
	out := &filterLogEventsOutput{Events: []filteredEvent{}, SearchedLogStreams: []struct{}{}}
	if in.StartTime == nil && !s.Started {
		s.Started = true
		out.NextToken = s.token()
		return out
	}
	near, edge := s.near(s.left(streams, orZero(in.StartTime)))
	looked := 0
	for event := range s.events(streams, near) {
		looked += len(event.text) + eventOverhead
		if len(out.Events) == size || looked > mostBytesPerPage {
			out.NextToken = s.token()
			return out
		}
		s.Started, s.At, s.Stream, s.Number = true, event.at, event.stream.name, event.number
		if matching.matches(event.text) {
			out.Events = append(out.Events, event.filtered())
		}
	}
	if edge != 0 {
		s.Started, s.Edge = true, edge
		out.NextToken = s.token()
	}
	return out
}

func (e logEvent) filtered() filteredEvent {
	return filteredEvent{
		LogStreamName: e.stream.name, Timestamp: e.at, Message: e.text, IngestionTime: e.arrived,
		EventID: fmt.Sprintf("%019d%037d", e.at, mix(e.stream.seed, uint64(e.number))),
	}
}
