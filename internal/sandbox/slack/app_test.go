package slack_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"ecsbot/internal/sandbox/slack"
)

// pipes is a listener whose connections are in memory, so that time can be faked.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "sandbox", Net: "unix"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// world is a workspace that is served in memory, and an HTTP client to it.
type world struct {
	*slack.Server
	t      *testing.T
	pipes  *pipes
	client *http.Client
}

const address = "http://sandbox/slack"

func newWorld(t *testing.T, options slack.Options) *world {
	t.Helper()
	w := &world{Server: slack.New(options), t: t, pipes: newPipes()}
	transport := &http.Transport{DialContext: w.pipes.dial}
	w.client = &http.Client{Transport: transport}
	mux := http.NewServeMux()
	mux.Handle("/slack/", http.StripPrefix("/slack", w.Server))
	mux.Handle("/sandbox/slack/", http.StripPrefix("/sandbox/slack", w.People()))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(w.pipes) }()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		w.Close()
		_ = server.Close()
		<-done
	})
	return w
}

func served(t *testing.T) *world {
	t.Helper()
	limits := slack.Unlimited()
	return newWorld(t, slack.Options{BaseURL: func() string { return address }, Limits: &limits})
}

// api is a bot's Web API client of slack-go.
func (w *world) api() *slackgo.Client {
	return slackgo.New(slack.BotToken, slackgo.OptionAppLevelToken(slack.AppToken),
		slackgo.OptionAPIURL(address+"/api/"), slackgo.OptionHTTPClient(w.client))
}

// app is a bot on slack-go: what it receives goes to its handler.
type app struct {
	*slackgo.Client
	socket *socketmode.Client
}

func (w *world) run(handle func(app, socketmode.Event)) app {
	w.t.Helper()
	api := w.api()
	a := app{Client: api, socket: socketmode.New(api, socketmode.OptionDialer(&websocket.Dialer{NetDialContext: w.pipes.dial}))}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = a.socket.RunContext(ctx) })
	running.Go(func() {
		for {
			select {
			case event := <-a.socket.Events:
				handle(a, event)
			case <-ctx.Done():
				return
			}
		}
	})
	w.t.Cleanup(func() { cancel(); w.Close(); running.Wait() })
	w.await(func() bool { return w.Connections() > 0 })
	return a
}

// await waits for a condition, and fails the test when it does not come about.
func (w *world) await(holds func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	if err := w.Await(ctx, holds); err != nil {
		w.t.Fatalf("waiting for a condition: %v", err)
	}
}

// messages are what a person sees in a channel.
func (w *world) messages(channel, person string) []slack.Message {
	w.t.Helper()
	messages, err := w.Messages(channel, person)
	if err != nil {
		w.t.Fatal(err)
	}
	return messages
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func read(r io.Reader) string {
	body, _ := io.ReadAll(r)
	return string(body)
}
