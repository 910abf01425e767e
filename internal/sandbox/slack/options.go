package slack

import (
	"math/rand/v2"
	"time"
)

// Tokens that the sandbox knows. They are made up, and worth nothing elsewhere.
const (
	BotToken = "xoxb-" + "sandbox-bot"
	AppToken = "xapp-" + "sandbox-app"
)

// Options are the parameters of a workspace; the zero value is as strict as Slack.
type Options struct {
	// Workspace is who and what is there at first; nil is DemoWorkspace.
	Workspace *Workspace
	// BaseURL is where the server is reached from outside, its prefix included;
	// nil takes the Host of each request and no prefix.
	BaseURL func() string
	// Limits are the rate limits; nil is DefaultLimits.
	Limits *Limits
	// Latency is added to every Web API call and response URL.
	Latency time.Duration
	// Patience is how long an app may take to acknowledge, and how long a trigger_id can be
	// exchanged; 0 is Slack's own 3 s (docs.slack.dev/apis/events-api/using-socket-mode,
	// docs.slack.dev/interactivity/handling-user-interaction).
	Patience time.Duration
	// ShareDelay is how long a completed upload takes to show in its channel; 0 is 300 ms.
	ShareDelay time.Duration
	// PingInterval is the time between the server's pings on a socket; 0 is 10 s.
	PingInterval time.Duration
	// ConnectionLife is how long a socket lives; 0 is an hour, as Slack says in hello.
	ConnectionLife time.Duration
	// CountsAsNumbers makes subteam_members_changed carry its counts as numbers;
	// Slack's documented example has strings.
	CountsAsNumbers bool
	// Keep is how many calls and envelopes are remembered; 0 is 5,000.
	Keep int
	// Chance gives numbers in [0,1) for faults with a probability; nil is a random source.
	Chance func() float64
}

func (o Options) complete() Options {
	if o.Workspace == nil {
		demo := DemoWorkspace()
		o.Workspace = &demo
	}
	if o.Limits == nil {
		limits := DefaultLimits()
		o.Limits = &limits
	}
	o.Patience = or(o.Patience, 3*time.Second)
	o.ShareDelay = or(o.ShareDelay, 300*time.Millisecond)
	o.PingInterval = or(o.PingInterval, 10*time.Second)
	o.ConnectionLife = or(o.ConnectionLife, time.Hour)
	o.Keep = or(o.Keep, 5000)
	if o.Chance == nil {
		o.Chance = rand.Float64
	}
	return o
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
