package ops

import (
	"context"
	"slices"

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
	started ledger.Entry
	how     ledger.Event // where it stands, or how it ended
}

// lastChanges looks from the newest entry backwards, until every service is found or it has
// looked far enough.
func lastChanges(ctx context.Context, history History, services []fleet.Service) (changes, error) {
	wanted := map[string]bool{}
	for _, service := range services {
		wanted[service.ARN] = true
	}
	found, latest, left := changes{map[string]lastChange{}}, map[string]ledger.Event{}, changesLookedBack
	err := history.Back(ctx, func(entry ledger.Entry) bool {
		if wanted[entry.Target] {
			if _, later := latest[entry.Operation]; !later {
				latest[entry.Operation] = entry.Event
			}
			if _, known := found.of[entry.Target]; !known && entry.Event == ledger.Started {
				found.of[entry.Target] = lastChange{entry, latest[entry.Operation]}
			}
		}
		left--
		return left > 0 && len(found.of) < len(wanted)
	})
	return found, err
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
