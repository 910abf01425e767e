package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// asked is one slash command of a load.
type asked struct {
	person  string
	text    string
	service string // its full name; empty where the command is about none
	at      time.Time
}

// drive has the developers ask, so many each second in an open loop, and returns when Slack has
// an end to each: an acknowledgement, or 3 seconds without.
func drive(ctx context.Context, in *lab, perSecond int, questions []asked) error {
	return openLoop(ctx, perSecond, len(questions), func(i int) {
		questions[i].at = time.Now()
		_ = in.Slack.Command(questions[i].person, opsChannel, questions[i].text) // failures show as what is missing
	})
}

// acknowledged is how long the acknowledgements took that Slack got for commands since then,
// and how many commands had none within Slack's 3 seconds.
func acknowledged(in *lab, since time.Time) (times sample, missing int) {
	for _, envelope := range in.Slack.Envelopes() {
		switch {
		case envelope.Type != "slash_commands" || envelope.Sent.Before(since):
		case envelope.Acked.IsZero() || envelope.IsLate:
			missing++
		default:
			times = append(times, envelope.Acked.Sub(envelope.Sent))
		}
	}
	return times, missing
}

// visible is how long it took until each asker saw something about the service, and how many
// saw nothing.
func visible(in *lab, questions []asked) (times sample, missing int, err error) {
	shown := map[string][]time.Time{} // by person and service
	for i := range developers {
		messages, err := in.Slack.Messages(opsChannel, developer(i))
		if err != nil {
			return nil, 0, fmt.Errorf("looking at Slack as %s: %w", developer(i), err)
		}
		for _, message := range messages {
			if service := serviceIn(message.Text, message.Blocks); message.Ephemeral && service != "" {
				key := developer(i) + " " + service
				shown[key] = append(shown[key], stamped(message.TS))
			}
		}
	}
	for _, question := range questions {
		at, found := firstAfter(shown[question.person+" "+question.service], question.at)
		if !found {
			missing++
			continue
		}
		times = append(times, at.Sub(question.at))
	}
	return times, missing, nil
}

func firstAfter(times []time.Time, after time.Time) (time.Time, bool) {
	for _, at := range times {
		if !at.Before(after.Truncate(time.Microsecond)) {
			return at, true
		}
	}
	return time.Time{}, false
}

// serviceName is how the services of a generated fleet are called, followed by five digits.
const serviceName = "service-"

// serviceIn is the first service that a message names.
func serviceIn(text string, blocks []any) string {
	encoded, err := json.Marshal(blocks)
	if err != nil {
		return ""
	}
	_, rest, found := strings.Cut(text+string(encoded), serviceName)
	if !found || len(rest) < 5 {
		return ""
	}
	return serviceName + rest[:5]
}

// stamped is the time of a message: Slack's timestamps are seconds and microseconds.
func stamped(ts string) time.Time {
	seconds, micros, _ := strings.Cut(ts, ".")
	s, _ := strconv.ParseInt(seconds, 10, 64)
	m, _ := strconv.ParseInt(micros, 10, 64)
	return time.Unix(s, m*int64(time.Microsecond))
}
