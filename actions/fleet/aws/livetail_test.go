package aws_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/aws"
	sandbox "ecsbot/internal/sandbox/aws"
)

// line is a listener in memory, so that a test runs in a bubble of time.
type line struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l line) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l line) Close() error   { close(l.done); return nil }
func (l line) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

func (l line) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	l.conns <- server
	return client, nil
}

// tailed is a fleet that may have so many Live Tails, the sandbox behind it, and its service.
func tailed(t *testing.T, sessions int) (*aws.Fleet, *sandbox.Server, fleet.Session, fleet.Service) {
	t.Helper()
	options := demo()
	options.Limits = sandbox.Unlimited()
	return bubbled(t, options, sessions)
}

// bubbled is a fleet whose time is that of a bubble.
func bubbled(t *testing.T, options sandbox.Options, sessions int) (*aws.Fleet, *sandbox.Server, fleet.Session, fleet.Service) {
	t.Helper()
	server := sandbox.New(options)
	listener := line{make(chan net.Conn), make(chan struct{})}
	web := &http.Server{Handler: server}
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	transport := &http.Transport{DialContext: listener.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = web.Close()
		<-served
		server.Close()
	})
	id, secret := server.BaseKey()
	f := newFleet(t, transport, func(settings *aws.Settings) {
		settings.LiveTails = sessions
		settings.HTTP.Timeout = 5 * time.Second // of ordinary calls: a Live Tail goes on
		settings.LoadOptions = append(settings.LoadOptions, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret, "")))
	})
	ref := find(t, staging(t, f), "staging", "api")
	service, err := f.Read(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	purpose := reading("logs")
	purpose.Role, purpose.Target = "", ref.ARN
	session, err := f.Assume(t.Context(), purpose)
	if err != nil {
		t.Fatal(err)
	}
	return f, server, session, service
}

// texts are those of the lines that have come.
func texts(t *testing.T, tail fleet.Tail, service fleet.Service) string {
	t.Helper()
	lines, goesOn := tail.Take(service)
	if !goesOn {
		t.Fatal("it has ended")
	}
	var all []string
	for _, line := range lines.Lines {
		if line.Task == "" || line.Container == "" || line.ID != "" {
			t.Errorf("a line of %q in %q, ID %q", line.Task, line.Container, line.ID)
		}
		all = append(all, line.Text)
	}
	return strings.Join(all, "\n")
}

func TestALiveTailSendsTheServicesOwnLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, server, session, service := tailed(t, 3)
		tail, err := f.Tail(t.Context(), session, service, fleet.LogQuery{Grep: "wanted", From: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		defer tail.Close()
		time.Sleep(time.Minute) // longer than an ordinary call may take
		for _, text := range []string{"wanted 1", "other", "wanted 2"} {
			if err := server.WriteLog("staging", "api", time.Now(), text); err != nil {
				t.Fatal(err)
			}
		}
		if err := server.WriteLog("staging", "worker", time.Now(), "wanted elsewhere"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		if got := texts(t, tail, service); got != "wanted 1\nwanted 2" {
			t.Errorf("sent %q", got)
		}
		if got := texts(t, tail, service); got != "" {
			t.Errorf("sent again: %q", got)
		}
		if sent := sentTo(server, "StartLiveTail"); len(sent) != 1 {
			t.Errorf("%d sessions", len(sent))
		}
	})
}

func TestALiveTailIsBoundedAndSaysWhatItLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, server, session, service := tailed(t, 3)
		tail, err := f.Tail(t.Context(), session, service, fleet.LogQuery{Grep: "flood"})
		if err != nil {
			t.Fatal(err)
		}
		defer tail.Close()
		for range 14 {
			many := make([]string, 600)
			for number := range many {
				many[number] = "flood"
			}
			if err := server.WriteLog("staging", "api", time.Now(), many...); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
		}
		lines, goesOn := tail.Take(service)
		if !goesOn || len(lines.Lines) != 6000 || lines.Left != 1000 || len(lines.Notes) == 0 || !strings.Contains(lines.Notes[len(lines.Notes)-1], "leaves some out") {
			t.Errorf("%v: %d lines, %d left, notes %q", goesOn, len(lines.Lines), lines.Left, lines.Notes)
		}
	})
}

func TestALiveTailEnds(t *testing.T) {
	for name, end := range map[string]func(*sandbox.Server, fleet.Tail, *fleet.Service){
		"when AWS has to judge anew who tails": func(*sandbox.Server, fleet.Tail, *fleet.Service) { time.Sleep(10*time.Minute + time.Second) },
		"when the service has other tasks":     func(_ *sandbox.Server, _ fleet.Tail, service *fleet.Service) { service.Running++ },
		"when nobody wants it any more":        func(_ *sandbox.Server, tail fleet.Tail, _ *fleet.Service) { tail.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, server, session, service := tailed(t, 1)
				tail, err := f.Tail(t.Context(), session, service, fleet.LogQuery{})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := f.Tail(t.Context(), session, service, fleet.LogQuery{}); !errors.Is(err, fleet.ErrNoTail) {
					t.Errorf("a second one: %v", err)
				}
				before := service
				end(server, tail, &service)
				time.Sleep(time.Second)
				if _, goesOn := tail.Take(service); goesOn {
					t.Error("it goes on")
				}
				tail.Close()
				time.Sleep(time.Second)
				again, err := f.Tail(t.Context(), session, before, fleet.LogQuery{})
				if err != nil {
					t.Fatalf("its place is not free again: %v", err)
				}
				again.Close()
			})
		})
	}
}

func TestWhereThereIsNoLiveTailTheLogIsToBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, server, session, service := tailed(t, 0)
		if _, err := f.Tail(t.Context(), session, service, fleet.LogQuery{}); !errors.Is(err, fleet.ErrNoTail) || len(sentTo(server, "StartLiveTail")) != 0 {
			t.Errorf("the setting is off: %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		f, server, session, service := tailed(t, 16)
		for range 15 {
			tail, err := f.Tail(t.Context(), session, service, fleet.LogQuery{})
			if err != nil {
				t.Fatal(err)
			}
			defer tail.Close()
		}
		_, err := f.Tail(t.Context(), session, service, fleet.LogQuery{})
		if !errors.Is(err, fleet.ErrNoTail) || len(sentTo(server, "StartLiveTail")) != 16 {
			t.Errorf("AWS grants no more than 15: %v", err)
		}
	})
}
