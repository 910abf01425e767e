package actions

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
)

// Errors of the record that the path tells apart.
var (
	errBusy = errors.New("another operation changes this service")
	errSeen = errors.New("this request was carried out already")
)

// change writes down what will be done, does it once, writes down what AWS said, and follows
// it to its end. From the first entry on it is finished even where the program is stopping.
func (t *task) change(ctx context.Context, call Call) {
	t.runner.open.Add(1)
	defer t.runner.open.Done()
	ctx = context.WithoutCancel(ctx)

	// The right to act expires: counted from before the entry is written, on the monotonic clock.
	right, cancel := context.WithTimeout(ctx, rightAge)
	defer cancel()
	start := t.entry(ledger.Started)
	start.Target, start.AWS = call.service.ARN, identity(call.session)
	start.Result = planResult(call.service, time.Now().Add(rightAge))
	_, err := t.runner.Ledger.Append(right, func(state *ledger.State) ([]ledger.Entry, error) {
		if state.Begun(t.request.ID) {
			return nil, errSeen
		}
		if other, busy := state.Busy(call.service.ARN); busy {
			return nil, fmt.Errorf("%w: operation %s", errBusy, other)
		}
		return []ledger.Entry{start}, nil
	})
	if errors.Is(err, errSeen) { // its first arrival has answered, or will
		return
	}
	if err != nil {
		t.fail(ctx, err)
		return
	}

	board := t.runner.hang(ctx, t, t.title(call))
	board.show(t.begun(call))
	outcome, err := call.action.Run(right, call)
	switch {
	case err == nil && outcome.Change != nil:
		accepted := t.entry(ledger.Accepted)
		accepted.Target, accepted.AWS = call.service.ARN, identity(call.session)
		accepted.AWS.RequestID = outcome.Change.RequestID
		accepted.Result = "deployment=" + outcome.Change.Service.Primary().ID
		t.append(ctx, accepted)
		t.runner.watcher.follow(watched{ //nolint:contextcheck // following outlives the request
			task: t, call: call, board: board, began: time.Now(), deployment: outcome.Change.Service.Primary().ID,
		})
	case errors.Is(err, fleet.ErrFateUnknown) || err == nil:
		unknown := t.entry(ledger.Unknown)
		unknown.Target, unknown.AWS, unknown.Reason = call.service.ARN, identity(call.session), cut(errorText(err), 300)
		t.append(ctx, unknown)
		board.show(t.fateUnknown(call))
		t.runner.watcher.follow(watched{task: t, call: call, board: board, began: time.Now(), reconcile: true}) //nolint:contextcheck // following outlives the request
	default:
		failed := t.entry(ledger.Failed)
		failed.Target, failed.AWS, failed.Reason = call.service.ARN, identity(call.session), cut(err.Error(), 300)
		t.append(ctx, failed)
		board.end(t.notDone(call, err))
	}
}

func errorText(err error) string {
	if err == nil {
		return "AWS answered without a deployment"
	}
	return err.Error()
}

// append stores an entry about something that has happened. It happened whether or not the
// record takes it: where it cannot be written now, it is recorded as soon as it can.
func (t *task) append(ctx context.Context, entry ledger.Entry) {
	_, err := t.runner.Ledger.Append(ctx, func(*ledger.State) ([]ledger.Entry, error) { return []ledger.Entry{entry}, nil })
	if err != nil {
		t.runner.Log.Error("an entry has to wait", "operation", t.id, "event", entry.Event, "error", err)
		t.record(entry)
	}
}

func identity(session fleet.Session) *ledger.AWS {
	if session == nil {
		return &ledger.AWS{}
	}
	return &ledger.AWS{AccessKeyID: session.AccessKeyID(), SourceIdentity: session.SourceIdentity()}
}

// planResult keeps in the entry what recovery needs: which deployments there were, and until
// when the call may be made.
func planResult(service fleet.Service, deadline time.Time) string {
	var before []string
	for _, deployment := range service.Deployments {
		before = append(before, deployment.ID)
	}
	return fmt.Sprintf("before=%s deadline=%s", strings.Join(before, ","), deadline.UTC().Format(time.RFC3339Nano))
}
