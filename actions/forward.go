package actions

import (
	"cmp"
	"strings"
	"time"

	"ecsbot/authz"
)

// WayForward names who may do what somebody may not, and the access with which they could: told
// to those alone who hold a role on the environment or may ask for one.
func WayForward(policy *authz.Policy, person authz.Person, right, environment, service string) []Block {
	var blocks []Block
	if groups := policy.Holders(right, environment, bare(service)); len(groups) > 0 {
		blocks = append(blocks, Paragraph{append(Textf("Those who may are in "), groupList(groups)...)})
	}
	blocks = append(blocks, askFor(policy.OffersOf(person, right, environment), service)...)
	if len(blocks) == 0 {
		return []Block{Note{Textf("Nobody may: no grant includes it.")}}
	}
	return blocks
}

func (t *task) wayForward(service string) []Block {
	return WayForward(t.rules.Policy, t.person, t.command.right(), t.command.environment, service)
}

// mayNot is told to whoever knows of the environment and may not do this there: of the service
// where that is theirs to see, else of the environment, in the same words whatever there is.
func (t *task) mayNot(service string) Message {
	message := Message{Title: Textf("You may not %v %v.", t.command.action.Name, t.subject())}
	if !t.command.everywhere { // which no single environment's grants say
		message.Body = t.wayForward(service)
	}
	return message
}

// isOffered says whether the caller may ask for any role on the environment.
func (t *task) isOffered() bool {
	for _, offer := range t.rules.Policy.Offers(t.person) {
		if offer.Environment == t.command.environment {
			return true
		}
	}
	return false
}

// noOffer says what the caller may ask for instead.
func noOffer(t *task) Message {
	message := Say(Refusal, "You may not ask for that on %v.", Named(t.command.environment))
	message.Body = askFor(t.rules.Policy.Offers(t.person), t.command.service)
	return message
}

// askFor lists what may be asked for, if anything.
func askFor(offers []authz.Offer, service string) []Block {
	if len(offers) == 0 {
		return nil
	}
	var points []Text
	for _, offer := range offers {
		points = append(points, Asking(offer, service))
	}
	return []Block{Paragraph{Textf("You may ask for:")}, List{points}}
}

// Asking says what is offered, and how it is asked for.
func Asking(offer authz.Offer, service string) Text {
	command := strings.Join([]string{"request", offer.Environment, cmp.Or(cut(service, 60), "SERVICE"), offer.Role, DurationText(min(offer.Longest, time.Hour))}, " ")
	return Textf("%v in %v, for at most %v: %v", Bold(offer.Role), Named(offer.Environment), offer.Longest, Named(command))
}
