package fleet

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Index finds services by environment and name in memory. A service counts only where its
// tag names an environment and it was found in that environment's own scope. Readers never
// wait: they see the newest snapshot, which the writers replace as a whole.
type Index struct {
	environments map[string]Scope
	current      atomic.Pointer[snapshot]

	writing sync.Mutex
	parts   map[Scope]*part
}

// part is what one scope's discovery has found.
type part struct {
	refs map[string]Ref // by ARN
	seen time.Time      // when a discovery last finished; zero before the first
}

// snapshot never changes once readers can see it.
type snapshot struct {
	refs         []Ref // by environment, name, cluster
	services     map[serviceKey]span
	environments map[string]span
	ready        bool
	oldest       time.Time
}

type serviceKey struct{ environment, name string }

// span is a range of snapshot.refs.
type span struct{ from, to int }

// NewIndex makes an empty index of the given environments and the scope of each.
func NewIndex(environments map[string]Scope) *Index {
	index := &Index{environments: make(map[string]Scope), parts: make(map[Scope]*part)}
	for name, scope := range environments {
		index.environments[name] = scope
		index.parts[scope] = &part{refs: make(map[string]Ref)}
	}
	index.publish()
	return index
}

// Add shows what a scope's first discovery has found so far. Once a discovery of that scope
// has finished it does nothing: from then on the index changes as a whole.
func (x *Index) Add(scope Scope, refs []Ref) {
	x.writing.Lock()
	defer x.writing.Unlock()
	found := x.parts[scope]
	if found == nil || !found.seen.IsZero() {
		return
	}
	x.put(found, scope, refs)
	x.publish()
}

// Replace puts what a finished discovery of the scope has found in the place of what was
// known of it.
func (x *Index) Replace(scope Scope, refs []Ref) {
	x.writing.Lock()
	defer x.writing.Unlock()
	if x.parts[scope] == nil {
		return
	}
	next := &part{refs: make(map[string]Ref, len(refs)), seen: time.Now()}
	x.put(next, scope, refs)
	x.parts[scope] = next
	x.publish()
}

func (x *Index) put(found *part, scope Scope, refs []Ref) {
	for _, ref := range refs {
		if home, ok := x.environments[ref.Environment]; ok && home == scope {
			ref.Scope = scope
			found.refs[ref.ARN] = compact(ref)
		}
	}
}

// compact lets the names share the memory of the ARN that ends with them.
func compact(ref Ref) Ref {
	ref.ARN = strings.Clone(ref.ARN)
	suffix := len(ref.Cluster) + len("/") + len(ref.Name)
	if suffix > len(ref.ARN) {
		return ref
	}
	end := ref.ARN[len(ref.ARN)-suffix:]
	if end[:len(ref.Cluster)] == ref.Cluster && end[len(ref.Cluster)+1:] == ref.Name {
		ref.Cluster, ref.Name = end[:len(ref.Cluster)], end[len(ref.Cluster)+1:]
	}
	return ref
}

// publish builds the snapshot that readers see from now on.
func (x *Index) publish() {
	next := &snapshot{
		services:     make(map[serviceKey]span),
		environments: make(map[string]span),
		ready:        true,
	}
	for _, found := range x.parts {
		for _, ref := range found.refs {
			next.refs = append(next.refs, ref)
		}
		next.ready = next.ready && !found.seen.IsZero()
		if next.oldest.IsZero() || found.seen.Before(next.oldest) {
			next.oldest = found.seen
		}
	}
	slices.SortFunc(next.refs, compare)
	for i, ref := range next.refs {
		extend(next.services, serviceKey{ref.Environment, ref.Name}, i)
		extend(next.environments, ref.Environment, i)
	}
	x.current.Store(next)
}

func compare(a, b Ref) int {
	if order := strings.Compare(a.Environment, b.Environment); order != 0 {
		return order
	}
	if order := strings.Compare(a.Name, b.Name); order != 0 {
		return order
	}
	return strings.Compare(a.Cluster, b.Cluster)
}

func extend[K comparable](spans map[K]span, key K, i int) {
	known, ok := spans[key]
	if !ok {
		known.from = i
	}
	known.to = i + 1
	spans[key] = known
}

// Find returns the environment's service of exactly that name, or of exactly that
// cluster/name. It fails with ErrUnknown or, where several clusters have a service of the
// bare name, with ErrAmbiguous.
func (x *Index) Find(environment, name string) (Ref, error) {
	cluster, service, qualified := strings.Cut(name, "/")
	if !qualified {
		service = name
	}
	now := x.current.Load()
	found := now.services[serviceKey{environment, service}]
	if !qualified && found.to-found.from > 1 {
		return Ref{}, ErrAmbiguous
	}
	for _, ref := range now.refs[found.from:found.to] {
		if !qualified || ref.Cluster == cluster {
			return ref, nil
		}
	}
	return Ref{}, ErrUnknown
}

// Services lists the environment's services by name, then cluster.
func (x *Index) Services(environment string) []Ref {
	now := x.current.Load()
	found := now.environments[environment]
	return slices.Clone(now.refs[found.from:found.to])
}

// Ready says whether every scope has been discovered once.
func (x *Index) Ready() bool { return x.current.Load().ready }

// Age is the time since the discovery of the scope which has waited longest, and the
// longest possible duration while a scope has not been discovered at all.
func (x *Index) Age() time.Duration {
	now := x.current.Load()
	if !now.ready || now.oldest.IsZero() {
		return math.MaxInt64
	}
	return time.Since(now.oldest)
}

// Len is the number of services that can be found.
func (x *Index) Len() int { return len(x.current.Load().refs) }

// Scopes lists the places that the environments need discovered, in a fixed order.
func (x *Index) Scopes() []Scope {
	scopes := slices.Collect(maps.Values(x.environments))
	slices.SortFunc(scopes, func(a, b Scope) int {
		return strings.Compare(a.String(), b.String())
	})
	return slices.Compact(scopes)
}

// String is how operators read the scope: its region, and the role where one is used.
func (s Scope) String() string {
	if s.Role == "" {
		return s.Region
	}
	return fmt.Sprintf("%s as %s", s.Region, s.Role)
}
