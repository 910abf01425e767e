package actions

import (
	"context"
	"fmt"
	"sync"
	"time"

	"ecsbot/actions/ledger"
)

// How leases live. A process that dies has lost its leases 15 s later at the latest: others
// look every leaseBeat, and count leaseLife from when they have first seen the last renewal.
// The holder itself lets go long before, so that nobody ever acts on a lease beside another.
const (
	leaseBeat = 2 * time.Second  // between two renewals, and between two looks at others
	leaseGrip = 6 * time.Second  // how long the holder acts on it, from when the last renewal began
	leaseLife = 10 * time.Second // how long others have to see it stand still before they take it
)

// Leases keep who holds what. There is no clock in a lease, since those of two machines never
// agree: everybody measures on their own how long it has stood still.
type Leases interface {
	// Lease is as it was last swapped; the zero value where nobody holds it.
	Lease(ctx context.Context, name string) (ledger.Lease, error)
	// Swap makes a lease next where it is still was, and says whether it did. An error leaves
	// open whether it was swapped.
	Swap(ctx context.Context, name string, was, next ledger.Lease) (bool, error)
}

// tenure is one lease as this process sees it, or holds it.
type tenure struct {
	leases Leases
	name   string

	mutex sync.Mutex
	seen  ledger.Lease // as it was last read or swapped
	since time.Time    // when it was first seen so
	grip  time.Time    // when the last renewal began; zero where it is not held here
	term  int          // counts how often it was gained
}

// isHeld says whether this process may act on the lease now. Both of the machine's clocks have
// to say so: one stands still while the machine sleeps, the other one may be set.
func (t *tenure) isHeld() bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.holds()
}

func (t *tenure) holds() bool {
	if t.grip.IsZero() {
		return false
	}
	now := time.Now()
	return now.Sub(t.grip) < leaseGrip && now.Round(0).Sub(t.grip.Round(0)) < leaseGrip
}

// during is a condition that holds as long as the lease is held without a break from now on.
func (t *tenure) during() func() bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	term := t.term
	return func() bool {
		t.mutex.Lock()
		defer t.mutex.Unlock()
		return t.term == term && t.holds()
	}
}

// look reads the lease.
func (t *tenure) look(ctx context.Context) error {
	found, err := t.leases.Lease(ctx, t.name)
	if err != nil {
		return fmt.Errorf("reading the lease %s: %w", t.name, err)
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.note(found)
	return nil
}

// note keeps what was seen, and since when it stands so.
func (t *tenure) note(found ledger.Lease) {
	if found != t.seen || t.since.IsZero() {
		t.seen, t.since = found, time.Now()
	}
}

// isFree says whether nobody holds it any more.
func (t *tenure) isFree() bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.seen.Holder == "" || time.Since(t.since) >= leaseLife
}

// holder is who holds it, as far as was seen; empty where nobody does any more.
func (t *tenure) holder() string {
	if t.isFree() {
		return ""
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.seen.Holder
}

// renew takes the lease or keeps it, where nobody else holds it. What was seen is the base:
// look comes first.
func (t *tenure) renew(ctx context.Context, as string) error {
	t.mutex.Lock()
	was, held := t.seen, t.holds()
	t.mutex.Unlock()
	if was.Holder != as && !t.isFree() {
		return nil
	}
	began := time.Now()
	next := ledger.Lease{Holder: as, Beat: was.Beat + 1}
	swapped, err := t.leases.Swap(ctx, t.name, was, next)
	if err != nil {
		return fmt.Errorf("renewing the lease %s: %w", t.name, err)
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if !swapped {
		t.grip = time.Time{}
		return nil
	}
	t.note(next)
	t.grip = began
	if !held {
		t.term++
	}
	return nil
}

// release lets others have it at once.
func (t *tenure) release(ctx context.Context) error {
	t.mutex.Lock()
	was, held := t.seen, t.holds()
	t.grip = time.Time{}
	t.mutex.Unlock()
	if !held {
		return nil
	}
	_, err := t.leases.Swap(ctx, t.name, was, ledger.Lease{})
	return err
}
