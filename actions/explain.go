package actions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// refusal is a no: what the caller is told, and what the entry keeps.
type refusal struct {
	message Message
	reason  string // begins with a code of DESIGN chapter 5
	ours    bool   // refused by a rule or the user's own mistake, not because something is broken
}

func refused(code authz.Code, reason string, message Message) refusal {
	message.Tone = Refusal
	return refusal{message: message, reason: fmt.Sprintf("%s: %s", code, reason), ours: true}
}

// explain turns a decision that is no yes into words: this is the one place that does. What
// is out of the caller's scope is told like what does not exist; the entry has the difference.
func explain(t *task, decision authz.Decision) refusal {
	source := decision.Reason.Source
	switch decision.Reason.Cause {
	case authz.ByStanding:
		return refused(authz.CodeNobody, "the caller is "+t.person.Standing.String(),
			Say(Refusal, "I work for members of this company only, and you are %v here.", t.person.Standing))
	case authz.ByEnvironment:
		if slices.Contains(t.rules.Policy.Environments(t.person), t.command.environment) {
			return refused(authz.CodeUnknown, "the service's tag names another environment now", unknownService(t))
		}
		no := unknownEnvironment(t)
		if t.isOffered() { // it is no secret to them
			no = t.mayNot("")
		}
		return refused(authz.CodeUnknown, "no grant on environment "+cut(t.command.environment, 80), no)
	case authz.ByService:
		return refused(authz.CodeUnknown, "no grant covers the service", unknownService(t))
	case authz.ByConflict:
		return refused(authz.CodeConflict, "tags or configuration contradict each other", Message{
			Title: Textf("%v cannot be reached: what says to which environment it belongs contradicts itself.", Named(t.command.service)),
			Body:  []Block{Note{Textf("Its own tag, its cluster's tag and the configuration must name the same environment. Ask whoever keeps the platform to mend the tags.")}},
		})
	case authz.ByOwn:
		return refused(authz.CodeDenied, "the bot's own service, cluster or roles",
			Say(Refusal, "That is me, or it shares my cluster or my roles. I do not operate myself."))
	case authz.ByStaleness:
		return stale()
	case authz.ByDenial:
		return refused(authz.CodeDenied, fmt.Sprintf("denial of group %s, line %d", source.Group, source.Line), Message{
			Title: Textf("%v is denied to %v in %v, and a denial wins over every grant.", Named(t.command.action.Name), GroupSpan(source.Group), Named(t.command.environment)),
		})
	case authz.ByProtection:
		return refused(authz.CodeDenied, fmt.Sprintf("needs approval; allowed otherwise by the grant of line %d", source.Line), Message{
			Title: Textf("Needs approval: %v is protected, and a change there wants a second person.", Named(t.command.environment)),
			Body:  []Block{Note{Textf("What allowed it without one does not hold any more. Ask again.")}},
		})
	case authz.ByHold:
		return heldBy(t, decision.Reason.Hold)
	case authz.ByFreeze:
		return refused(authz.CodeFrozen, fmt.Sprintf("freeze of line %d", source.Line),
			Say(Refusal, "%v is frozen at this time: nothing changes there (line %v of the configuration).", Named(t.command.environment), source.Line))
	case authz.ByNoBreakGlass:
		return refused(authz.CodeDenied, "not among those who may break the glass",
			Say(Refusal, "You are not among those who may break the glass of %v. Ask without it, for approval.", Named(t.command.environment)))
	case authz.ByNoOffer:
		return refused(authz.CodeDenied, "nothing offers this access", noOffer(t))
	case authz.ByRequester:
		return refused(authz.CodeDenied, "the requester cannot approve", Say(Refusal, "You asked for this: somebody else has to approve it."))
	case authz.ByNoApprover:
		return refused(authz.CodeDenied, "not among the approvers", Say(Refusal, "You are not among those who may approve this."))
	case authz.ByDefault, authz.ByAction, authz.ByGrant, authz.ByAccess, authz.ByApproval, authz.ByBreakGlass, authz.ByOpenness:
	}
	if t.command.needs != "" {
		return refused(authz.CodeDenied, "no grant includes "+t.command.needs, Message{
			Title: append(Textf("That needs the permission %v here. ", Bold(t.command.needs)), t.why...), Body: t.wayForward(t.command.service),
		})
	}
	return refused(authz.CodeDenied, "no grant includes the action", t.mayNot(t.command.service))
}

// elsewhere says where an environment may be talked about.
func elsewhere(t *task, place Place) refusal {
	message := Say(Refusal, "%v is not talked about here.", Named(t.command.environment))
	var points []Text
	for _, channel := range place.Channels {
		points = append(points, Textf("%v", ChannelSpan(channel)))
	}
	message.Body = []Block{Paragraph{Textf("Ask in one of these, or in your direct messages with me:")}, List{points}}
	return refused(authz.CodeDenied, "not in this channel", message)
}

// heldBy says who stops changes, and until when.
func heldBy(t *task, hold *authz.Hold) refusal {
	message := Say(Refusal, "%v holds %v until %v.", PersonSpan(hold.Actor.User), t.subject(), MomentSpan(hold.Until))
	if hold.IsKillSwitch() {
		message = Say(Refusal, "%v has stopped all changes, everywhere, until they are released.", PersonSpan(hold.Actor.User))
	}
	if hold.Reason != "" {
		message.Body = []Block{Paragraph{Textf("Reason: %v", cut(hold.Reason, 300))}}
	}
	message.Buttons = []Button{whenFree(hold.Operation, wanted{t.command.environment, t.command.service})}
	return refused(authz.CodeHeld, "hold "+hold.Operation, message)
}

// unknownEnvironment is told for an environment that does not exist and for one that is none
// of the caller's: the same words, and suggestions only from the caller's own.
func unknownEnvironment(t *task) Message {
	own := t.rules.Policy.Environments(t.person)
	message := Say(Refusal, "I know no environment %v.", Named(cut(t.command.environment, 60)))
	message.Field = t.command.action.named(EnvironmentKind)
	switch nearest := authz.Nearest(t.command.environment, own); {
	case nearest != "":
		message.Body = append(message.Body, Paragraph{Textf("Did you mean %v?", Named(nearest))})
		t.offer(&message, []string{nearest}, otherEnvironment)
	case len(own) > 0:
		message.Body = append(message.Body, Paragraph{append(Textf("Yours: "), names(own)...)})
	default:
		message.Body = append(message.Body, Paragraph{Textf("You hold no role on any environment. Roles come with Slack user groups: ask whoever keeps them here.")})
	}
	return message
}

// unknownService is told for a service that does not exist and for one that is out of scope.
func unknownService(t *task) Message {
	if action := t.command.action; action != nil && action.Tasks && !t.hasRest() { // it was no service that was named
		return unknownTask(t)
	}
	message := Say(Refusal, "I know no service %v in %v.", Named(cut(t.command.service, 60)), Named(t.command.environment))
	message.Field = t.command.action.named(ServiceKind)
	var own []string
	for _, ref := range t.runner.Finder.Services(t.command.environment) {
		if !t.rules.Policy.Sees(t.person, t.command.environment, ref.Name) {
			continue
		}
		if ref.Name == t.command.service || ref.String() == t.command.service { // the list of what exists is older than the answer
			message.Body = []Block{Paragraph{Textf("AWS does not have it there any more.")}}
			return message
		}
		own = append(own, ref.Name)
	}
	if nearest := authz.Nearest(bare(t.command.service), own); nearest != "" {
		message.Body = append(message.Body, Paragraph{Textf("Did you mean %v?", Named(nearest))})
		t.offer(&message, []string{nearest}, otherService)
	} else {
		message.Body = append(message.Body, Paragraph{Textf("See %v.", Named("services "+t.command.environment))})
		message.Body = append(message.Body, askFor(t.rules.Policy.OffersOf(t.person, t.command.right(), t.command.environment), "")...)
	}
	return message
}

func names(list []string) Text {
	var text Text
	for position, name := range list {
		if position > 0 {
			text = append(text, Textf(", ")...)
		}
		text = append(text, Named(name))
	}
	return text
}

// notFound tells what looking in memory brought, to somebody in whose scope the name is.
func notFound(t *task, err error) refusal {
	if errors.Is(err, fleet.ErrAmbiguous) {
		return refused(authz.CodeConflict, err.Error(), ambiguous(t))
	}
	return refused(authz.CodeUnknown, "no such service", unknownService(t))
}

func ambiguous(t *task) Message {
	message := Say(Refusal, "Several clusters of %v have a service %v: say which.", Named(t.command.environment), Named(t.command.service))
	var points []Text
	var exact []string
	for _, ref := range t.runner.Finder.Services(t.command.environment) {
		if ref.Name == t.command.service {
			points, exact = append(points, Textf("%v", Named(ref.String()))), append(exact, ref.String())
		}
	}
	message.Body = []Block{List{points}}
	t.offer(&message, exact, otherService)
	return message
}

// correct tells what is wrong with a command, and helps with what the caller may see.
func (t *task) correct(wrong *mistake) refusal {
	message := Message{Title: wrong.text, Field: wrong.field}
	if wrong.action != nil && t.request.Guided {
		return refused("parse", wrong.Error(), message)
	}
	if wrong.action != nil {
		message.Body = []Block{Paragraph{Textf("Usage: %v", Named(wrong.action.Usage()))}, Note{Textf("For example: %v", Named(wrong.action.Example))}}
		return refused("parse", wrong.Error(), message)
	}
	var own []string
	for _, action := range Offered(t.runner.Catalog, t.rules.Policy, t.person) {
		own = append(own, action.Name)
	}
	if nearest := authz.Nearest(wrong.word, own); wrong.word != "" && nearest != "" {
		message.Body = []Block{Paragraph{Textf("Did you mean %v?", Named(nearest))}}
		t.offerAction(&message, wrong.word, nearest)
	} else {
		message.Body = []Block{Paragraph{append(Textf("You can: "), names(own)...)}}
	}
	return refused("parse", wrong.Error(), message)
}

// Offered are the actions that the person may do somewhere: all that help, lists and
// suggestions show.
func Offered(catalog *Catalog, policy *authz.Policy, person authz.Person) []*Action {
	var offered []*Action
	for _, action := range catalog.Actions() {
		if action.Open || allowedSomewhere(policy, person, action) {
			offered = append(offered, action)
		}
	}
	return offered
}

func allowedSomewhere(policy *authz.Policy, person authz.Person, action *Action) bool {
	if action.Lasts == LastsAccess {
		return len(policy.Offers(person)) > 0
	}
	for _, environment := range policy.Environments(person) {
		question := authz.Question{
			Person: person, Action: action.Name, Changes: action.Changes, Free: action.Free, Fresh: true, Now: time.Now(),
			Target: authz.Target{Environment: environment},
		}
		if policy.Decide(question).Verdict != authz.Refused {
			return true
		}
	}
	return false
}

func stale() refusal {
	message := Say(Refusal, "I cannot ask Slack who is in which group at the moment, so I change nothing. Reads go on; please try again in a minute.")
	return refused(authz.CodeStale, "groups could not be read in time", message)
}

// taken says who changes the service already, and since when.
func taken(by ledger.Entry) Message {
	message := Say(Refusal, "Another operation is changing this service right now: %v by %v, since %v.",
		by.Action, PersonSpan(by.Actor.User), MomentSpan(by.Time))
	message.Body = []Block{Note{Textf("Wait for its card to end, then ask again.")}}
	message.Buttons = []Button{whenFree(by.Operation, wanted{by.Environment, by.Service})}
	return message
}

// failure tells the caller why something could not be done. Everything that this list does
// not know is our own trouble: the caller gets a reference to it.
func failure(t *task, err error) refusal {
	code := authz.CodeStale // what cannot be read or written now is as good as stale
	say := func(format string, arguments ...any) refusal {
		message := Say(Warning, format, arguments...)
		return refusal{message: message, reason: string(code) + ": " + cut(err.Error(), 300)}
	}
	overtaken, occupied, user, fired := &overtaken{}, &occupied{}, &userError{}, &backstopError{}
	unassumable, again := &fleet.Unassumable{}, &repeated{}
	switch {
	case errors.As(err, &fired):
		return refused(authz.CodeDenied, cut(err.Error(), 500), fired.told(t))
	case errors.As(err, &user):
		return user.refusal
	case errors.As(err, &occupied):
		return refused("held", err.Error(), taken(occupied.by.First))
	case errors.As(err, &overtaken):
		return explain(t, overtaken.decision)
	case errors.Is(err, errStopping):
		return say("I am being restarted. Nothing was done; please ask again in a minute.")
	case errors.Is(err, errLives):
		return say("Too many logs are being followed at the moment: ask again when one has ended.")
	case errors.Is(err, errFleet):
		return say("I have not been able to read the fleet from AWS yet, so I cannot tell what exists. Please try again in a minute.")
	case errors.Is(err, errSettled):
		return refused(authz.CodeUnknown, err.Error(), Say(Refusal, "Somebody was faster: this request is settled already."))
	case errors.Is(err, errTwice):
		return refused(authz.CodeDenied, err.Error(), Say(Refusal, "You have approved this before. Somebody else has to, too."))
	case errors.As(err, &again):
		return refused("limit", err.Error(), again.told(t.request.Actor))
	case errors.Is(err, errSwapped):
		return refused(code, err.Error(), Say(Refusal, "What allows this has changed in this very moment. Nothing was done; please ask again."))
	case errors.Is(err, errLimit) && t.clicker != nil: // it is the requester's limit, not that of whoever approved
		return refused("limit", err.Error(), Say(Refusal, "That is too much for %v, who asked for it: %v.", PersonSpan(t.request.Actor.User), err))
	case errors.Is(err, errLimit):
		return refused("limit", err.Error(), Say(Refusal, "That is too much for one person at a time: %v.", err))
	case errors.Is(err, errBusy):
		return refused("held", err.Error(), Say(Refusal, "Another operation is changing this service right now. Wait for its card to end, then ask again."))
	case errors.Is(err, ledger.ErrUnavailable), errors.Is(err, ledger.ErrClosed):
		return say("The ledger cannot be written, so nothing was changed: nothing happens here that is not written down first. Reads go on.")
	case errors.Is(err, fleet.ErrUnknown):
		return refused(authz.CodeUnknown, "not on AWS any more", unknownService(t))
	case errors.Is(err, fleet.ErrThrottled):
		return say("AWS has too many requests at the moment and refused this one. %v; try again in a minute.", unchanged(err))
	case errors.As(err, &unassumable):
		return say("AWS gives me no credentials for this: %v. %v. Reference for whoever keeps the platform: %v", unassumable.Missing, unchanged(err), Named(t.id))
	case errors.Is(err, fleet.ErrDenied):
		return say("AWS refused my credentials for this. %v. Reference for whoever keeps the platform: %v", unchanged(err), Named(t.id))
	case errors.Is(err, fleet.ErrRefused):
		return say("AWS refused: %v", cut(err.Error(), 300))
	case errors.Is(err, fleet.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return say("AWS does not answer at the moment. %v; try again in a minute.", unchanged(err))
	}
	return say("Something went wrong on my side. Nothing more is being done. Reference: %v", Named(t.id))
}
