package main

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ecsbot/internal/config"
	"ecsbot/internal/sandbox"
	sandboxaws "ecsbot/internal/sandbox/aws"
)

// world is the whole program against the whole sandbox, in one process and one bubble of
// time: the protocols are the real ones, the connections are in memory.
type world struct {
	t        *testing.T
	local    *local
	program  *program
	registry *prometheus.Registry
	log      *safeBuffer
	entries  *safeBuffer
	parts    parts
	text     []byte // of the configuration
	path     string
	end      func() error
	ahead    atomic.Int64 // of the bot's wall clock, in nanoseconds
}

// newWorld starts both and waits until the bot is ready.
func newWorld(t *testing.T, text []byte, fleet sandboxaws.Fleet, changes ...func(*sandboxaws.Options)) *world {
	t.Helper()
	network := newNetwork()
	path := filepath.Join(t.TempDir(), "ecsbot.yaml")
	loaded, err := config.Parse(path, text)
	if err != nil {
		t.Fatal(err)
	}
	boundary, err := boundaryOf(loaded)
	if err != nil {
		t.Fatal(err)
	}
	options := sandboxaws.Options{Fleet: fleet, Authorize: boundary.Authorize, Roles: boundary.Texts()}
	for _, change := range changes {
		change(&options)
	}
	local := newLocal(network, sandbox.Options{AWS: options})
	w := &world{t: t, local: local, log: &safeBuffer{}, entries: &safeBuffer{}, text: text, path: path}
	w.parts = parts{
		log: slog.New(slog.NewTextHandler(w.log, nil)), entries: w.entries,
		now:     func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) },
		awsHTTP: &http.Client{Transport: &http.Transport{DialContext: network.Dial}, Timeout: time.Minute},
	}
	local.point(&w.parts)
	w.parts.slack.Dial = network.Dial
	served := make(chan error, 1)
	go func() { served <- local.serve(context.Background()) }()
	t.Cleanup(func() {
		w.stop()
		local.close()
		w.parts.awsHTTP.CloseIdleConnections()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("log:\n%s", w.log.String())
		}
	})
	w.start()
	return w
}

// start starts the program and waits until it is ready.
func (w *world) start() {
	w.t.Helper()
	loaded, err := config.Parse(w.path, w.text)
	if err != nil {
		w.t.Fatal(err)
	}
	p := w.parts
	w.registry = newRegistry()
	p.config, p.registry = loaded, w.registry
	ctx, cancel := context.WithCancel(context.Background())
	if w.program, err = newProgram(ctx, p); err != nil {
		w.t.Fatal(err)
	}
	ended := make(chan error, 1)
	program := w.program
	go func() { ended <- program.Run(ctx) }()
	w.end = func() error {
		cancel()
		return <-ended
	}
	w.await("the bot to be ready", func() bool { return w.program.Ready() == nil })
}

// stop ends the program as SIGTERM does, within the 20 seconds that it has.
func (w *world) stop() {
	began := time.Now()
	if err := w.end(); err != nil {
		w.t.Errorf("the program ended with %v", err)
	}
	if took := time.Since(began); took > 20*time.Second {
		w.t.Errorf("the program took %v to end", took)
	}
}

// metrics are the meters as /metrics shows them.
func (w *world) metrics() string {
	recorder := httptest.NewRecorder()
	promhttp.HandlerFor(w.registry, promhttp.HandlerOpts{}).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return recorder.Body.String()
}

// await lets time pass until something holds, a minute at most.
func (w *world) await(what string, holds func() bool) bool {
	w.t.Helper()
	for range 600 {
		synctest.Wait()
		if holds() {
			return true
		}
		time.Sleep(100 * time.Millisecond)
	}
	w.t.Errorf("waited a minute for %s", what)
	return false
}

// network is a listener whose connections are in memory.
type network struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newNetwork() *network { return &network{conns: make(chan net.Conn), done: make(chan struct{})} }

// Dial connects to whoever accepts, whatever the address.
func (n *network) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case n.conns <- server:
		return client, nil
	case <-n.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept waits for a connection.
func (n *network) Accept() (net.Conn, error) {
	select {
	case conn := <-n.conns:
		return conn, nil
	case <-n.done:
		return nil, net.ErrClosed
	}
}

// Close ends accepting.
func (n *network) Close() error {
	n.once.Do(func() { close(n.done) })
	return nil
}

// Addr is a name that nothing else has.
func (n *network) Addr() net.Addr { return name("sandbox.test") }

type name string

func (n name) Network() string { return "memory" }
func (n name) String() string  { return string(n) }

// safeBuffer is a buffer that may be written and read side by side.
type safeBuffer struct {
	mutex   sync.Mutex
	buffer  bytes.Buffer
	changed chan struct{} // closed by what is written next; nil while nobody waits
}

func (b *safeBuffer) Write(text []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
	return b.buffer.Write(text)
}

// await waits until words are written, and says whether they were before the context ended.
func (b *safeBuffer) await(ctx context.Context, words string) bool {
	for {
		b.mutex.Lock()
		if strings.Contains(b.buffer.String(), words) {
			b.mutex.Unlock()
			return true
		}
		if b.changed == nil {
			b.changed = make(chan struct{})
		}
		changed := b.changed
		b.mutex.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

func (b *safeBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}
