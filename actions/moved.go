package actions

import (
	"fmt"
	"strings"

	"ecsbot/actions/ledger"
)

// membershipAction is the name under which changes of membership stand in the ledger.
const membershipAction = "membership"

// crowdAction is the name under which connections that are nobody's stand in the ledger.
const crowdAction = "connections"

// Crowded writes down, and so shows in the audit channel, that Slack counts more connections
// of the app than the replicas have: somebody else holds its token.
func (r *Runner) Crowded(told, own int) {
	entry := ledger.Entry{
		Operation: r.NewID(), Event: ledger.Read, Action: crowdAction,
		Result: fmt.Sprintf("ALARM: Slack counts %d connections of this app, and the replicas have %d. Whoever has the others gets a share of all requests and clicks.", told, own),
	}
	if err := r.Ledger.Record(entry); err != nil {
		r.Log.Error("an alarm is not recorded", "error", err)
	}
}

// configurationAction is the name under which the configuration's new readings stand in the ledger.
const configurationAction = "configuration"

// Reread writes down that the configuration was read again, or why it was not taken over: it
// moves rights as much as a group does.
func (r *Runner) Reread(failure error) {
	entry := ledger.Entry{Operation: r.NewID(), Event: ledger.Read, Action: configurationAction, Result: "read again"}
	if failure != nil {
		entry.Event, entry.Result, entry.Reason = ledger.Refused, "", "parse: it stays as it was: "+flat(r.Redact(failure.Error()), 300)
	}
	if err := r.Ledger.Record(entry); err != nil {
		r.Log.Error("a new reading of the configuration is not recorded", "error", err)
	}
}

// Moved writes down who came into a group and who went, where the group gives anybody
// anything: such a change moves rights as much as a change of the configuration.
func (r *Runner) Moved(group string, came, went []string) {
	if !r.Rulebook().Policy.Watches(group) {
		return
	}
	for _, user := range went {
		r.Assumer.Forget(user)
	}
	var moved []string
	if len(came) > 0 {
		moved = append(moved, "came: "+strings.Join(came, " "))
	}
	if len(went) > 0 {
		moved = append(moved, "went: "+strings.Join(went, " "))
	}
	entry := ledger.Entry{
		Operation: r.NewID(), Event: ledger.Read, Action: membershipAction,
		Arguments: map[string]string{"group": group}, Result: cut(group+" "+strings.Join(moved, "; "), 2000),
	}
	if err := r.Ledger.Record(entry); err != nil {
		r.Log.Error("a change of membership is not recorded", "group", group, "error", err)
	}
}
