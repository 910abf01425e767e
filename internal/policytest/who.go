package policytest

import (
	"cmp"
	"fmt"
	"slices"

	"ecsbot/authz"
)

// Circle is people, or groups where members are not known, whom the same rule treats alike.
type Circle struct {
	Title string // what they may
	Rule  string // why
	Who   []string
	order int
	line  int
}

// Where the circles stand among each other.
const (
	orderAllowed = iota
	orderApproval
	orderApprovers
	orderBreakers
	orderAskers
	orderRefused
)

// Who says who may what is asked, who may approve it, who could do without approval or ask
// for it, and whom a rule stops who would otherwise hold it. Nobody else may. The person of
// the ask does not matter.
func (i Inquiry) Who(ask Ask) ([]Circle, error) {
	circles := &circles{}
	var waiting *Answer // one that needs approval
	for _, subject := range i.subjects() {
		ask.Person = subject
		answer, err := i.Ask(ask)
		if err != nil {
			return nil, err
		}
		if answer.Decision.Verdict == authz.NeedsApproval {
			waiting = &answer
		}
		i.place(circles, subject.Actor.User, answer)
	}
	if waiting != nil {
		i.placeApprovers(circles, waiting.question)
	}
	slices.SortStableFunc(circles.list, func(a, b *Circle) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.line, b.line))
	})
	var sorted []Circle
	for _, circle := range circles.list {
		sorted = append(sorted, *circle)
	}
	return sorted, nil
}

// circles collects people by what they may and why.
type circles struct{ list []*Circle }

func (c *circles) add(who string, circle Circle) {
	for _, known := range c.list {
		if known.order == circle.order && known.Title == circle.Title && known.Rule == circle.Rule {
			known.Who = append(known.Who, who)
			return
		}
	}
	circle.Who = []string{who}
	c.list = append(c.list, &circle)
}

// place puts somebody where their answer belongs. Those whom no rule names are left out.
func (i Inquiry) place(circles *circles, who string, answer Answer) {
	reason := answer.Decision.Reason
	circle := Circle{Rule: i.Why(answer), line: reason.Source.Line}
	switch {
	case answer.Outcome() == Allowed:
		circle.Title, circle.order = "may", orderAllowed
	case answer.Outcome() == Approval:
		circle.Title, circle.order = fmt.Sprintf("may with approval (%d)", answer.Needed), orderApproval
	case answer.Lonely || reason.Cause == authz.ByFreeze || reason.Cause == authz.ByDenial:
		circle.Title, circle.order = "may not", orderRefused
	}
	if circle.Title != "" {
		circles.add(who, circle)
	}
	if answer.Decision.Verdict == authz.NeedsApproval && i.Members != nil {
		i.placeBreaker(circles, who, answer)
	}
	if answer.Outcome() != Allowed && answer.ask.Role == "" && reason.Cause != authz.ByFreeze {
		for _, offer := range i.offers(answer.ask) {
			circles.add(who, Circle{Title: "may ask for it, for a time", Rule: offer, order: orderAskers})
		}
	}
}

// placeBreaker puts somebody among those who could do without the approval that they need.
func (i Inquiry) placeBreaker(circles *circles, who string, answer Answer) {
	question := answer.question
	question.BreakGlass = true
	if i.policy(answer.ask).Decide(question).Reason.Cause == authz.ByBreakGlass {
		rule := fmt.Sprintf("break_glass of %s names %s", answer.ask.Environment, list(glass(i.Config.Environments[answer.ask.Environment])))
		circles.add(who, Circle{Title: "may break the glass", Rule: rule, order: orderBreakers})
	}
}

// placeApprovers asks for a requester who is nobody here, so that nobody is left out.
func (i Inquiry) placeApprovers(circles *circles, question authz.Question) {
	question.Person = authz.Person{}
	from, _ := i.Config.Policy.ApprovingGroups(question.Action, question.Target.Environment, question.Target.Service)
	rule := "never their own request; members of " + list(from)
	for _, who := range i.approvers(question) {
		circles.add(who, Circle{Title: "may approve", Rule: rule, order: orderApprovers})
	}
	if i.Members != nil || question.Role != "" {
		return
	}
	for _, group := range glass(i.Config.Environments[question.Target.Environment]) {
		circles.add(group, Circle{Title: "may break the glass", Rule: "those of them who are also in a group that may", order: orderBreakers})
	}
}
