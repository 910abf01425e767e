package aws

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"ecsbot/actions/fleet"
)

// change makes one call that changes something. It is made again only where AWS surely
// refused because of its rate, and never after the deadline of ctx, or 20 s where ctx has a
// later one or none.
func (f *Fleet) change(ctx context.Context, doing string, send func(context.Context, *witness) error) error {
	ctx, cancel := context.WithTimeout(ctx, changeDeadline)
	defer cancel()
	pauses := backoff.NewExponentialBackOff()
	pauses.MaxInterval = 5 * time.Second
	for {
		attempt := &witness{client: f.base.HTTPClient}
		err := changeError(doing, send(ctx, attempt), attempt.sent())
		if !errors.Is(err, fleet.ErrThrottled) || errors.Is(err, errQueueTooLong) {
			return err
		}
		if !pause(ctx, pauses.NextBackOff()) {
			return err
		}
	}
}

// pause waits, and says whether time is left after it.
func pause(ctx context.Context, wait time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// mayChange takes the credentials for a change of exactly this service: those that were
// obtained for a change, of this target, in the environment that its own tag names.
func mayChange(given fleet.Session, service fleet.Service) (*session, error) {
	session, err := mayRead(given, service.Ref)
	switch {
	case err != nil:
		return nil, err
	case !session.purpose.Changes:
		return nil, fmt.Errorf("%w: these credentials are for reading", fleet.ErrDenied)
	case session.purpose.Target != service.ARN || service.ARN == "":
		return nil, fmt.Errorf("%w: these credentials are for another service", fleet.ErrDenied)
	default:
		return session, nil
	}
}

// mayRead takes the credentials for a read in the environment that the service's tag names.
func mayRead(given fleet.Session, ref fleet.Ref) (*session, error) {
	session, ok := given.(*session)
	switch {
	case !ok || session == nil:
		return nil, fmt.Errorf("%w: no credentials", fleet.ErrDenied)
	case ref.Environment == "" || session.purpose.Environment != ref.Environment:
		return nil, fmt.Errorf("%w: these credentials are for another environment", fleet.ErrDenied)
	default:
		return session, nil
	}
}
