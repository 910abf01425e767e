// Package policytest asks a policy from outside Slack: what somebody may, who may something,
// whether a table of expectations holds, and what a change of the configuration gives and
// takes. It decides nothing itself: every answer is one of authz.
package policytest

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ecsbot/actions"
	"ecsbot/authz"
	"ecsbot/internal/config"
)

// Inquiry is what questions are put to.
type Inquiry struct {
	Config  *config.Config
	Catalog *actions.Catalog
	Members Members // nil: nobody knows who is in which group
	// Standings are those of people of whom it is known; everybody else is a member of the company.
	Standings map[string]authz.Standing
}

// Ask is one question, in the words of whoever asks.
type Ask struct {
	Person      authz.Person
	Action      string
	Environment string
	Service     string        // empty: the environment as a whole
	Role        string        // of time-bound access
	Duration    time.Duration // of time-bound access
	BreakGlass  bool
	At          time.Time // zero: at no particular time, so that freezes do not count
}

// String is the question as it would be typed in Slack.
func (a Ask) String() string {
	words := []string{a.Action, a.Environment, a.Service, a.Role}
	if a.Duration > 0 {
		words = append(words, actions.DurationText(a.Duration))
	}
	return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), " ")
}

// Answer is what came of an Ask.
type Answer struct {
	Decision authz.Decision
	// Approvers are those who could approve: users where members are known, otherwise groups.
	Approvers []string
	Needed    int  // how many must approve
	Lonely    bool // it needs approval, and there are too few who could: the bot refuses at once
	ask       Ask
	question  authz.Question
}

// Ask answers. An error is a mistake of whoever asks.
func (i Inquiry) Ask(ask Ask) (Answer, error) {
	question, err := i.question(ask)
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{Decision: i.policy(ask).Decide(question), ask: ask, question: question}
	if answer.Decision.Verdict != authz.NeedsApproval {
		return answer, nil
	}
	answer.Approvers = i.approvers(question)
	_, answer.Needed = i.Config.Policy.ApprovingGroups(question.Action, question.Target.Environment, question.Target.Service)
	answer.Lonely = i.Members != nil && len(answer.Approvers) < answer.Needed
	return answer, nil
}

// policy is the one to ask: the frozen one only where a time is named.
func (i Inquiry) policy(ask Ask) *authz.Policy {
	if ask.At.IsZero() {
		return i.Config.Policy.Thawed()
	}
	return i.Config.Policy
}

// question puts an ask into the policy's words.
func (i Inquiry) question(ask Ask) (authz.Question, error) {
	verb, known := verbs(i.Catalog)[ask.Action]
	if !known {
		return authz.Question{}, fmt.Errorf("there is no action %q%s", ask.Action, meant(ask.Action, names(i.Catalog)))
	}
	question := verb.question(ask.Person)
	question.BreakGlass = ask.BreakGlass
	if !ask.At.IsZero() {
		question.Now = ask.At
	}
	if verb.isAccess {
		if err := i.checkAccess(ask); err != nil {
			return authz.Question{}, err
		}
		question.Role, question.Duration = ask.Role, ask.Duration
	} else if ask.Role != "" || ask.Duration != 0 {
		return authz.Question{}, fmt.Errorf("%s takes no role and no duration", ask.Action)
	}
	if verb.isEverywhere {
		return question, nil
	}
	if ask.Environment == "" && !verb.isOpen {
		return authz.Question{}, fmt.Errorf("%s is about an environment: say which", ask.Action)
	}
	question.Target = i.target(ask)
	return question, nil
}

func (i Inquiry) checkAccess(ask Ask) error {
	roles := rolesOf(i.Config)
	if _, known := roles[ask.Role]; !known {
		return fmt.Errorf("there is no role %q%s", ask.Role, meant(ask.Role, sortedKeys(roles)))
	}
	if ask.Duration <= 0 {
		return fmt.Errorf("%s takes a role and a duration, such as operator 1h", ask.Action)
	}
	return nil
}

// target takes a service as it is typed in Slack: its name, or cluster/name.
func (i Inquiry) target(ask Ask) authz.Target {
	name := ask.Service
	cluster, bare, isQualified := strings.Cut(name, "/")
	if isQualified {
		name = bare
	}
	own, _, _ := strings.Cut(i.Config.AWS.Self, "/")
	return authz.Target{Environment: ask.Environment, Service: name, Own: isQualified && cluster == own}
}

// approvers are those who may approve what is asked, the requester left out.
func (i Inquiry) approvers(question authz.Question) []string {
	var able []string
	for _, subject := range i.subjects() {
		if i.Config.Policy.MayApprove(question, subject).Verdict == authz.Allowed {
			able = append(able, subject.Actor.User)
		}
	}
	return able
}

// subjects are all whom the inquiry knows: users where members are known, otherwise each
// group as somebody who is in it alone, under the group's ID.
func (i Inquiry) subjects() []authz.Person {
	if i.Members != nil {
		return i.people()
	}
	var people []authz.Person
	for _, group := range i.Config.Policy.Groups() {
		people = append(people, member(group, []string{group}))
	}
	return people
}

// line names a line of the configuration.
func (i Inquiry) line(number int) string {
	return fmt.Sprintf("%s:%d", filepath.Base(i.Config.Path), number)
}

func meant(word string, known []string) string {
	if nearest := authz.Nearest(word, known); nearest != "" {
		return fmt.Sprintf("; did you mean %q?", nearest)
	}
	return "; known: " + strings.Join(known, " ")
}
