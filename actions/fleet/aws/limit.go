package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	"golang.org/x/time/rate"

	"ecsbot/actions/fleet"
)

// errQueueTooLong says that a call would have had to wait beyond its deadline for its turn.
var errQueueTooLong = errors.New("the account's request rate is used up")

// limits holds one token bucket for each throttle of each account and region.
type limits struct {
	rates   map[string]Rate
	onQueue func(operation string, wait time.Duration)

	mutex    sync.Mutex
	limiters map[throttle]*rate.Limiter
}

// throttle names one of AWS's token buckets. The account is that of the role whose
// credentials are used; empty for the bot's own.
type throttle struct{ bucket, account, region string }

func newLimits(rates map[string]Rate, onQueue func(string, time.Duration)) (*limits, error) {
	for name, each := range rates {
		if !slices.Contains(Buckets(), name) {
			return nil, fmt.Errorf("rate of %q: there are %s", name, strings.Join(Buckets(), ", "))
		}
		if each.Burst < 1 || !(each.PerSecond > 0) {
			return nil, fmt.Errorf("rate of %s: %s lets nothing pass", name, each)
		}
	}
	if onQueue == nil {
		onQueue = func(string, time.Duration) {}
	}
	return &limits{rates: rates, onQueue: onQueue, limiters: make(map[throttle]*rate.Limiter)}, nil
}

func (l *limits) limiter(key throttle) *rate.Limiter {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	limiter := l.limiters[key]
	if limiter == nil {
		allowed := l.allowed(key)
		limiter = rate.NewLimiter(rate.Limit(allowed.PerSecond), allowed.Burst)
		l.limiters[key] = limiter
	}
	return limiter
}

// allowed is the throttle's rate: the configured one, or AWS's published one.
func (l *limits) allowed(key throttle) Rate {
	if configured, ok := l.rates[key.bucket]; ok {
		return configured
	}
	return published(key.bucket, key.region)
}

// queue estimates how long a call that is made now would wait.
func (l *limits) queue(key throttle) time.Duration {
	limiter := l.limiter(key)
	missing := 1 - limiter.Tokens()
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing / float64(limiter.Limit()) * float64(time.Second))
}

// wait lets a call through when its turn comes, and refuses it at once where that would be
// after its deadline.
func (l *limits) wait(ctx context.Context, key throttle, operation string) error {
	if wait := l.queue(key); wait > 0 {
		l.onQueue(operation, wait)
	}
	err := l.limiter(key).Wait(ctx)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	default:
		return errQueueTooLong
	}
}

// waitBehind lets a background call through only while a fifth of the burst stays for
// people, so that nobody waits for a discovery.
func (l *limits) waitBehind(ctx context.Context, key throttle) error {
	limiter := l.limiter(key)
	kept := float64(limiter.Burst()) / 5
	for {
		missing := kept + 1 - limiter.Tokens()
		if missing <= 0 || kept < 1 {
			return limiter.Wait(ctx)
		}
		refill := time.Duration(missing / float64(limiter.Limit()) * float64(time.Second))
		pause := time.NewTimer(max(refill, time.Millisecond))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		}
	}
}

// pass is the place in the SDK's stack where every attempt of every call waits for its
// turn: after the decision to try again, before the request is signed.
func (l *limits) pass(account, region string, background bool) func(*middleware.Stack) error {
	wait := func(ctx context.Context) error {
		operation := awsmiddleware.GetOperationName(ctx)
		bucket, ok := operationBuckets[operation]
		if !ok {
			return fmt.Errorf("no rate is known for %s", operation)
		}
		key := throttle{bucket, account, region}
		if background {
			return l.waitBehind(ctx, key)
		}
		return l.wait(ctx, key, operation)
	}
	return func(stack *middleware.Stack) error {
		return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("ecsbot.Limit",
			func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
				out middleware.FinalizeOutput, metadata middleware.Metadata, err error,
			) {
				if err := wait(ctx); err != nil {
					return out, metadata, err
				}
				return next.HandleFinalize(ctx, in)
			}), "Retry", middleware.After)
	}
}

// Queued estimates how long a change for this purpose, by these calls, as "ecs:UpdateService",
// would wait for the fullest of its account's throttles if it were made now.
func (f *Fleet) Queued(purpose fleet.Purpose, calls []string) time.Duration {
	region := cmp.Or(purpose.Region, f.base.Region)
	var longest time.Duration
	for _, call := range calls {
		_, operation, _ := strings.Cut(call, ":")
		if bucket, limited := operationBuckets[operation]; limited {
			longest = max(longest, f.limits.queue(throttle{bucket, account(purpose.Role), region}))
		}
	}
	return longest
}
