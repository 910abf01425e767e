package actions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// expiry is how long a request waits where the configuration does not say.
const expiry = 30 * time.Minute

// repeated is a request that waits for approval already, as somebody asked for it before.
type repeated struct{ first ledger.Entry }

func (r *repeated) Error() string {
	return "the same request waits for approval already: operation " + r.first.Operation
}

// told says who has asked for it.
func (r *repeated) told(by authz.Actor) Message {
	if r.first.Actor == by {
		return Say(Waiting, "You have asked for the same already, and it waits for approval.")
	}
	return Say(Waiting, "%v has asked for the same already, and it waits for approval.", PersonSpan(r.first.Actor.User))
}

// ask puts a change to those who may approve it: the plan goes into the ledger, and a card
// with buttons is posted. Where nobody could approve, it is refused at once.
func (t *task) ask(ctx context.Context, call Call, question authz.Question) {
	groups, count := t.rules.Policy.ApprovingGroupsFor(question)
	if t.runner.others(groups, t.request.Actor) < count {
		t.refuse(ctx, refused(authz.CodeDenied, "nobody could approve", Message{
			Title: Textf("Nobody could approve that: it wants %v, and there are not as many beside you.", people(count)),
			Body:  []Block{Paragraph{append(Textf("Approvers there: "), groupList(groups)...)}},
		}), "")
		return
	}
	expires := time.Now().Add(t.expiry())
	asked := t.entry(ledger.Asked)
	asked.Target, asked.Result = call.service.ARN, terms{expires: expires, where: t.approvalsPlace(), facts: call.bound()}.String()
	_, err := t.runner.Ledger.Append(ctx, func(state *ledger.State) ([]ledger.Entry, error) {
		return []ledger.Entry{asked}, t.mayAsk(state, asked)
	})
	if errors.Is(err, errSeen) {
		return
	}
	if err != nil {
		t.fail(ctx, err)
		return
	}
	t.request.Where = t.approvalsPlace()
	t.runner.boards.of(ctx, t).show(t.waiting(call, expires, nil, groups, count))
	t.told(t.reply.Tell(ctx, Say(Waiting, "Asked for approval: %v may approve it until %v.", groupList(groups), MomentSpan(expires))))
}

// mayAsk holds back what was asked before and still waits, and whoever asks for too much.
func (t *task) mayAsk(state *ledger.State, asked ledger.Entry) error {
	if state.Begun(t.request.ID) {
		return errSeen
	}
	for _, operation := range state.Open() {
		if operation.IsWaiting() && t.isSame(operation.First, asked) {
			return &repeated{operation.First}
		}
	}
	waiting := state.Asking(t.request.Actor)
	waiting = slices.DeleteFunc(waiting, func(operation ledger.Operation) bool { return operation.First.Action == reviewAction })
	if most := t.rules.Limits.OpenRequests; most > 0 && len(waiting) >= most {
		return fmt.Errorf("%w: %s", errLimit, Counted(most, "open request"))
	}
	return nil
}

// isSame says whether an approval of one request would be one of the other: the same change by
// the same plan (which names the service as AWS does), whoever asks; access is somebody's own.
func (t *task) isSame(one, other ledger.Entry) bool {
	return one.Action == other.Action && one.Environment == other.Environment && bare(one.Service) == bare(other.Service) &&
		maps.Equal(one.Arguments, other.Arguments) && slices.Equal(parseTerms(one.Result).facts, parseTerms(other.Result).facts) &&
		(one.Actor == other.Actor || t.command.action.Lasts != LastsAccess)
}

func (t *task) expiry() time.Duration {
	if configured := t.rules.Places[t.command.environment].Expires; configured > 0 {
		return configured
	}
	return expiry
}

func (t *task) approvalsPlace() Where {
	if t.rules.Approvals != "" {
		return Where{Channel: t.rules.Approvals}
	}
	return t.request.Where
}

// others counts the members of groups beside one person.
func (r *Runner) others(groups []string, but authz.Actor) int {
	members := map[string]bool{}
	for _, group := range groups {
		for _, user := range r.People.Members(group) {
			if user != but.User {
				members[user] = true
			}
		}
	}
	return len(members)
}

// terms are what an approval is bound to: the plan is executed as it was approved, or not at all.
type terms struct {
	expires time.Time
	where   Where    // the card stands
	facts   []string // name=value, in a fixed order
}

// String is the terms as the entry keeps them.
func (p terms) String() string {
	fields := []string{"expires=" + p.expires.UTC().Format(time.RFC3339)}
	if p.where != (Where{}) {
		fields = append(fields, whereField(p.where))
	}
	return strings.Join(append(fields, p.facts...), " ")
}

func parseTerms(text string) terms {
	var read terms
	for _, field := range strings.Fields(text) {
		if at, isExpiry := strings.CutPrefix(field, "expires="); isExpiry {
			read.expires, _ = time.Parse(time.RFC3339, at) // a time that cannot be read has passed
			continue
		}
		if _, isWhere := parseWhere(field); isWhere { // of originOf
			continue
		}
		read.facts = append(read.facts, field)
	}
	return read
}

// planFacts are what would be different if somebody else changed the service meanwhile.
func planFacts(service fleet.Service) []string {
	if service.ARN == "" {
		return nil
	}
	return []string{
		"service=" + service.ARN,
		"deployment=" + service.Primary().ID,
		"revision=" + service.Revision,
		fmt.Sprintf("desired=%d", service.Desired),
	}
}

// drift are the facts that are not as they were approved, in words.
func drift(approved, now []string) []string {
	var changes []string
	for position := range max(len(approved), len(now)) {
		was, is := "-", "-"
		if position < len(approved) {
			was = approved[position]
		}
		if position < len(now) {
			is = now[position]
		}
		if was != is {
			_, value, _ := strings.Cut(is, "=")
			changes = append(changes, was+" → "+value)
		}
	}
	return changes
}

// confirmBreakGlass asks once more, in a form, before somebody goes without a second person.
func (t *task) confirmBreakGlass(ctx context.Context) {
	err := t.reply.Ask(ctx, Form{
		ID: t.command.action.Name, Value: t.request.Text, Title: "Break the glass", Submit: "Do it now", Danger: true,
		Text: Textf("%v %v without a second person. It is shown loudly in the audit channel, and the approvers review it afterwards.",
			capital(t.command.action.Name), t.subject()),
		Reason: t.command.reason, Where: t.request.Where,
	})
	if err != nil {
		t.refuse(ctx, refused("parse", "no form could be opened", Say(Refusal,
			"Breaking the glass is confirmed in a form, which a mention cannot open. Use the slash command.")), err.Error())
	}
}

func people(count int) string {
	if count == 1 {
		return "a second person"
	}
	return fmt.Sprintf("%d other people", count)
}

func groupList(groups []string) Text {
	if len(groups) == 0 {
		return Textf("nobody")
	}
	var text Text
	for position, group := range groups {
		if position > 0 {
			text = append(text, Textf(", ")...)
		}
		text = append(text, GroupSpan(group))
	}
	return text
}
