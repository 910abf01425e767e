package aws_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/aws"
)

// restart assumes the operator role and restarts staging/api within 20 s.
func restart(t *testing.T, f *aws.Fleet) (fleet.Change, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	session, err := f.Assume(ctx, restarting())
	if err != nil {
		t.Fatal(err)
	}
	return f.Restart(ctx, session, api())
}

func restartAnswers(answer func(call) (int, any)) *wire {
	w := &wire{}
	w.answers = map[string]func(call) (int, any){"AssumeRole": w.assumed, "UpdateService": answer}
	return w
}

func updated() object {
	return object{"service": object{
		"serviceArn": serviceARN("staging", "api"), "serviceName": "api", "status": "ACTIVE",
		"deployments": []object{{"id": "ecs-svc/2", "status": "PRIMARY", "rolloutState": "IN_PROGRESS", "createdAt": 1.7e9}},
	}}
}

func TestRestartSendsNothingButTheRestart(t *testing.T) {
	w := restartAnswers(always(http.StatusOK, updated()))
	change, err := restart(t, newFleet(t, w))
	if err != nil {
		t.Fatal(err)
	}
	sent := w.asked("UpdateService")
	if len(sent) != 1 {
		t.Fatalf("%d requests, want 1", len(sent))
	}
	want := object{"cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/staging", "service": "api", "forceNewDeployment": true}
	if diff := cmp.Diff(want, sent[0].body); diff != "" {
		t.Errorf("on the wire (-want +got):\n%s", diff)
	}
	if sent[0].key != "ASIASANDBOX1" || sent[0].region != "eu-west-1" {
		t.Errorf("signed by %s in %s, want the operator's session in eu-west-1", sent[0].key, sent[0].region)
	}
	if change.RequestID != "request-1" || change.Service.Primary().ID != "ecs-svc/2" {
		t.Errorf("change %+v", change)
	}
	if change.Service.Environment != "staging" {
		t.Errorf("environment %q after the change", change.Service.Environment)
	}
}

func TestRefusalsOfAChange(t *testing.T) {
	for _, row := range []struct {
		says   string
		status int
		said   any
		want   error
	}{
		{"access denied", 400, failure("AccessDeniedException", "not authorized"), fleet.ErrDenied},
		{"expired session", 400, failure("ExpiredTokenException", "expired"), fleet.ErrDenied},
		{"not active", 400, failure("ServiceNotActiveException", "gone"), fleet.ErrRefused},
		{"bad parameter", 400, failure("InvalidParameterException", "no"), fleet.ErrRefused},
		{"quota", 400, failure("LimitExceededException", "no more"), fleet.ErrRefused},
		{"server error", 500, failure("ServerException", "oops"), fleet.ErrFateUnknown},
		{"bad gateway", 502, "<html>", fleet.ErrFateUnknown},
		{"unavailable, though it says throttled", 503, failure("ThrottlingException", "Rate exceeded"), fleet.ErrFateUnknown},
		{"request timeout", 408, failure("RequestTimeout", "slow"), fleet.ErrFateUnknown},
		{"success that cannot be read", 200, "{\"service\":", fleet.ErrFateUnknown},
		{"redirect", 302, "", fleet.ErrFateUnknown},
		{"cut connection", 0, io.ErrUnexpectedEOF, fleet.ErrFateUnknown},
		{"reset connection", 0, &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, fleet.ErrFateUnknown},
	} {
		t.Run(row.says, func(t *testing.T) {
			w := restartAnswers(always(row.status, row.said))
			_, err := restart(t, newFleet(t, w))
			if !errors.Is(err, row.want) {
				t.Errorf("error %v, want %v", err, row.want)
			}
			if sent := len(w.asked("UpdateService")); sent != 1 {
				t.Errorf("%d requests, want exactly 1", sent)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "restart staging/api: ") {
				t.Errorf("error does not say what was being done: %v", err)
			}
		})
	}
}

func TestEnvironmentCannotMakeTheSDKRepeatAChange(t *testing.T) {
	t.Setenv("AWS_MAX_ATTEMPTS", "5")
	t.Setenv("AWS_RETRY_MODE", "adaptive")
	w := restartAnswers(always(500, failure("ServerException", "oops")))
	if _, err := restart(t, newFleet(t, w)); !errors.Is(err, fleet.ErrFateUnknown) {
		t.Errorf("error %v, want %v", err, fleet.ErrFateUnknown)
	}
	if sent := len(w.asked("UpdateService")); sent != 1 {
		t.Errorf("%d requests, want exactly 1", sent)
	}
}

func TestThrottledChangeIsMadeAgainBeforeTheDeadlineOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Answered in no time, so that no request is under way as the right to act expires:
		// what became of such a one nobody knows (see the unanswered change below).
		w := restartAnswers(always(400, failure("ThrottlingException", "Rate exceeded")))
		f := newFleet(t, w)
		began := time.Now()
		_, err := restart(t, f)
		if !errors.Is(err, fleet.ErrThrottled) {
			t.Errorf("error %v, want %v", err, fleet.ErrThrottled)
		}
		sent := w.asked("UpdateService")
		if len(sent) < 4 {
			t.Errorf("%d requests, want it tried again", len(sent))
		}
		for _, each := range sent {
			if each.at.Sub(began) >= 20*time.Second {
				t.Errorf("sent %s after the right to act began", each.at.Sub(began))
			}
		}
	})
}

func TestThrottledChangeSucceedsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w *wire
		w = restartAnswers(func(call) (int, any) {
			if len(w.asked("UpdateService")) < 3 {
				return 400, failure("ThrottlingException", "Rate exceeded")
			}
			return http.StatusOK, updated()
		})
		if _, err := restart(t, newFleet(t, w)); err != nil {
			t.Errorf("error %v", err)
		}
	})
}

func TestUnansweredChangeIsUnknownAndNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := restartAnswers(always(http.StatusOK, updated()))
		f := newFleet(t, w)
		session, err := f.Assume(t.Context(), restarting())
		if err != nil {
			t.Fatal(err)
		}
		w.latency = time.Hour
		began := time.Now()
		_, err = f.Restart(t.Context(), session, api())
		if !errors.Is(err, fleet.ErrFateUnknown) {
			t.Errorf("error %v, want %v", err, fleet.ErrFateUnknown)
		}
		if took := time.Since(began); took != 20*time.Second {
			t.Errorf("gave up after %s, want 20s", took)
		}
		if sent := len(w.asked("UpdateService")); sent != 1 {
			t.Errorf("%d requests, want exactly 1", sent)
		}
	})
}

func TestNothingIsSentAfterTheRightToActHasExpired(t *testing.T) {
	w := restartAnswers(always(http.StatusOK, updated()))
	f := newFleet(t, w)
	session, err := f.Assume(t.Context(), restarting())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Nanosecond))
	defer cancel()
	if _, err := f.Restart(ctx, session, api()); !errors.Is(err, fleet.ErrUnavailable) {
		t.Errorf("error %v, want %v", err, fleet.ErrUnavailable)
	}
	if sent := len(w.asked("UpdateService")); sent != 0 {
		t.Errorf("%d requests after the deadline", sent)
	}
}
