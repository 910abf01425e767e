package authz

// Policy is compiled authority. The zero Policy refuses everything. It is never changed: a
// new configuration makes a new one.
type Policy struct {
	actions      map[string]permissions
	environments map[string]*territory
}

// permissions is a set of actions, one bit each.
type permissions uint64

// territory is what a policy says of one environment, by group.
type territory struct {
	protected bool
	grants    map[string][]rule
	denials   map[string][]rule
}

// rule is one line of the configuration, as far as it touches one environment.
type rule struct {
	permissions permissions
	services    []pattern // none: every service
	source      Source
}

// Question is everything that a decision rests on.
type Question struct {
	Person  Person
	Action  string
	Changes bool // the action changes something on AWS
	Open    bool // the action is for every insider and touches no environment
	Fresh   bool // the person was read as recently as a change demands
	Target  Target
}

// Target is what the action would touch, as its tags have it.
type Target struct {
	Environment string // empty: untagged, or an action without an environment
	Service     string // empty: the environment as a whole
	Conflict    bool   // tags or configuration contradict each other
	Own         bool   // it is the bot itself
}

// Verdict is the outcome of a decision. The zero value refuses.
type Verdict int

// The verdicts.
const (
	Refused Verdict = iota
	NeedsApproval
	Allowed
)

// Decision is a verdict with its reason.
type Decision struct {
	Verdict Verdict
	Reason  Reason
}

// Code is the kind of a refusal, as entries and programs read it.
type Code string

// The codes of the outside (DESIGN chapter 5) which authority can give.
const (
	CodeNone     Code = ""
	CodeNobody   Code = "nobody"
	CodeUnknown  Code = "unknown"
	CodeDenied   Code = "denied"
	CodeConflict Code = "conflict"
	CodeStale    Code = "stale"
)

// Reason names the rule that decided.
type Reason struct {
	Code   Code
	Cause  Cause
	Source Source // the grant or denial, where one decided
}

// Cause is what decided, finer than the code; only the ledger and those in scope see it.
type Cause int

// The causes.
const (
	ByDefault     Cause = iota // nothing allows it
	ByStanding                 // the person is no member of the company
	ByAction                   // there is no such action
	ByEnvironment              // there is no such environment, or nothing of it is the person's
	ByService                  // no grant of the person covers the service
	ByGrant                    // a grant allows it
	ByDenial                   // a denial forbids it
	ByConflict                 // tags contradict each other
	ByOwn                      // the bot does not touch itself
	ByStaleness                // groups could not be read in time
	ByProtection               // a grant allows it, with a second person
	ByOpenness                 // every insider may
)

// Source is the line of the configuration that decided.
type Source struct {
	Kind  RuleKind
	Group string
	Role  string
	Line  int
}

// RuleKind tells grants from denials.
type RuleKind int

// The kinds of rules.
const (
	NoRule RuleKind = iota
	GrantRule
	DenialRule
)

// Decide answers a question. It allocates nothing and takes the same time however many
// environments there are.
func (p *Policy) Decide(q Question) Decision {
	if q.Person.Standing != Insider {
		return refuse(CodeNobody, ByStanding, Source{})
	}
	if p == nil {
		return refuse(CodeDenied, ByDefault, Source{})
	}
	wanted, known := p.actions[q.Action]
	if !known {
		return refuse(CodeUnknown, ByAction, Source{})
	}
	if q.Open && !q.Changes && q.Target == (Target{}) {
		return Decision{Verdict: Allowed, Reason: Reason{Cause: ByOpenness}}
	}
	territory, declared := p.environments[q.Target.Environment]
	if !declared || !territory.concerns(q.Person.Groups) {
		return refuse(CodeUnknown, ByEnvironment, Source{})
	}
	if !territory.covers(q.Person.Groups, q.Target.Service) {
		return refuse(CodeUnknown, ByService, Source{})
	}
	if q.Target.Conflict {
		return refuse(CodeConflict, ByConflict, Source{})
	}
	if q.Target.Own {
		return refuse(CodeDenied, ByOwn, Source{})
	}
	if source, found := match(territory.denials, q.Person.Groups, wanted, q.Target.Service); found {
		return refuse(CodeDenied, ByDenial, source)
	}
	source, found := match(territory.grants, q.Person.Groups, wanted, q.Target.Service)
	if !found {
		return refuse(CodeDenied, ByDefault, Source{})
	}
	if !q.Changes {
		return Decision{Verdict: Allowed, Reason: Reason{Cause: ByGrant, Source: source}}
	}
	if !q.Fresh {
		return refuse(CodeStale, ByStaleness, Source{})
	}
	if territory.protected {
		return Decision{Verdict: NeedsApproval, Reason: Reason{Code: CodeDenied, Cause: ByProtection, Source: source}}
	}
	return Decision{Verdict: Allowed, Reason: Reason{Cause: ByGrant, Source: source}}
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

// String is the verdict in a word.
func (v Verdict) String() string {
	switch v {
	case Allowed:
		return "allowed"
	case NeedsApproval:
		return "needs approval"
	case Refused:
	}
	return "refused"
}
