package policytest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ecsbot/actions"
	"ecsbot/authz"
)

// The outcomes, as tables of expectations write them.
const (
	Allowed  = "allowed"
	Approval = "approval" // allowed, with second persons
	Refused  = "refused"
	Unknown  = "unknown" // refused with the words for what does not exist
)

// Outcome is what the bot would do, in a word.
func (a Answer) Outcome() string {
	switch {
	case a.Decision.Verdict == authz.Allowed:
		return Allowed
	case a.Decision.Verdict == authz.NeedsApproval && !a.Lonely:
		return Approval
	case a.Decision.Reason.Code == authz.CodeUnknown:
		return Unknown
	}
	return Refused
}

// IsYes says whether the bot would do it, at once or once it is approved.
func (a Answer) IsYes() bool { return a.Outcome() == Allowed || a.Outcome() == Approval }

// Title is the outcome with the code of a refusal, as entries have it.
func (a Answer) Title() string {
	switch a.Outcome() {
	case Allowed:
		return "allowed"
	case Approval:
		return "needs approval"
	}
	return fmt.Sprintf("refused (%s)", a.Decision.Reason.Code)
}

// Why names the rule that decided.
func (i Inquiry) Why(answer Answer) string {
	rule := i.rule(answer.Decision.Reason, answer.ask)
	if answer.Lonely {
		return fmt.Sprintf("nobody could approve: it needs %d beside the requester, and those who may are %s; otherwise %s",
			answer.Needed, list(answer.Approvers), rule)
	}
	return rule
}

// rule puts a reason into words.
func (i Inquiry) rule(reason authz.Reason, ask Ask) string {
	source := reason.Source
	at := i.line(source.Line)
	switch reason.Cause {
	case authz.ByOpenness:
		return "every member of the company may"
	case authz.ByGrant, authz.ByProtection, authz.ByApproval:
		if source.Kind == authz.OfferRule {
			return fmt.Sprintf("%s may ask for the role %s (%s)", source.Group, source.Role, at)
		}
		return fmt.Sprintf("%s holds the role %s (%s)", source.Group, source.Role, at)
	case authz.ByBreakGlass:
		return fmt.Sprintf("%s holds the role %s (%s), and break_glass of %s names a group of theirs (%s)",
			source.Group, source.Role, at, ask.Environment, list(glass(i.Config.Environments[ask.Environment])))
	case authz.ByDenial:
		return fmt.Sprintf("it is denied to %s (%s)", source.Group, at)
	case authz.ByFreeze:
		return fmt.Sprintf("%s is frozen at %s (%s)", ask.Environment, ask.At.Format(time.RFC3339), at)
	case authz.ByEnvironment:
		return i.noEnvironment(ask)
	case authz.ByService:
		return fmt.Sprintf("no grant of %s to %s covers the service %s", ask.Environment, groups(ask), ask.Service)
	case authz.ByOwn:
		return "it is the bot itself, or runs in its cluster (aws.self)"
	case authz.ByNoBreakGlass:
		return fmt.Sprintf("break_glass of %s names none of their groups; it names %s", ask.Environment, list(glass(i.Config.Environments[ask.Environment])))
	case authz.ByNoOffer:
		return fmt.Sprintf("requestable offers %s on %s for %s to none of their groups", ask.Role, ask.Environment, actions.DurationText(ask.Duration))
	case authz.ByStanding:
		return fmt.Sprintf("they are %s to the company", ask.Person.Standing)
	default: // ByDefault; the rest asks what stands in Slack and the ledger, which this does not know
		return fmt.Sprintf("no role that %s holds there includes %s", groups(ask), ask.Action)
	}
}

func (i Inquiry) noEnvironment(ask Ask) string {
	if _, declared := i.Config.Environments[ask.Environment]; declared {
		return fmt.Sprintf("nothing on %s is granted to %s", ask.Environment, groups(ask))
	}
	return fmt.Sprintf("the environment %s is not declared%s", ask.Environment, meant(ask.Environment, sortedKeys(i.Config.Environments)))
}

// Advice is what else is worth knowing of an answer: who could approve, and of a refusal the
// way forward. One sentence each.
func (i Inquiry) Advice(answer Answer) []string {
	if answer.Outcome() == Approval {
		return []string{fmt.Sprintf("could approve: %s; %d must", list(answer.Approvers), answer.Needed)}
	}
	var advice []string
	switch ask, target := answer.ask, answer.question.Target; answer.Decision.Reason.Cause {
	case authz.ByNoBreakGlass:
		advice = append(advice, "without breaking the glass it can be asked for, for approval")
	case authz.ByDefault, authz.ByEnvironment, authz.ByService, authz.ByNoOffer:
		if holders := i.Config.Policy.Holders(ask.Action, target.Environment, target.Service); len(holders) > 0 {
			advice = append(advice, "who holds it: "+list(holders))
		}
		for _, offer := range i.offers(ask) {
			advice = append(advice, "may be asked for: "+offer)
		}
	default: // nothing else helps
	}
	return advice
}

// offers are the roles with the action that somebody may ask for; all that they may ask for
// there, where a role is what they ask for.
func (i Inquiry) offers(ask Ask) []string {
	roles, longest := rolesOf(i.Config), longest(i, ask.Person, ask.Environment)
	var offers []string
	for _, role := range sortedKeys(longest) {
		if ask.Role != "" || slices.Contains(roles[role], ask.Action) {
			offers = append(offers, fmt.Sprintf("%s on %s, for at most %s", role, ask.Environment, actions.DurationText(longest[role])))
		}
	}
	return offers
}

func groups(ask Ask) string {
	if len(ask.Person.Groups) == 0 {
		return "somebody without a group"
	}
	return list(ask.Person.Groups)
}

// list joins names; a list without any is nobody.
func list(names []string) string {
	if len(names) == 0 {
		return "nobody"
	}
	return strings.Join(names, ", ")
}
