package bot

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// Guards around slack-go's Socket Mode, whose own loop dials again at once after every
// disconnect and waits up to 5 minutes after errors.
const (
	stagger          = time.Second     // between the starts of two connections
	connectsMost     = 5               // per minute, for one connection, of those that did not last
	lasting          = 2 * time.Second // how long a connection has to last to be of use
	connectsWindow   = time.Minute
	stormPause       = 10 * time.Second
	stormPauseMost   = 5 * time.Minute
	calmAfter        = 10 * time.Minute
	unreachablePause = 30 * time.Second // the longest wait while Slack cannot be reached
	recountPause     = 30 * time.Second // between closing a connection and the count of the next
)

var (
	errStorm       = errors.New("every connection is ended by Slack as soon as it is made")
	errUnreachable = errors.New("no connection to Slack can be made")
	errRecount     = errors.New("asking Slack again how many connections there are")
)

// connection is one of the process's Socket Mode connections. Two are open at a time, since
// slack-go drops a socket before it opens the next.
type connection struct {
	number  int
	api     *slack.Client
	wire    *transport
	links   *links
	log     *slog.Logger
	metrics *Metrics
	take    func(envelope) // never blocks
	lost    func(answer)   // an acknowledgement that was not written; never blocks
	told    func(tally)    // how many connections Slack counts; never blocks
	own     int            // connections of this process
	recount chan struct{}  // asks for a new connection, and so for a new count
	settled bool           // this socket was made to count again
	last    time.Time      // when it was opened
	opened  []time.Time    // within connectsWindow, after one that did not last
}

// run keeps the connection up until the context ends or Slack refuses the token.
func (c *connection) run(ctx context.Context) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = stormPause, stormPauseMost
	if !sleep(ctx, time.Duration(c.number)*stagger) {
		return nil
	}
	for {
		began := time.Now()
		err := c.session(ctx)
		c.links.set(c.number, false)
		if ctx.Err() != nil {
			return nil
		}
		if isRefusedToken(err) {
			return refusedToken(appVariable, err)
		}
		if c.settled = errors.Is(err, errRecount); c.settled {
			if !sleep(ctx, recountPause) {
				return nil
			}
			continue
		}
		if time.Since(began) > calmAfter {
			pause.Reset()
		}
		wait := min(pause.NextBackOff(), stormPauseMost)
		if errors.Is(err, errStorm) {
			c.metrics.Storms.Inc()
		} else {
			wait = min(wait, unreachablePause)
		}
		c.log.Error("a Slack connection is held back", "connection", c.number, "error", redacted(err), "wait", wait)
		if !sleep(ctx, wait) {
			return nil
		}
	}
}

// session runs slack-go's client until it gives up, or a guard does. Its events are read
// without ever waiting for anything else: a reader that waits stops slack-go for good.
func (c *connection) session(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	client := socketmode.New(c.api,
		socketmode.OptionDialer(c.wire.socket),
		socketmode.OptionReadLimit(socketReads),
		socketmode.OptionLog(library{log: c.log}),
	)
	ended := make(chan error, 1)
	go func() { ended <- client.RunContext(ctx) }()
	var guarded error
	for {
		select {
		case event := <-client.Events:
			if err := c.event(client, event); err != nil && guarded == nil {
				guarded = err
				cancel()
			}
		case <-c.recount:
			if guarded == nil {
				guarded = errRecount
				cancel()
			}
		case err := <-ended:
			if guarded != nil {
				return guarded
			}
			return err
		}
	}
}

// event handles one of slack-go's events; an error ends the session.
func (c *connection) event(client *socketmode.Client, event socketmode.Event) error {
	switch event.Type {
	case socketmode.EventTypeConnecting:
		c.links.set(c.number, false)
	case socketmode.EventTypeConnected:
		return c.connected()
	case socketmode.EventTypeHello:
		c.hello(event.Request)
	case socketmode.EventTypeConnectionError:
		return c.unconnected(event.Data)
	case socketmode.EventTypeErrorWriteFailed:
		c.unwritten(event.Data)
	case socketmode.EventTypeErrorBadMessage:
		if bad, ok := event.Data.(*socketmode.ErrorBadMessage); ok {
			c.take(readEnvelope(c.acker(client), bad.Message))
		}
	case socketmode.EventTypeEventsAPI, socketmode.EventTypeInteractive, socketmode.EventTypeSlashCommand:
		c.take(envelope{
			acker:   c.acker(client),
			ID:      event.Request.EnvelopeID,
			Type:    event.Request.Type,
			Payload: event.Request.Payload,
			Accepts: event.Request.AcceptsResponsePayload,
		})
	case socketmode.EventTypeIncomingError:
		c.log.Debug("a Slack connection broke", "connection", c.number)
	case socketmode.EventTypeInvalidAuth, socketmode.EventTypeDisconnect:
		// slack-go's RunContext ends with the error; a disconnect is never handed out
	}
	return nil
}

// connected counts the sockets: Slack may take every one and end it at once
// (too_many_websockets, link_disabled), which slack-go repeats as fast as it can.
func (c *connection) connected() error {
	c.metrics.Connections.Inc()
	now := time.Now()
	lasted := now.Sub(c.last) >= lasting
	if c.last = now; lasted {
		return nil
	}
	recent := c.opened[:0]
	for _, at := range c.opened {
		if now.Sub(at) < connectsWindow {
			recent = append(recent, at)
		}
	}
	c.opened = append(recent, now)
	if len(c.opened) > connectsMost {
		c.opened = nil
		return errStorm
	}
	return nil
}

func (c *connection) hello(request *socketmode.Request) {
	c.links.set(c.number, true)
	if request == nil || request.NumConnections <= c.own {
		return
	}
	c.told(tally{count: request.NumConnections, settled: c.settled})
}

// unconnected looks at why a connection could not be made. slack-go tries again whatever the
// reason; a refused token ends the program instead.
func (c *connection) unconnected(data any) error {
	problem, ok := data.(*slack.ConnectionErrorEvent)
	if !ok {
		return nil
	}
	if isRefusedToken(problem.ErrorObj) {
		return problem.ErrorObj
	}
	c.log.Warn("connecting to Slack", "connection", c.number, "error", redacted(problem.ErrorObj), "again_in", problem.Backoff)
	if _, told := toldWait(problem.ErrorObj); !told && problem.Backoff > unreachablePause {
		return errUnreachable
	}
	return nil
}

func (c *connection) unwritten(data any) {
	c.metrics.AckFailures.Inc()
	problem, ok := data.(*socketmode.ErrorWriteFailed)
	if !ok || problem.Response == nil {
		return
	}
	c.log.Warn("an acknowledgement was not written", "connection", c.number, "envelope", problem.Response.EnvelopeID)
	if payload, ok := problem.Response.Payload.(answer); ok {
		c.lost(payload)
	}
}

func (c *connection) acker(client *socketmode.Client) acker {
	return acker{client: client, links: c.links, number: c.number, epoch: c.links.epoch(c.number)}
}
