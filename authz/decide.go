package authz

import "time"

// Policy is compiled authority. The zero Policy refuses everything. It is never changed: a
// new configuration makes a new one.
type Policy struct {
	actions      map[string]permissions
	roles        map[string]permissions
	environments map[string]*territory
	names        []string // of the environments, sorted
}

// permissions is a set of actions, one bit each.
type permissions uint64

// territory is what a policy says of one environment, by group.
type territory struct {
	protected  bool
	approvers  []string
	count      int
	breakGlass []string
	freezes    []Window
	grants     map[string][]rule
	denials    map[string][]rule
	offers     map[string][]offer
}

// rule is one line of the configuration, as far as it touches one environment.
type rule struct {
	permissions permissions
	services    []pattern // none: every service
	source      Source
}

// offer is what a group may ask for.
type offer struct {
	role    string
	longest time.Duration
	source  Source
}

// Question is everything that a decision rests on.
type Question struct {
	Person  Person
	Action  string
	Changes bool // the action changes something on AWS
	Open    bool // the action is for every insider and touches no environment
	Free    bool // a change that needs no second person, and that no hold or freeze stops: hold, release
	Fresh   bool // the person was read as recently as a change demands
	// Everywhere says that the action is about all environments at once: the kill switch.
	Everywhere bool
	Target     Target
	Now        time.Time

	// Role and Duration are what is asked for, where the question is about time-bound access.
	Role     string
	Duration time.Duration

	Access    []Access // time-bound grants that were approved, of anybody
	Holds     []Hold   // holds that were put up, by anybody
	Approvers []Person // who approved this very plan, as they are now
	// BreakGlass says that the person asked, and confirmed, to go without a second person.
	BreakGlass bool
}

// Target is what the action would touch, as its tags have it.
type Target struct {
	Environment string // empty: untagged, or an action without an environment
	Service     string // empty: the environment as a whole
	Conflict    bool   // tags or configuration contradict each other
	Own         bool   // it is the bot itself, or shares its cluster or roles
}

// Decide answers a question. It allocates nothing and takes the same time however many
// environments there are. Read it from top to bottom: the first sentence that applies decides.
func (p *Policy) Decide(q Question) Decision {
	if q.Person.Standing != Insider {
		return refuse(CodeNobody, ByStanding, Source{})
	}
	if p == nil {
		return refuse(CodeDenied, ByDefault, Source{})
	}
	if q.Role != "" {
		return p.decideAccess(&q)
	}
	wanted, known := p.actions[q.Action]
	if !known {
		return refuse(CodeUnknown, ByAction, Source{})
	}
	if q.Open && !q.Changes && q.Target == (Target{}) {
		return Decision{Verdict: Allowed, Reason: Reason{Cause: ByOpenness}}
	}

	// What is out of scope does not exist.
	if q.Everywhere {
		return p.decideEverywhere(&q, wanted)
	}
	territory, declared := p.environments[q.Target.Environment]
	if !declared || !territory.concerns(q.Person.Groups) && p.access(&q, ^permissions(0), "") == nil {
		return refuse(CodeUnknown, ByEnvironment, Source{})
	}
	if !territory.covers(q.Person.Groups, q.Target.Service) && p.access(&q, ^permissions(0), q.Target.Service) == nil {
		return refuse(CodeUnknown, ByService, Source{})
	}
	if q.Target.Conflict {
		return refuse(CodeConflict, ByConflict, Source{})
	}
	if q.Target.Own {
		return refuse(CodeDenied, ByOwn, Source{})
	}

	// A denial wins over every grant; without a grant there is nothing.
	if source, found := match(territory.denials, q.Person.Groups, wanted, q.Target.Service); found {
		return refuse(CodeDenied, ByDenial, source)
	}
	source, granted := match(territory.grants, q.Person.Groups, wanted, q.Target.Service)
	access := p.access(&q, wanted, q.Target.Service)
	if !granted && access == nil {
		return refuse(CodeDenied, ByDefault, Source{})
	}
	basis := Reason{Cause: ByGrant, Source: source}
	if !granted {
		basis = Reason{Cause: ByAccess, Access: access}
	}
	if !q.Changes {
		return Decision{Verdict: Allowed, Reason: basis}
	}

	// A change wants fresh knowledge, a free target and an open time.
	if !q.Fresh || q.Now.IsZero() {
		return refuse(CodeStale, ByStaleness, Source{})
	}
	if q.Free {
		return Decision{Verdict: Allowed, Reason: basis}
	}
	if hold := held(&q); hold != nil {
		return Decision{Reason: Reason{Code: CodeHeld, Cause: ByHold, Hold: hold}}
	}
	if window := territory.frozen(&q); window != nil {
		return refuse(CodeFrozen, ByFreeze, Source{Kind: FreezeRule, Line: window.line})
	}

	// In a protected environment it wants a second person, or what stands for one.
	switch {
	case !territory.protected:
		return Decision{Verdict: Allowed, Reason: basis}
	case access != nil:
		return Decision{Verdict: Allowed, Reason: Reason{Cause: ByAccess, Access: access, Source: source}}
	case q.BreakGlass:
		if !shares(territory.breakGlass, q.Person.Groups) {
			return refuse(CodeDenied, ByNoBreakGlass, source)
		}
		return Decision{Verdict: Allowed, Reason: Reason{Cause: ByBreakGlass, Source: source}}
	case p.approvals(territory, &q, wanted) >= territory.count:
		return Decision{Verdict: Allowed, Reason: Reason{Cause: ByApproval, Source: source}}
	}
	return Decision{Verdict: NeedsApproval, Reason: Reason{Code: CodeDenied, Cause: ByProtection, Source: source}}
}

func refuse(code Code, cause Cause, source Source) Decision {
	return Decision{Verdict: Refused, Reason: Reason{Code: code, Cause: cause, Source: source}}
}

// concerns says whether any of the groups holds anything in the environment.
func (t *territory) concerns(groups []string) bool {
	for _, group := range groups {
		if len(t.grants[group]) > 0 {
			return true
		}
	}
	return false
}

// covers says whether any of the groups holds anything on the service.
func (t *territory) covers(groups []string, service string) bool {
	_, found := match(t.grants, groups, ^permissions(0), service)
	return found
}

// frozen finds a freeze that stops the person now.
func (t *territory) frozen(q *Question) *Window {
	for position := range t.freezes {
		if window := &t.freezes[position]; window.stops(q.Now, q.Person.Groups) {
			return window
		}
	}
	return nil
}

// match finds the first rule for one of the groups that has one of the permissions on the service.
func match(rules map[string][]rule, groups []string, wanted permissions, service string) (Source, bool) {
	for _, group := range groups {
		for _, rule := range rules[group] {
			if rule.permissions&wanted != 0 && rule.touches(service) {
				return rule.source, true
			}
		}
	}
	return Source{}, false
}

// touches says whether the rule is about the service. The environment as a whole is touched
// by every rule in it: what is then shown is filtered service by service.
func (r rule) touches(service string) bool {
	if len(r.services) == 0 || service == "" {
		return true
	}
	for _, pattern := range r.services {
		if pattern.matches(service) {
			return true
		}
	}
	return false
}
