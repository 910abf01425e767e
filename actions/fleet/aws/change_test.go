package aws_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/aws"
)

func TestChangeWaitsForItsAccountsThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var queued []string
		update := []string{"ecs:UpdateService"}
		w := restartAnswers(always(http.StatusOK, updated()))
		f := newFleet(t, w, func(settings *aws.Settings) {
			settings.Rates = map[string]aws.Rate{"service_modify": {Burst: 1, PerSecond: 0.1}}
			settings.OnQueue = func(operation string, wait time.Duration) {
				queued = append(queued, operation+" "+wait.String())
			}
		})
		if wait := f.Queued(restarting(), update); wait != 0 {
			t.Errorf("the first change would queue for %s", wait)
		}
		for range 2 {
			if _, err := restart(t, f); err != nil {
				t.Fatal(err)
			}
		}
		if sent := w.asked("UpdateService"); sent[1].at.Sub(sent[0].at) != 10*time.Second {
			t.Errorf("the second was sent %s after the first", sent[1].at.Sub(sent[0].at))
		}
		if !slices.Equal(queued, []string{"UpdateService 10s"}) {
			t.Errorf("queued: %q", queued)
		}
		if wait := f.Queued(restarting(), update); wait != 10*time.Second {
			t.Errorf("the next change would queue for %s", wait)
		}
		otherAccount, otherRegion := restarting(), restarting()
		otherAccount.Role, otherRegion.Region = "arn:aws:iam::444455556666:role/ecsbot-operator", "us-east-1"
		for _, other := range []fleet.Purpose{otherAccount, otherRegion} {
			if wait := f.Queued(other, update); wait != 0 {
				t.Errorf("with %s in %q it would queue for %s", other.Role, other.Region, wait)
			}
		}
		if wait := f.Queued(restarting(), []string{"ecs:RunTask", "iam:PassRole"}); wait != 0 {
			t.Errorf("what counts against another throttle would queue for %s", wait)
		}
	})
}

func TestChangeWhoseTurnComesTooLateIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := restartAnswers(always(http.StatusOK, updated()))
		f := newFleet(t, w, func(settings *aws.Settings) {
			settings.Rates = map[string]aws.Rate{"service_modify": {Burst: 1, PerSecond: 0.01}}
		})
		if _, err := restart(t, f); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := restart(t, f); !errors.Is(err, fleet.ErrThrottled) {
			t.Errorf("error %v, want %v", err, fleet.ErrThrottled)
		}
		if len(w.asked("UpdateService")) != 1 || time.Since(began) > time.Second {
			t.Errorf("%d requests, refused after %s", len(w.asked("UpdateService")), time.Since(began))
		}
	})
}

func TestChangeTakesOnlyCredentialsForIt(t *testing.T) {
	w := restartAnswers(always(http.StatusOK, updated()))
	f := newFleet(t, w)
	session := func(change func(*fleet.Purpose)) fleet.Session {
		purpose := restarting()
		change(&purpose)
		assumed, err := f.Assume(t.Context(), purpose)
		if err != nil {
			t.Fatal(err)
		}
		return assumed
	}
	untagged := api()
	untagged.Environment = ""
	for _, row := range []struct {
		says    string
		session fleet.Session
		service fleet.Service
	}{
		{"none", nil, api()},
		{"of a read", session(func(p *fleet.Purpose) { p.Changes = false }), api()},
		{"of another environment", session(func(p *fleet.Purpose) { p.Environment = "prod" }), api()},
		{"of another service", session(func(p *fleet.Purpose) { p.Target = serviceARN("staging", "web") }), api()},
		{"of no service", session(func(p *fleet.Purpose) { p.Target = "" }), api()},
		{"of an untagged service", session(func(p *fleet.Purpose) { p.Environment = "" }), untagged},
	} {
		if _, err := f.Restart(t.Context(), row.session, row.service); !errors.Is(err, fleet.ErrDenied) {
			t.Errorf("credentials %s: error %v, want %v", row.says, err, fleet.ErrDenied)
		}
	}
	if sent := len(w.asked("UpdateService")); sent != 0 {
		t.Errorf("%d requests", sent)
	}
}

// overTCP is a fleet with the bot's own credentials and the default HTTP client.
func overTCP(t *testing.T, address string) (*aws.Fleet, fleet.Session) {
	t.Helper()
	f := newFleet(t, nil, func(settings *aws.Settings) {
		settings.HTTP = nil
		settings.LoadOptions = append(settings.LoadOptions, config.WithBaseEndpoint(address))
	})
	purpose := restarting()
	purpose.Role = ""
	session, err := f.Assume(t.Context(), purpose)
	if err != nil {
		t.Fatal(err)
	}
	return f, session
}

func TestConnectionCutAfterTheRequestLeavesTheFateUnknown(t *testing.T) {
	var arrived atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		_, _ = io.Copy(io.Discard, request.Body)
		if arrived.Add(1) == 1 {
			_, _ = io.WriteString(w, `{"service":{"serviceArn":"`+api().ARN+`"}}`)
			return
		}
		panic(http.ErrAbortHandler)
	}))
	defer server.Close()
	f, session := overTCP(t, server.URL)
	if _, err := f.Restart(t.Context(), session, api()); err != nil {
		t.Fatal(err)
	}
	// The second request goes over the connection that the first has left open: Go's own
	// transport must not repeat it either.
	if _, err := f.Restart(t.Context(), session, api()); !errors.Is(err, fleet.ErrFateUnknown) {
		t.Errorf("error %v, want %v", err, fleet.ErrFateUnknown)
	}
	if arrived.Load() != 2 {
		t.Errorf("%d requests arrived, want 2", arrived.Load())
	}
}

func TestChangeThatNeverHadAConnectionWasNotMade(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	f, session := overTCP(t, server.URL)
	_, err := f.Restart(t.Context(), session, api())
	if !errors.Is(err, fleet.ErrUnavailable) || errors.Is(err, fleet.ErrFateUnknown) {
		t.Errorf("error %v, want %v", err, fleet.ErrUnavailable)
	}
}
