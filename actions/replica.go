package actions

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// mostReplicas is how many processes can work on one ledger at a time: Slack takes ten
// connections of one app, and each process keeps two; the rest is for one following the other.
const mostReplicas = 8

// caretakerLease is held by the one process that looks after what belongs to nobody.
const caretakerLease = "caretaker"

// leaseLimit bounds one reading or swap of a lease.
const leaseLimit = 3 * time.Second

// Replica is this process as one of those that work on the same ledger. It has a name as long
// as it holds a place among them, and a new name once it has lost that: what was begun under
// the old one is no longer its own. One of the replicas is the caretaker.
type Replica struct {
	leases Leases
	newID  func() string
	log    *slog.Logger
	care   *tenure
	places []*tenure

	mutex sync.Mutex
	name  string
	place *tenure // nil while it has none
}

// NewReplica makes a replica. Without leases it is the only one: no other process can work on
// its ledger.
func NewReplica(leases Leases, newID func() string, log *slog.Logger) *Replica {
	made := &Replica{leases: leases, newID: newID, log: log, name: newID()}
	if leases == nil {
		return made
	}
	made.care = &tenure{leases: leases, name: caretakerLease}
	for number := range mostReplicas {
		made.places = append(made.places, &tenure{leases: leases, name: fmt.Sprintf("replica/%d", number+1)})
	}
	return made
}

// Grasp is how firmly this process has something that only one may have.
type Grasp int

// The grasps. The zero value is to have lost it, for good.
const (
	Lost  Grasp = iota
	Loose       // not to be acted on now
	Firm
)

// Name is as whom this process begins operations now.
func (r *Replica) Name() string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.name
}

// own is the grasp that this process has of what was begun under a name.
func (r *Replica) own(name string) Grasp {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	switch {
	case r.name != name:
		return Lost
	case r.leases == nil || r.place != nil && r.place.isHeld():
		return Firm
	}
	return Loose
}

// isGone says whether nobody works under that name any more.
func (r *Replica) isGone(ctx context.Context, name string) bool {
	if r.own(name) != Lost {
		return false
	}
	if r.leases == nil {
		return true
	}
	if r.works(name) {
		return false
	}
	if err := r.look(ctx); err != nil { // it may have come since the last look
		r.log.Warn("replicas cannot be counted", "error", err)
		return false
	}
	return !r.works(name)
}

func (r *Replica) works(name string) bool {
	for _, place := range r.places {
		if name != "" && place.holder() == name {
			return true
		}
	}
	return false
}

// Count is how many replicas there are now; one that has just died may still be among them.
func (r *Replica) Count(ctx context.Context) (int, error) {
	if r.leases == nil {
		return 1, nil
	}
	if err := r.look(ctx); err != nil {
		return 0, err
	}
	count := 0
	for _, place := range r.places {
		if place.holder() != "" {
			count++
		}
	}
	return count, nil
}

// look reads every place.
func (r *Replica) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, leaseLimit)
	defer cancel()
	for _, place := range r.places {
		if err := place.look(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Run keeps the replica's leases until ctx ends, and has work done while it is the caretaker.
// The work's context ends with the lease; still says so at once.
func (r *Replica) Run(ctx context.Context, work func(ctx context.Context, still func() bool)) {
	if r.leases == nil {
		work(ctx, func() bool { return ctx.Err() == nil })
		return
	}
	ticker := time.NewTicker(leaseBeat)
	defer ticker.Stop()
	ended := make(chan struct{})
	close(ended)
	for ctx.Err() == nil {
		r.beat(ctx)
		select {
		case <-ended: // whatever was done in an earlier term is over
			if r.care.isHeld() {
				ended = r.serve(ctx, work)
			}
		default:
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
	<-ended
	r.leave(context.WithoutCancel(ctx))
}

// serve does the work of one term.
func (r *Replica) serve(ctx context.Context, work func(context.Context, func() bool)) chan struct{} {
	still := r.care.during()
	name := r.Name()
	r.log.Info("this replica is the caretaker now", "replica", name)
	ended := make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		ticker := time.NewTicker(leaseBeat / 4)
		defer ticker.Stop()
		for still() && ctx.Err() == nil {
			select {
			case <-ticker.C:
			case <-ctx.Done():
			}
		}
		cancel()
	}()
	go func() {
		defer close(ended)
		defer cancel()
		work(ctx, still)
		r.log.Info("this replica is not the caretaker any more", "replica", name)
	}()
	return ended
}

// beat renews what is held and takes what is free.
func (r *Replica) beat(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, leaseLimit)
	defer cancel()
	err := r.settle(ctx)
	if err == nil {
		err = r.care.look(ctx)
	}
	if name := r.Name(); err == nil && r.own(name) == Firm {
		err = r.care.renew(ctx, name)
	}
	if err != nil && ctx.Err() == nil {
		r.log.Warn("a lease could not be renewed; trying again", "error", err)
	}
}

// settle keeps the replica's place, or finds it one under a new name.
func (r *Replica) settle(ctx context.Context) error {
	r.mutex.Lock()
	place, name := r.place, r.name
	r.mutex.Unlock()
	if err := r.look(ctx); err != nil {
		return err
	}
	if place != nil && place.isHeld() {
		return place.renew(ctx, name)
	}
	if place != nil {
		r.log.Warn("this replica has lost its place: what it followed is others' now", "replica", name)
		name = r.newID()
		r.sit(nil, name)
	}
	for _, free := range r.places {
		if !free.isFree() {
			continue
		}
		if err := free.renew(ctx, name); err != nil {
			return err
		}
		if free.isHeld() {
			r.sit(free, name)
			r.log.Info("this replica has a place", "replica", name, "place", free.name)
			return nil
		}
	}
	r.sit(nil, r.newID()) // what it began is others' by now, and is not its own once it has a place
	r.log.Warn("there is no place for this replica: others follow what it begins", "most", mostReplicas)
	return nil
}

func (r *Replica) sit(place *tenure, name string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.place, r.name = place, name
}

// leave gives back what is held, so that others need not wait.
func (r *Replica) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, leaseLimit)
	defer cancel()
	held := []*tenure{r.care}
	r.mutex.Lock()
	if r.place != nil {
		held = append(held, r.place)
	}
	r.mutex.Unlock()
	for _, each := range held {
		if err := each.release(ctx); err != nil {
			r.log.Warn("a lease could not be given back", "lease", each.name, "error", err)
		}
	}
}
