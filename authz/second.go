package authz

import (
	"maps"
	"slices"
	"time"
)

// Access is a time-bound grant: a role on an environment for one person until a time. It was
// approved by a second person, so changes under it need no further approval.
type Access struct {
	Operation   string // that began it
	Actor       Actor
	Environment string
	Service     string // empty: every service
	Role        string
	Until       time.Time
	ApprovedBy  Actor
}

// Hold stops the changes of everybody else on a service, or on an environment. One on
// everything is the kill switch: it stops the holder too, and has no end but its release.
type Hold struct {
	Operation   string // that began it
	Actor       Actor
	Environment string // empty: everything, everywhere
	Service     string // empty: the whole environment
	Until       time.Time
	Reason      string
}

// IsKillSwitch says whether the hold stops everything.
func (h Hold) IsKillSwitch() bool { return h.Environment == "" }

// access finds a time-bound grant of the person that runs and has one of the permissions on
// the target.
func (p *Policy) access(q *Question, wanted permissions, service string) *Access {
	if q.Now.IsZero() { // no time is known, so nothing runs
		return nil
	}
	for position := range q.Access {
		access := &q.Access[position]
		if access.Actor == q.Person.Actor && access.Environment == q.Target.Environment && q.Now.Before(access.Until) &&
			(access.Service == "" || service == "" || access.Service == service) && p.roles[access.Role]&wanted != 0 {
			return access
		}
	}
	return nil
}

// killSwitch finds a hold on everything.
func killSwitch(q *Question) *Hold {
	for position := range q.Holds {
		if hold := &q.Holds[position]; hold.IsKillSwitch() {
			return hold
		}
	}
	return nil
}

// held finds a hold that stops the person.
func held(q *Question) *Hold {
	if hold := killSwitch(q); hold != nil {
		return hold
	}
	for position := range q.Holds {
		if hold := &q.Holds[position]; hold.Stops(q.Person.Actor, q.Target, q.Now) {
			return hold
		}
	}
	return nil
}

// Stops says whether the hold keeps the person from changing the target at that time.
func (h Hold) Stops(actor Actor, target Target, now time.Time) bool {
	if h.IsKillSwitch() {
		return true
	}
	if !h.Until.IsZero() && !now.Before(h.Until) { // without an end it lasts until its release
		return false
	}
	concerned := h.Environment == target.Environment && (h.Service == "" || target.Service == "" || h.Service == target.Service)
	return concerned && h.Actor != actor
}

// approvals counts the distinct persons whose approval of this question counts now.
func (p *Policy) approvals(t *territory, q *Question, wanted permissions) int {
	count := 0
	for position := range q.Approvers {
		if p.approves(t, q, &q.Approvers[position], wanted).Verdict != Allowed {
			continue
		}
		isNew := true
		for earlier := range position {
			isNew = isNew && q.Approvers[earlier].Actor.User != q.Approvers[position].Actor.User
		}
		if isNew {
			count++
		}
	}
	return count
}

// approves says whether one person may approve the question.
func (p *Policy) approves(t *territory, q *Question, approver *Person, wanted permissions) Decision {
	if approver.Standing != Insider {
		return refuse(CodeNobody, ByStanding, Source{})
	}
	if approver.Actor.User == q.Person.Actor.User { // user IDs are unique across teams: never approve one's own by another team
		return refuse(CodeDenied, ByRequester, Source{})
	}
	if source, found := match(t.denials, approver.Groups, wanted, q.Target.Service); found {
		return refuse(CodeDenied, ByDenial, source)
	}
	if len(t.approvers) > 0 {
		if !shares(t.approvers, approver.Groups) {
			return refuse(CodeDenied, ByNoApprover, Source{})
		}
		return Decision{Verdict: Allowed, Reason: Reason{Cause: ByApproval, Source: Source{Kind: ApprovalRule}}}
	}
	for _, group := range approver.Groups {
		for _, rule := range t.grants[group] {
			if rule.permissions&wanted == wanted && rule.touches(q.Target.Service) {
				return Decision{Verdict: Allowed, Reason: Reason{Cause: ByApproval, Source: rule.source}}
			}
		}
	}
	return refuse(CodeDenied, ByNoApprover, Source{})
}

// MayApprove says whether somebody may approve what the question asks for: an insider, not
// the requester, under no denial of the action there, and in one of the environment's
// approving groups or, where it names none, a holder of the action (of all of the role, where
// access is asked for).
func (p *Policy) MayApprove(q Question, approver Person) Decision {
	if p == nil {
		return refuse(CodeDenied, ByDefault, Source{})
	}
	territory, declared := p.environments[q.Target.Environment]
	wanted, known := p.wanted(&q)
	if !known || !declared {
		return refuse(CodeUnknown, ByEnvironment, Source{})
	}
	return p.approves(territory, &q, &approver, wanted)
}

// wanted are the permissions that the question is about.
func (p *Policy) wanted(q *Question) (permissions, bool) {
	if q.Role != "" {
		set, known := p.roles[q.Role]
		return set, known
	}
	bit, known := p.actions[q.Action]
	return bit, known
}

// decideAccess decides on time-bound access: whoever the environment offers the role to may
// have it for as long as it says, with second persons, always.
func (p *Policy) decideAccess(q *Question) Decision {
	territory, declared := p.environments[q.Target.Environment]
	if !declared || !territory.concerns(q.Person.Groups) && !territory.offersTo(q.Person.Groups) {
		return refuse(CodeUnknown, ByEnvironment, Source{})
	}
	source, offered := territory.offered(q)
	if !offered {
		return refuse(CodeDenied, ByNoOffer, Source{})
	}
	wanted := p.roles[q.Role]
	if denial, found := match(territory.denials, q.Person.Groups, wanted, q.Target.Service); found {
		return refuse(CodeDenied, ByDenial, denial)
	}
	if !q.Fresh || q.Now.IsZero() {
		return refuse(CodeStale, ByStaleness, Source{})
	}
	if hold := killSwitch(q); hold != nil {
		return Decision{Reason: Reason{Code: CodeHeld, Cause: ByHold, Hold: hold}}
	}
	if p.approvals(territory, q, wanted) >= territory.count {
		return Decision{Verdict: Allowed, Reason: Reason{Cause: ByApproval, Source: source}}
	}
	return Decision{Verdict: NeedsApproval, Reason: Reason{Code: CodeDenied, Cause: ByProtection, Source: source}}
}

// decideEverywhere decides on what is about all environments at once: whoever holds it in one
// of them may, and a denial in any of them forbids.
func (p *Policy) decideEverywhere(q *Question, wanted permissions) Decision {
	var basis Source
	granted := false
	for _, name := range p.names {
		territory := p.environments[name]
		if source, found := match(territory.denials, q.Person.Groups, wanted, ""); found {
			return refuse(CodeDenied, ByDenial, source)
		}
		if source, found := match(territory.grants, q.Person.Groups, wanted, ""); found && !granted {
			basis, granted = source, true
		}
	}
	switch {
	case !granted:
		return refuse(CodeDenied, ByDefault, Source{})
	case q.Changes && (!q.Fresh || q.Now.IsZero()):
		return refuse(CodeStale, ByStaleness, Source{})
	}
	return Decision{Verdict: Allowed, Reason: Reason{Cause: ByGrant, Source: basis}}
}

// ApprovingGroupsFor are the groups whose members may approve what the question asks for,
// and how many must. Where the environment names none, they are those that hold all of it.
func (p *Policy) ApprovingGroupsFor(q Question) (groups []string, count int) {
	if p == nil {
		return nil, 0
	}
	territory, declared := p.environments[q.Target.Environment]
	wanted, known := p.wanted(&q)
	if !declared || !known {
		return nil, 0
	}
	if len(territory.approvers) > 0 {
		return territory.approvers, territory.count
	}
	for _, group := range slices.Sorted(maps.Keys(territory.grants)) {
		for _, rule := range territory.grants[group] {
			if rule.permissions&wanted == wanted && rule.touches(q.Target.Service) && !slices.Contains(groups, group) {
				groups = append(groups, group)
			}
		}
	}
	return groups, territory.count
}

// Whole says whether the person holds the action on every service of the environment, by one
// grant or for a time, and is under no denial there: what is done to an environment as a whole
// wants that.
func (p *Policy) Whole(q Question) bool {
	if p == nil {
		return false
	}
	territory, declared := p.environments[q.Target.Environment]
	wanted, known := p.wanted(&q)
	if !declared || !known {
		return false
	}
	if _, denied := match(territory.denials, q.Person.Groups, wanted, ""); denied {
		return false
	}
	for _, group := range q.Person.Groups {
		for _, rule := range territory.grants[group] {
			if rule.permissions&wanted == wanted && (len(rule.services) == 0 || slices.Contains(rule.services, pattern(Every))) {
				return true
			}
		}
	}
	access := p.access(&q, wanted, "")
	return access != nil && access.Service == ""
}

// ApprovingGroups are the groups whose members may approve the action there, and how many
// must.
func (p *Policy) ApprovingGroups(action, environment, service string) (groups []string, count int) {
	if p == nil {
		return nil, 0
	}
	territory, declared := p.environments[environment]
	if !declared {
		return nil, 0
	}
	if len(territory.approvers) > 0 {
		return territory.approvers, territory.count
	}
	return p.Holders(action, environment, service), territory.count
}
