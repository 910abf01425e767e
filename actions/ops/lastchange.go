package ops

import (
	"context"
	"slices"
	"sync"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
)

// changesLookedBack is how many entries are looked through for who changed something last.
const changesLookedBack = 5_000

// changes are the last changes of some services, by ARN.
type changes struct{ of map[string]lastChange }

// lastChange is one operation that changed a service.
type lastChange struct {
	started ledger.Entry // what of it is told
	how     ledger.Event // where it stands, or how it ended
}

// recent remembers the last change of each service, so that whoever asks reads only what was
// added since somebody asked before.
type recent struct {
	history History

	mutex sync.Mutex
	seen  int64 // number of the newest entry that was looked at
	of    map[string]lastChange
}

// changes are those of the services, as the ledger has them now.
func (r *recent) changes(ctx context.Context, services []fleet.Service) (changes, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if err := r.look(ctx); err != nil {
		return changes{}, err
	}
	found := changes{map[string]lastChange{}}
	for _, service := range services {
		if last, known := r.of[service.ARN]; known {
			found.of[service.ARN] = last
		}
	}
	return found, nil
}

// look takes in what is new, from the newest entry backwards. Where that is too much, what was
// known before may have been overtaken, and is forgotten.
func (r *recent) look(ctx context.Context) error {
	newest, left, isJoined := r.seen, changesLookedBack, false
	began, events := map[string]ledger.Entry{}, map[string]ledger.Event{}
	err := r.history.Back(ctx, func(entry ledger.Entry) bool {
		if isJoined = entry.Seq <= r.seen; isJoined {
			return false
		}
		newest = max(newest, entry.Seq)
		if entry.Target != "" && entry.Event != ledger.Read && entry.Event != ledger.Refused {
			if _, later := events[entry.Operation]; !later {
				events[entry.Operation] = entry.Event
			}
			if _, later := began[entry.Target]; !later && entry.Event == ledger.Started {
				began[entry.Target] = entry
			}
		}
		left--
		return left > 0
	})
	if err != nil {
		return err
	}
	if !isJoined && left == 0 || r.of == nil {
		r.of = map[string]lastChange{}
	}
	for target, entry := range began {
		r.of[target] = lastChange{started: ledger.Entry{
			Seq: entry.Seq, Time: entry.Time, Operation: entry.Operation, Actor: entry.Actor, Action: entry.Action, Service: entry.Service,
		}}
	}
	for target, last := range r.of {
		if event, moved := events[last.started.Operation]; moved {
			last.how = event
			r.of[target] = last
		}
	}
	r.seen = newest
	return nil
}

// latest are the newest of all, a line each.
func (c changes) latest(most int) []actions.Text {
	var all []lastChange
	for _, each := range c.of {
		all = append(all, each)
	}
	slices.SortFunc(all, func(a, b lastChange) int { return int(b.started.Seq - a.started.Seq) })
	var points []actions.Text
	for _, each := range all[:min(len(all), most)] {
		points = append(points, append(actions.Textf("%v: ", actions.Named(each.started.Service)), each.text()...))
	}
	return points
}

// text says who did what when, and how it ended.
func (l lastChange) text() actions.Text {
	return actions.Textf("%v by %v, %v: %v (%v)", actions.Named(l.started.Action), actions.PersonSpan(l.started.Actor.User),
		actions.MomentSpan(l.started.Time), l.outcome(), actions.Named(l.started.Operation))
}

func (l lastChange) outcome() string {
	switch l.how {
	case ledger.Started, ledger.Accepted:
		return "under way"
	case ledger.Unknown:
		return "fate unknown"
	default:
		return string(l.how)
	}
}
