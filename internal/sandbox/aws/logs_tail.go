package aws

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream/eventstreamapi"
)

// The bounds of Live Tail (CloudWatch Logs API reference, StartLiveTail; CloudWatch Logs quotas).
const (
	mostTailGroups   = 10
	mostTailEvents   = 500 // of one update; of more, some are shown
	mostTailSessions = 15  // of an account and region at a time
	tailPause        = time.Second
	longestTail      = 3 * time.Hour
)

type startLiveTailInput struct {
	LogGroupIdentifiers   []string `json:"logGroupIdentifiers"`
	LogStreamNames        []string `json:"logStreamNames"`
	LogStreamNamePrefixes []string `json:"logStreamNamePrefixes"`
	LogEventFilterPattern string   `json:"logEventFilterPattern"`
}

// liveTail is a session: an answer that goes on.
type liveTail struct {
	call     *call
	in       *startLiveTailInput
	groups   []*logGroup
	matching pattern
	from     int64 // the next millisecond to show: it sends what is taken in from its start on
}

// tailEvent is one event as an update has it.
type tailEvent struct {
	LogStreamName      string `json:"logStreamName"`
	LogGroupIdentifier string `json:"logGroupIdentifier"`
	Message            string `json:"message"`
	Timestamp          int64  `json:"timestamp"`
	IngestionTime      int64  `json:"ingestionTime"`
}

func startLiveTail(c *call, in *startLiveTailInput) (*liveTail, error) {
	made := &liveTail{call: c, in: in, from: c.now.UnixMilli()}
	if err := in.validate(); err != nil {
		return nil, err
	}
	for _, identifier := range in.LogGroupIdentifiers {
		group, err := c.group("", identifier)
		if err != nil {
			return nil, err
		}
		if err := c.mayRead("logs:StartLiveTail", group, ""); err != nil {
			return nil, err
		}
		made.groups = append(made.groups, group)
	}
	var err error
	if made.matching, err = parsePattern(in.LogEventFilterPattern); err != nil {
		return nil, err
	}
	if c.place.tails >= mostTailSessions {
		return nil, refuse("LimitExceededException", "You have reached the maximum number of concurrent Live Tail sessions.")
	}
	c.place.tails++
	return made, nil
}

func (in *startLiveTailInput) validate() error {
	isNamed := in.LogStreamNames != nil || in.LogStreamNamePrefixes != nil
	switch {
	case len(in.LogGroupIdentifiers) == 0 || len(in.LogGroupIdentifiers) > mostTailGroups:
		return invalid("1 validation error detected: Value at 'logGroupIdentifiers' failed to satisfy constraint: Member must have length between 1 and 10")
	case slices.ContainsFunc(in.LogGroupIdentifiers, func(identifier string) bool { return !strings.HasPrefix(identifier, "arn:") }):
		return invalid("Each logGroupIdentifier must be the ARN of a log group.")
	case in.LogStreamNames != nil && in.LogStreamNamePrefixes != nil:
		return invalid("logStreamNames and logStreamNamePrefixes cannot be used together.")
	case isNamed && len(in.LogGroupIdentifiers) > 1:
		return invalid("Log streams can be named only with one log group.")
	case isNamed && (len(in.LogStreamNames)+len(in.LogStreamNamePrefixes) == 0 || len(in.LogStreamNames) > mostStreams):
		return invalid("1 validation error detected: Value at 'logStreamNames' failed to satisfy constraint: Member must have length between 1 and 100")
	}
	return nil
}

// end gives the session's place back.
func (t *liveTail) end() {
	t.call.server.mu.Lock()
	defer t.call.server.mu.Unlock()
	t.call.place.tails--
}

// serve sends the session as a stream of events (Smithy, "Amazon Event Stream Specification")
// until the client goes, or for three hours.
func (t *liveTail) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
	w.Header().Set("X-Amzn-RequestId", t.call.id)
	out := sender{w, http.NewResponseController(w), eventstream.NewEncoder()}
	out.event("initial-response", struct{}{})
	out.event("sessionStart", map[string]any{
		"requestId": t.call.id, "sessionId": t.call.id, "logGroupIdentifiers": t.in.LogGroupIdentifiers, "logStreamNames": orEmpty(t.in.LogStreamNames),
		"logStreamNamePrefixes": orEmpty(t.in.LogStreamNamePrefixes), "logEventFilterPattern": t.in.LogEventFilterPattern,
	})
	ticker := time.NewTicker(tailPause)
	defer ticker.Stop()
	over := time.NewTimer(longestTail)
	defer over.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-over.C:
			out.exception("SessionTimeoutException", "Your session has timed out.")
			return
		case <-ticker.C:
		}
		events, isSampled := t.next(time.Now())
		if !out.event("sessionUpdate", map[string]any{"sessionMetadata": map[string]bool{"sampled": isSampled}, "sessionResults": events}) {
			return
		}
	}
}

func orEmpty(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}

// next are the events since the last update, those that cannot be read yet among them.
func (t *liveTail) next(now time.Time) (events []tailEvent, isSampled bool) {
	s := t.call.server
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance(now)
	w := window{t.from, now.UnixMilli() - 1} // more may be written in this millisecond
	t.from = w.to + 1
	events = []tailEvent{}
	for _, group := range t.groups {
		for _, event := range interleaved(slices.DeleteFunc(slices.Clone(group.streams), func(s *stream) bool { return !t.in.wants(s.name) }), w, false) {
			if t.matching.matches(event.text) {
				events = append(events, tailEvent{event.stream.name, group.arn, event.text, event.at, event.arrived})
			}
		}
	}
	if isSampled = len(events) > mostTailEvents; isSampled {
		events = events[:mostTailEvents]
	}
	return events, isSampled
}

func (in *startLiveTailInput) wants(stream string) bool {
	if in.LogStreamNames == nil && in.LogStreamNamePrefixes == nil {
		return true
	}
	return slices.Contains(in.LogStreamNames, stream) ||
		slices.ContainsFunc(in.LogStreamNamePrefixes, func(prefix string) bool { return strings.HasPrefix(stream, prefix) })
}

// sender writes messages of an event stream.
type sender struct {
	to      http.ResponseWriter
	control *http.ResponseController
	encoder *eventstream.Encoder
}

// event sends one event; false where the client has gone.
func (s sender) event(name string, payload any) bool {
	return s.send(payload, eventstreamapi.EventMessageType, eventstreamapi.EventTypeHeader, name)
}

func (s sender) exception(name, message string) bool {
	return s.send(map[string]string{"message": message}, eventstreamapi.ExceptionMessageType, eventstreamapi.ExceptionTypeHeader, name)
}

func (s sender) send(payload any, kind, header, name string) bool {
	body, err := json.Marshal(payload)
	if err != nil {
		return false
	}
	var message eventstream.Message
	message.Headers.Set(eventstreamapi.MessageTypeHeader, eventstream.StringValue(kind))
	message.Headers.Set(header, eventstream.StringValue(name))
	message.Headers.Set(eventstreamapi.ContentTypeHeader, eventstream.StringValue("application/json"))
	message.Payload = body
	var encoded bytes.Buffer
	if err := s.encoder.Encode(&encoded, message); err != nil {
		return false
	}
	_, err = s.to.Write(encoded.Bytes())
	return err == nil && s.control.Flush() == nil
}
