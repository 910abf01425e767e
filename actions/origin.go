package actions

import (
	"strings"

	"ecsbot/actions/ledger"
)

// origin is what an entry keeps so that others can go on with an operation: who began it, and
// where its card stands.
type origin struct {
	by    string // name of a replica
	where Where
}

const (
	byName    = "by="
	whereName = "where="
)

func (t *task) origin() origin { return origin{by: t.runner.Replica.Name(), where: t.request.Where} }

// String is the origin as the entry's result keeps it.
func (o origin) String() string { return byName + o.by + " " + whereField(o.where) }

// originOf reads an operation's origin: of its start, and before that of its request.
func originOf(operation ledger.Operation) origin {
	var read origin
	for _, entry := range []ledger.Entry{operation.First, operation.Start} {
		for _, field := range strings.Fields(entry.Result) {
			if by, found := strings.CutPrefix(field, byName); found {
				read.by = by
			}
			if where, found := parseWhere(field); found {
				read.where = where
			}
		}
	}
	if read.where == (Where{}) { // the entry does not say: with the requester
		read.where = Where{Channel: operation.First.Actor.User}
	}
	return read
}

// whereField keeps a place in one word.
func whereField(where Where) string {
	if where.Thread == "" {
		return whereName + where.Channel
	}
	return whereName + where.Channel + "/" + where.Thread
}

func parseWhere(field string) (Where, bool) {
	place, found := strings.CutPrefix(field, whereName)
	channel, thread, _ := strings.Cut(place, "/")
	return Where{Channel: channel, Thread: thread}, found && channel != ""
}
