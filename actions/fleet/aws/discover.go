package aws

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/sync/errgroup"

	"ecsbot/actions/fleet"
)

const (
	// refreshEvery is how often a scope is discovered again.
	refreshEvery = time.Minute
	// refreshShare keeps a long discovery from using up the account's throttles all the time:
	// it rests this many times as long as it took.
	refreshShare = 4
	// refreshBackoff is the longest pause after failures.
	refreshBackoff = 5 * time.Minute
	// taggingDeniedFor is how long the tagging API is left alone once it was denied.
	taggingDeniedFor = 15 * time.Minute
	// showEvery is how often a first discovery shows what it has found so far.
	showEvery = time.Second
)

// Run keeps the index fresh until ctx ends: every scope by itself, once a minute or so. A
// scope's failure is logged and tried again; what the index knows of it stays meanwhile.
func (f *Fleet) Run(ctx context.Context, index *fleet.Index) {
	var group errgroup.Group
	for _, scope := range index.Scopes() {
		group.Go(func() error {
			f.refresh(ctx, scope, index)
			return nil
		})
	}
	_ = group.Wait()
}

func (f *Fleet) refresh(ctx context.Context, scope fleet.Scope, index *fleet.Index) {
	failing := backoff.NewExponentialBackOff()
	failing.InitialInterval = 2 * time.Second
	failing.MaxInterval = refreshBackoff
	for {
		began := time.Now()
		err := f.Discover(ctx, scope, index)
		if ctx.Err() != nil {
			return
		}
		rest := rested(time.Since(began))
		if err != nil {
			rest = failing.NextBackOff()
			f.log.Warn("discovery failed", "scope", scope.String(), "retry_in", rest, "error", err)
		} else {
			failing.Reset()
			f.log.Debug("discovered", "scope", scope.String(), "took", time.Since(began), "services", index.Len())
		}
		if !pause(ctx, rest) {
			return
		}
	}
}

// rested is the pause after a discovery that took so long, with up to a fifth more, so that
// replicas do not keep step.
func rested(took time.Duration) time.Duration {
	rest := max(refreshEvery, refreshShare*took)
	return rest + rand.N(rest/5) //nolint:gosec // a pause is no secret
}

// Discover finds the scope's services by the tagging API or, where that is denied, by
// walking through the clusters, and puts them into the index. While it is the scope's first,
// the index shows what it has found so far.
func (f *Fleet) Discover(ctx context.Context, scope fleet.Scope, index *fleet.Index) error {
	found := &finding{scope: scope, index: index}
	err := f.find(ctx, found)
	if err != nil {
		return readError(fmt.Sprintf("discover %s", scope), err)
	}
	index.Replace(scope, found.refs)
	return nil
}

func (f *Fleet) find(ctx context.Context, found *finding) error {
	clients := f.scope(found.scope)
	if !clients.taggingDenied() {
		err := f.findByTag(ctx, clients.tags, found)
		if !answered(err).denied() {
			return err
		}
		clients.denyTagging()
		f.log.Info("the tagging API is denied: walking through the clusters instead", "scope", found.scope.String())
	}
	return f.walk(ctx, clients.walks, found)
}

// finding collects what one discovery finds and shows it now and then.
type finding struct {
	scope fleet.Scope
	index *fleet.Index
	refs  []fleet.Ref
	shown time.Time
}

func (f *finding) add(refs []fleet.Ref) {
	f.refs = append(f.refs, refs...)
	if len(f.refs) > 0 && time.Since(f.shown) >= showEvery {
		f.index.Add(f.scope, f.refs)
		f.shown = time.Now()
	}
}
