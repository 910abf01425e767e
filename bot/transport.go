package bot

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
)

// Nothing that asks Slack may wait without end: slack-go's own client has no timeout at all.
const (
	dialTimeout   = 10 * time.Second
	callTimeout   = 30 * time.Second
	socketReads   = 8 << 20  // bytes of one message; Slack's largest is a view of 250 KB
	socketWriting = 32 << 10 // bytes; an acknowledgement must leave in one frame
	idlePerHost   = 16
)

// Dial opens a connection to Slack. Tests pass one that stays in memory.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// transport is how Slack is reached.
type transport struct {
	http   *http.Client
	round  *http.Transport
	socket *websocket.Dialer
}

func newTransport(dial Dial) *transport {
	proxy := http.ProxyFromEnvironment
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext
	} else {
		proxy = nil
	}
	round := &http.Transport{
		Proxy:                 proxy,
		DialContext:           timed(dial),
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: callTimeout,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   idlePerHost,
		ForceAttemptHTTP2:     true,
	}
	return &transport{
		http:  &http.Client{Timeout: callTimeout, Transport: round},
		round: round,
		socket: &websocket.Dialer{
			Proxy:            proxy,
			NetDialContext:   timed(dial),
			HandshakeTimeout: dialTimeout,
			WriteBufferSize:  socketWriting,
		},
	}
}

// timed bounds a dial that would not bound itself.
func timed(dial Dial) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		return dial(ctx, network, address)
	}
}

// client makes slack-go's client for the Web API.
func (t *transport) client(settings Settings) *slack.Client {
	return slack.New(settings.BotToken,
		slack.OptionAppLevelToken(settings.AppToken),
		slack.OptionAPIURL(apiAddress(settings.APIURL)),
		slack.OptionHTTPClient(t.http),
		slack.OptionLog(library{log: settings.Log}),
	)
}

// apiAddress takes the address of an API with or without its last slash.
func apiAddress(address string) string {
	if address == "" {
		return slack.APIURL
	}
	return strings.TrimRight(address, "/") + "/"
}

// library takes what slack-go logs. The words are not kept: they may hold message text.
type library struct{ log *slog.Logger }

// Output counts one line of slack-go's log.
func (l library) Output(_ int, line string) error {
	l.log.Debug("slack-go logged a line", "bytes", len(line))
	return nil
}
