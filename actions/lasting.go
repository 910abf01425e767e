package actions

import (
	"cmp"
	"strings"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// lasting is what earlier operations have left behind: time-bound access and holds.
type lasting struct {
	access []authz.Access
	holds  []authz.Hold
}

// untilRelease is how an entry says that something has no end but its release.
const untilRelease = "release"

func untilResult(until time.Time) string {
	if until.IsZero() {
		return "until=" + untilRelease
	}
	return "until=" + until.UTC().Format(time.RFC3339)
}

// until reads an entry's end; zero for one that only a release ends.
func until(entry ledger.Entry) (time.Time, bool) {
	text, found := strings.CutPrefix(entry.Result, "until=")
	if entry.Event != ledger.Accepted || !found {
		return time.Time{}, false
	}
	if text == untilRelease {
		return time.Time{}, true
	}
	at, err := time.Parse(time.RFC3339, text)
	return at, err == nil
}

// left reads from open operations what they have left behind.
func (c *Catalog) left(open []*ledger.Operation) lasting {
	var found lasting
	for _, operation := range open {
		action, known := c.byName[operation.First.Action]
		end, lasts := until(operation.Last)
		if !known || !lasts {
			continue
		}
		entry := operation.First
		switch action.Lasts {
		case LastsHold:
			found.holds = append(found.holds, authz.Hold{
				Operation: entry.Operation, Actor: entry.Actor, Environment: entry.Environment, Service: bare(entry.Service),
				Until: end, Reason: cmp.Or(entry.Arguments["why"], entry.Reason),
			})
		case LastsAccess:
			access := authz.Access{
				Operation: entry.Operation, Actor: entry.Actor, Environment: entry.Environment, Service: bare(entry.Service),
				Role: entry.Arguments["role"], Until: end,
			}
			if count := len(operation.Approvals); count > 0 {
				access.ApprovedBy = operation.Approvals[count-1].Actor
			}
			found.access = append(found.access, access)
		case Nothing:
		}
	}
	return found
}

// bare is a service's name as grants know it: without its cluster.
func bare(service string) string {
	if _, name, qualified := strings.Cut(service, "/"); qualified {
		return name
	}
	return service
}
