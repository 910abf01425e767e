package slack

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits are how often the app may call what.
type Limits struct {
	// PerMinute is calls a minute by method, over any 60 seconds; methods that
	// are not named have DefaultPerMinute. Zero is without limit.
	PerMinute        map[string]int
	DefaultPerMinute int
	// MessagesPerSecond is the pace of chat.postMessage in one channel, with
	// bursts of MessageBurst, and MessagesPerMinute that of the whole workspace.
	MessagesPerSecond float64
	MessageBurst      int
	MessagesPerMinute int
	// Connections is how many sockets an app may hold open.
	Connections int
}

// Tiers of docs.slack.dev/apis/web-api/rate-limits, in calls a minute.
const (
	tier2 = 20
	tier3 = 50
	tier4 = 100
)

// DefaultLimits are Slack's own (docs.slack.dev/apis/web-api/rate-limits and the
// page of each method); the burst of chat.postMessage is not published.
func DefaultLimits() Limits {
	perMinute := map[string]int{}
	for tier, names := range map[int]string{
		tier2: "usergroups.list usergroups.users.list users.list conversations.list pins.add bookmarks.add",
		tier3: "chat.update chat.delete files.delete conversations.info conversations.history conversations.replies conversations.open " +
			"conversations.join reactions.add team.info apps.connections.open users.conversations bots.info",
		tier4: "chat.postEphemeral views.open views.push views.update views.publish users.info conversations.members " +
			"files.getUploadURLExternal files.completeUploadExternal files.info",
	} {
		for name := range strings.FieldsSeq(names) {
			perMinute[name] = tier
		}
	}
	return Limits{
		PerMinute: perMinute, DefaultPerMinute: 0,
		MessagesPerSecond: 1, MessageBurst: 4, MessagesPerMinute: 300,
		Connections: 10,
	}
}

// Unlimited lets an app call as often as it likes; the number of sockets stays Slack's.
func Unlimited() Limits { return Limits{Connections: 10} }

// String prints the limits on one line.
func (l Limits) String() string {
	var parts []string
	for name, calls := range l.PerMinute {
		parts = append(parts, fmt.Sprintf("%s %d/min", name, calls))
	}
	slices.Sort(parts)
	if l.MessagesPerSecond > 0 {
		parts = append(parts, fmt.Sprintf("chat.postMessage %g/s a channel (burst %d)", l.MessagesPerSecond, l.MessageBurst))
	}
	if l.MessagesPerMinute > 0 {
		parts = append(parts, fmt.Sprintf("chat.postMessage %d/min", l.MessagesPerMinute))
	}
	if len(parts) == 0 {
		parts = append(parts, "calls without limit")
	}
	return strings.Join(append(parts, fmt.Sprintf("%d sockets", l.Connections)), ", ")
}

// limiter counts calls against the limits.
type limiter struct {
	limits   Limits
	mu       sync.Mutex
	windows  map[string][]time.Time
	channels map[string]*rate.Limiter
}

func newLimiter(limits *Limits) *limiter {
	return &limiter{limits: *limits, windows: map[string][]time.Time{}, channels: map[string]*rate.Limiter{}}
}

// wait says how long the caller must wait before this call is allowed; zero
// allows and counts it.
func (l *limiter) wait(method, channel string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	perMinute, named := l.limits.PerMinute[method]
	if !named {
		perMinute = l.limits.DefaultPerMinute
	}
	if method == "chat.postMessage" {
		perMinute = l.limits.MessagesPerMinute
		if wait := l.paced(channel, now); wait > 0 {
			return wait
		}
	}
	return l.windowed(method, perMinute, now)
}

func (l *limiter) windowed(method string, perMinute int, now time.Time) time.Duration {
	if perMinute <= 0 {
		return 0
	}
	calls := l.windows[method]
	for len(calls) > 0 && now.Sub(calls[0]) >= time.Minute {
		calls = calls[1:]
	}
	if len(calls) >= perMinute {
		l.windows[method] = calls
		return calls[0].Add(time.Minute).Sub(now)
	}
	l.windows[method] = append(calls, now)
	return 0
}

func (l *limiter) paced(channel string, now time.Time) time.Duration {
	if l.limits.MessagesPerSecond <= 0 {
		return 0
	}
	pace := l.channels[channel]
	if pace == nil {
		pace = rate.NewLimiter(rate.Limit(l.limits.MessagesPerSecond), l.limits.MessageBurst)
		l.channels[channel] = pace
	}
	if pace.AllowN(now, 1) {
		return 0
	}
	return time.Second
}

// retryAfter is the header's value: whole seconds, at least one.
func retryAfter(wait time.Duration) string {
	return fmt.Sprint(max(1, int(math.Ceil(wait.Seconds()))))
}
