package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"ecsbot/actions"
)

// pipes is a listener in memory, so that a test runs in a bubble of synctest.
type pipes struct {
	incoming chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func newPipes() *pipes {
	return &pipes{incoming: make(chan net.Conn), closed: make(chan struct{})}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.incoming:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.incoming <- server:
		return client, nil
	case <-p.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// call is one call of the Web API, or of a response_url.
type call struct {
	method string
	values url.Values
	body   string
	at     time.Time
}

// blocks is the JSON of the message that a call carries.
func (c call) blocks() string {
	if c.values.Get("blocks") != "" {
		return c.values.Get("blocks")
	}
	return c.body
}

// reaction is how the fake answers a method.
type reaction func(call call, w http.ResponseWriter)

// fakeSlack is as little of Slack as a pitfall needs, and does exactly what it is told.
type fakeSlack struct {
	t        *testing.T
	listener *pipes
	server   *http.Server
	onSocket func(*fakeSocket) // nil: hello, and open until the end

	mu        sync.Mutex
	calls     []call
	reactions map[string]reaction
	sockets   []*fakeSocket
	arrived   chan *fakeSocket
}

func newFakeSlack(t *testing.T) *fakeSlack {
	fake := &fakeSlack{t: t, listener: newPipes(), reactions: map[string]reaction{}, arrived: make(chan *fakeSocket, 1000)}
	fake.on("auth.test", says(`{"ok":true,"team_id":"T1","user_id":"UBOT","user":"ecsbot"}`))
	fake.on("apps.connections.open", says(`{"ok":true,"url":"ws://slack.test/socket?ticket=secret-ticket"}`))
	fake.on("usergroups.list", says(`{"ok":true,"usergroups":[{"id":"S1","users":["U1"]}]}`))
	fake.on("users.info", says(`{"ok":true,"user":{"id":"U1","team_id":"T1"}}`))
	fake.on("conversations.open", says(`{"ok":true,"channel":{"id":"D1"}}`))
	fake.server = &http.Server{Handler: fake}
	go func() { _ = fake.server.Serve(fake.listener) }()
	return fake
}

func (f *fakeSlack) close() {
	_ = f.server.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, socket := range f.sockets {
		_ = socket.conn.Close()
	}
}

func (f *fakeSlack) on(method string, answer reaction) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reactions[method] = answer
}

func says(body string) reaction {
	return func(_ call, w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
}

func refuses(code string) reaction { return says(fmt.Sprintf(`{"ok":false,"error":%q}`, code)) }

func limits(seconds string) reaction {
	return func(_ call, w http.ResponseWriter) {
		w.Header().Set("Retry-After", seconds)
		w.WriteHeader(http.StatusTooManyRequests)
	}
}

// inTurn answers each call with the next reaction, and stays with the last.
func inTurn(reactions ...reaction) reaction {
	var mu sync.Mutex
	return func(call call, w http.ResponseWriter) {
		mu.Lock()
		next := reactions[0]
		if len(reactions) > 1 {
			reactions = reactions[1:]
		}
		mu.Unlock()
		next(call, w)
	}
}

func (f *fakeSlack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/socket" {
		f.serveSocket(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	made := call{method: strings.TrimPrefix(r.URL.Path, "/api/"), body: string(body), at: time.Now()}
	made.values, _ = url.ParseQuery(made.body)
	f.mu.Lock()
	f.calls = append(f.calls, made)
	answer := f.reactions[made.method]
	count := len(f.calls)
	f.mu.Unlock()
	if answer == nil && made.method == "conversations.info" {
		answer = says(`{"ok":true,"channel":{"id":"C1"}}`)
	}
	if answer == nil {
		answer = says(fmt.Sprintf(`{"ok":true,"channel":%q,"ts":"1700000000.%06d","message_ts":"1.1"}`, made.values.Get("channel"), count))
	}
	answer(made, w)
}

// made is the calls of a method until now.
func (f *fakeSlack) made(method string) []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []call
	for _, call := range f.calls {
		if call.method == method {
			found = append(found, call)
		}
	}
	return found
}

// fakeSocket is Slack's end of one Socket Mode connection.
type fakeSocket struct {
	conn  *websocket.Conn
	acks  chan ackFrame
	write sync.Mutex
}

type ackFrame struct {
	ID      string          `json:"envelope_id"`
	Payload json.RawMessage `json:"payload"`
}

func (f *fakeSlack) serveSocket(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	socket := &fakeSocket{conn: conn, acks: make(chan ackFrame, 10_000)}
	f.mu.Lock()
	f.sockets = append(f.sockets, socket)
	f.mu.Unlock()
	if f.onSocket != nil {
		f.onSocket(socket)
		return
	}
	socket.hello()
	f.arrived <- socket
	socket.serve()
}

func (s *fakeSocket) hello() { s.send(`{"type":"hello","num_connections":1}`) }

// serve pings as Slack does and reads acknowledgements until the socket ends.
func (s *fakeSocket) serve() {
	ended := make(chan struct{})
	go func() {
		for {
			select {
			case <-ended:
				return
			case <-time.After(10 * time.Second):
				_ = s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second))
			}
		}
	}()
	defer close(ended)
	for {
		var ack ackFrame
		if err := s.conn.ReadJSON(&ack); err != nil {
			return
		}
		s.acks <- ack
	}
}

func (s *fakeSocket) send(frame string) {
	s.write.Lock()
	defer s.write.Unlock()
	_ = s.conn.WriteMessage(websocket.TextMessage, []byte(frame))
}

func (s *fakeSocket) command(number int, text string) {
	s.send(fmt.Sprintf(`{"envelope_id":"e%d","type":"slash_commands","accepts_response_payload":true,"payload":{"team_id":"T1",
		"channel_id":"C1","user_id":"U1","command":"/ecs","text":%q,"response_url":"http://slack.test/response/bearer-%d","trigger_id":"t%d"}}`,
		number, text, number, number))
}

func (s *fakeSocket) event(number int, inner string) {
	s.send(fmt.Sprintf(`{"envelope_id":"v%d","type":"events_api","payload":{"type":"event_callback","team_id":"T1","event_id":"Ev%d","event":%s}}`,
		number, number, inner))
}

// requests is the core, as a test wants it.
type requests func(ctx context.Context, request actions.Request, reply actions.Reply)

func (r requests) Do(ctx context.Context, request actions.Request, reply actions.Reply) {
	r(ctx, request, reply)
}

// Click and Submit tell what arrived.
func (r requests) Click(ctx context.Context, click actions.Click, reply actions.Reply) {
	r(ctx, actions.Request{ID: click.ID, Actor: click.Actor, Text: click.Button + " " + click.Value, Where: click.Where}, reply)
}

func (r requests) Submit(ctx context.Context, form actions.Submission, reply actions.Reply) {
	text := form.Form + " " + form.Value + " " + form.Reason
	if form.Fields != nil {
		text = fmt.Sprint(form.Form, form.Fields)
	}
	r(ctx, actions.Request{ID: form.ID, Actor: form.Actor, Text: text, Where: form.Where}, reply)
}

// Guide shows a form with one field.
func (r requests) Guide(ctx context.Context, _ actions.Guide, window actions.Window, _ actions.Reply) {
	_ = window.Show(ctx, actions.Sheet{Action: "restart", Fields: []actions.Field{{Name: "service", Label: "Service", Kind: actions.Search}}})
}

// Suggest offers a hundred choices that are as long as may be.
func (r requests) Suggest(_ context.Context, asked actions.Suggestion) []actions.Choice {
	var choices []actions.Choice
	for number := range 100 {
		name := fmt.Sprintf("%s-%03d-%s", asked.Typed, number, strings.Repeat("x", 140))
		choices = append(choices, actions.Choice{Value: name, Label: name})
	}
	return choices
}

// running is a bot that runs against a fake.
type running struct {
	*Bot
	fake *fakeSlack
	log  *journal
	book *prometheus.Registry
	stop func() error // ends Run and returns what it returned
	done chan error
}

// inBubble runs a test with a bot in a bubble of synctest, over connections in memory.
func inBubble(t *testing.T, prepare func(*fakeSlack, *Settings), core requests, test func(*testing.T, running)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		fake := newFakeSlack(t)
		defer fake.close()
		log := &journal{}
		book := prometheus.NewRegistry()
		settings := Settings{
			BotToken:     "xoxb-" + "sandbox-bot",
			AppToken:     "xapp-" + "sandbox-app",
			APIURL:       "http://slack.test/api",
			Dial:         fake.listener.dial,
			Connections:  1,
			AuditChannel: "C02AUDIT",
			Metrics:      NewMetrics(book),
			Reference:    func() string { return "REF1" },
			Log:          slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		}
		if prepare != nil {
			prepare(fake, &settings)
		}
		bot, err := New(settings)
		if err != nil {
			t.Fatal(err)
		}
		if core == nil {
			core = func(context.Context, actions.Request, actions.Reply) {}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- bot.Run(ctx, core) }()
		stopped := false
		stop := func() error {
			cancel()
			stopped = true
			return <-done
		}
		test(t, running{Bot: bot, fake: fake, log: log, book: book, stop: stop, done: done})
		cancel()
		if !stopped {
			<-done
		}
		noSecrets(t, log.String())
	})
}

// journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// count is the value of one of the bot's counters.
func (r running) count(name string) float64 {
	families, err := r.book.Gather()
	if err != nil {
		return -1
	}
	for _, family := range families {
		if family.GetName() == "ecsbot_slack_"+name {
			return family.GetMetric()[0].GetCounter().GetValue()
		}
	}
	return -1
}

// noSecrets holds a text against what must never be logged.
func noSecrets(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{"sandbox-bot", "sandbox-app", "bearer-", "secret-ticket"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %q:\n%s", secret, text)
		}
	}
}

// socket waits for the next connection.
func (r running) socket() *fakeSocket {
	socket := <-r.fake.arrived
	synctest.Wait()
	return socket
}

func tell(text string) requests {
	return func(ctx context.Context, _ actions.Request, reply actions.Reply) {
		_ = reply.Tell(ctx, actions.Say(actions.Good, text))
	}
}

// edited has a card show a message, and waits until it does.
func edited(ctx context.Context, cards *Cards, card actions.Card, message actions.Message) error {
	told := make(chan error, 1)
	cards.Edit(ctx, card, message, func(err error) { told <- err })
	return <-told
}
