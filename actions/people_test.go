package actions

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"ecsbot/authz"
)

// fakePeople answers as Slack would; it can be away.
type fakePeople struct {
	mutex  sync.Mutex
	people map[string]authz.Person
	memory map[string]authz.Person
	err    error
	reads  int
	ages   []time.Duration      // that were asked for
	since  map[string]time.Time // when who was read; absent: just now
	pause  func() time.Duration // how long a reading takes; nil is not at all
	broken map[string]error     // who cannot be read
}

func newPeople() *fakePeople {
	people := &fakePeople{people: map[string]authz.Person{}, memory: map[string]authz.Person{}, since: map[string]time.Time{}}
	for user, groups := range map[string][]string{"ALICE": {"S0BACKEND"}, "BOB": {"S0SRE"}, "MALLORY": nil, "FRED": {"S0BACKEND", "S0FROZEN"}} {
		people.people[user] = authz.Person{Actor: authz.Actor{Team: "T1", User: user}, Standing: authz.Insider, Groups: groups}
	}
	people.people["EVE"] = authz.Person{Actor: authz.Actor{Team: "T2", User: "EVE"}, Standing: authz.External, Groups: []string{"S0SRE"}}
	return people
}

func (f *fakePeople) Recall(actor authz.Actor, age time.Duration) (authz.Person, bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	person, remembered := f.memory[actor.User]
	if at, known := f.since[actor.User]; known && time.Since(at) > age {
		return authz.Person{}, false
	}
	return person, remembered
}

// pass lets time pass. None is no timer: in a bubble, under the race detector, Go's runtime breaks where
// several goroutines find at once that timers of theirs are due already.
func pass(ctx context.Context, span time.Duration) error {
	if span == 0 {
		return nil
	}
	select {
	case <-time.After(span):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *fakePeople) Read(ctx context.Context, actor authz.Actor, age time.Duration) (authz.Person, error) {
	began := time.Now()
	if f.pause != nil {
		if err := pass(ctx, f.pause()); err != nil {
			return authz.Person{}, err
		}
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.reads++
	f.ages = append(f.ages, age)
	if err := cmp.Or(f.err, f.broken[actor.User]); err != nil {
		return authz.Person{}, err
	}
	f.memory[actor.User], f.since[actor.User] = f.people[actor.User], began
	return f.people[actor.User], nil
}

// breaks lets every reading end in an error; what is remembered stays.
func (f *fakePeople) breaks(err error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.err = err
}

// breaksFor makes one person unreadable.
func (f *fakePeople) breaksFor(user string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.broken = map[string]error{user: errAway}
}

// vanish makes everybody forgotten and unreadable.
func (f *fakePeople) vanish() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.err = errAway
	clear(f.memory)
}

func (f *fakePeople) Members(group string) []string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var members []string
	for user, person := range f.people {
		if slices.Contains(person.Groups, group) && person.Standing == authz.Insider {
			members = append(members, user)
		}
	}
	return members
}
