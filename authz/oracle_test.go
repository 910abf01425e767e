package authz_test

import "slices"

// What follows says once more who may do what where, as somebody would who has read the
// documentation and not the code: lists of names, loops over all of them, and no shortcut. It
// shares nothing with the package; universe_test.go puts the same questions to both.

// scene is one configuration.
type scene struct {
	environments []environment
	roles        map[string][]string // the built-in ones too
	grants       []grant
	offers       []offer
	denials      []denial
}

type environment struct {
	name       string
	protected  bool
	approvers  []string
	count      int
	breakGlass []string
	freezes    []freeze
}

// freeze is weekly where from and to are times of day, and once where they are dates.
type freeze struct {
	days     []string
	from, to string
	zone     string
	except   []string
}

type grant struct {
	group, role            string
	environments, services []string
}

type offer struct {
	group, role  string
	environments []string
	minutes      int
}

type denial struct {
	group                 string
	actions, environments []string
}

// person is somebody with what Slack says of them.
type person struct {
	user   string
	member bool // a full member of the company
	groups []string
}

// ask is one question.
type ask struct {
	who                               person
	action                            string
	changes, open, free, fresh, glass bool
	everywhere                        bool
	environment, service              string
	conflict, own                     bool
	now                               moment
	role                              string // of time-bound access that is asked for
	minutes                           int
	access                            []given
	holds                             []held
	approvers                         []person
}

// given is time-bound access, and held a hold; minutes are what is left of them.
type given struct {
	user, environment, service, role string
	minutes                          int
}

type held struct {
	user, environment, service string // no environment: the kill switch
	minutes                    int
}

// moment is a time as calendars show it, written down by hand; none where it is unknown.
type moment struct {
	utc, utcDay       string // "2006-01-02 15:04" and "mon"
	berlin, berlinDay string
}

// answer is a verdict, and the code of a refusal.
type answer struct{ verdict, code string }

var (
	allowed = answer{"allowed", ""}
	pending = answer{"needs approval", "denied"}
)

func refusedAs(code string) answer { return answer{"refused", code} }

// decide is the whole of it, in the order in which a refusal takes precedence.
func (s scene) decide(q ask) answer {
	if !q.who.member {
		return refusedAs("nobody")
	}
	if q.role != "" {
		return s.decideAccess(q)
	}
	if !slices.Contains(s.actions("admin"), q.action) {
		return refusedAs("unknown")
	}
	if q.open && !q.changes && q.environment == "" && q.service == "" && !q.conflict && !q.own {
		return allowed
	}
	if q.everywhere {
		return s.decideEverywhere(q)
	}
	where, declared := s.environment(q.environment)
	if !declared || !s.holdsSomething(q, "") || !s.holdsSomething(q, q.service) {
		return refusedAs("unknown") // what is not the caller's does not exist
	}
	if q.conflict {
		return refusedAs("conflict")
	}
	if q.own || s.denied(q.who, q.action, q.environment) {
		return refusedAs("denied")
	}
	hasAccess := s.hasAccess(q, q.service, q.action)
	if !hasAccess && !s.holds(q.who, q.action, where, q.service) {
		return refusedAs("denied")
	}
	if !q.changes {
		return allowed
	}
	if !q.fresh || q.now.utc == "" {
		return refusedAs("stale")
	}
	if q.free {
		return allowed
	}
	if stopped(q) {
		return refusedAs("held")
	}
	if where.frozen(q.now, q.who) {
		return refusedAs("frozen")
	}
	if !where.protected || hasAccess {
		return allowed
	}
	if q.glass {
		if common(where.breakGlass, q.who.groups) {
			return allowed
		}
		return refusedAs("denied")
	}
	return s.withSecondPersons(q, where, q.action)
}

// decideAccess is about asking for a role for a time: it takes an offer, and second persons
// whether the environment is protected or not. Only the kill switch stops it.
func (s scene) decideAccess(q ask) answer {
	where, declared := s.environment(q.environment)
	inScope, offered := false, false
	for _, each := range s.offers {
		if slices.Contains(q.who.groups, each.group) && covers(each.environments, where) {
			inScope = true
			offered = offered || each.role == q.role && q.minutes > 0 && q.minutes <= each.minutes
		}
	}
	for _, each := range s.grants {
		inScope = inScope || slices.Contains(q.who.groups, each.group) && covers(each.environments, where)
	}
	if !declared || !inScope {
		return refusedAs("unknown")
	}
	if !offered || s.denied(q.who, "", q.environment, s.actions(q.role)...) {
		return refusedAs("denied")
	}
	if !q.fresh || q.now.utc == "" {
		return refusedAs("stale")
	}
	for _, each := range q.holds {
		if each.environment == "" {
			return refusedAs("held")
		}
	}
	return s.withSecondPersons(q, where, s.actions(q.role)...)
}

// decideEverywhere is about the kill switch: it is anybody's who holds it in any environment
// and is denied it in none.
func (s scene) decideEverywhere(q ask) answer {
	isHeld := false
	for _, where := range s.environments {
		if s.denied(q.who, q.action, where.name) {
			return refusedAs("denied")
		}
		isHeld = isHeld || s.holds(q.who, q.action, where, "")
	}
	switch {
	case !isHeld:
		return refusedAs("denied")
	case q.changes && (!q.fresh || q.now.utc == ""):
		return refusedAs("stale")
	}
	return allowed
}

// withSecondPersons counts people, not clicks.
func (s scene) withSecondPersons(q ask, where environment, actions ...string) answer {
	var counted []string
	for _, each := range q.approvers {
		if s.mayApprove(q, where, each, actions) && !slices.Contains(counted, each.user) {
			counted = append(counted, each.user)
		}
	}
	if len(counted) >= max(where.count, 1) {
		return allowed
	}
	return pending
}

func (s scene) mayApprove(q ask, where environment, approver person, actions []string) bool {
	if !approver.member || approver.user == q.who.user || s.denied(approver, "", where.name, actions...) {
		return false
	}
	if len(where.approvers) > 0 {
		return common(where.approvers, approver.groups)
	}
	for _, each := range s.grants { // one grant has to have all of it
		if s.reaches(each, approver, where, q.service) && containsAll(s.actions(each.role), actions) {
			return true
		}
	}
	return false
}

// holds says whether a grant of the person includes the action on the service.
func (s scene) holds(who person, action string, where environment, service string) bool {
	for _, each := range s.grants {
		if s.reaches(each, who, where, service) && slices.Contains(s.actions(each.role), action) {
			return true
		}
	}
	return false
}

func (s scene) holdsSomething(q ask, service string) bool {
	where, _ := s.environment(q.environment)
	for _, each := range s.grants {
		if s.reaches(each, q.who, where, service) {
			return true
		}
	}
	return s.hasAccess(q, service, "")
}

func (s scene) reaches(each grant, who person, where environment, service string) bool {
	if !slices.Contains(who.groups, each.group) || !covers(each.environments, where) {
		return false
	}
	if len(each.services) == 0 || service == "" {
		return true
	}
	for _, pattern := range each.services {
		if fits(pattern, service) {
			return true
		}
	}
	return false
}

// hasAccess says whether the person has time-bound access that runs, with the action or, for
// no action, with any.
func (s scene) hasAccess(q ask, service, action string) bool {
	for _, each := range q.access {
		mine := each.user == q.who.user && each.environment == q.environment && each.minutes > 0 && q.now.utc != ""
		there := each.service == "" || service == "" || each.service == service
		if mine && there && (action == "" || slices.Contains(s.actions(each.role), action)) {
			return true
		}
	}
	return false
}

// denied says whether a denial takes one of the actions from the person.
func (s scene) denied(who person, action, name string, more ...string) bool {
	for _, each := range s.denials {
		there := len(each.environments) == 0 || slices.Contains(each.environments, "*") || slices.Contains(each.environments, name)
		that := len(each.actions) == 0 || slices.Contains(each.actions, action) || common(each.actions, more)
		if slices.Contains(who.groups, each.group) && there && that {
			return true
		}
	}
	return false
}

func stopped(q ask) bool {
	for _, each := range q.holds {
		if each.environment == "" {
			return true
		}
		there := each.environment == q.environment && (each.service == "" || q.service == "" || each.service == q.service)
		if there && each.minutes > 0 && each.user != q.who.user {
			return true
		}
	}
	return false
}

func (e environment) frozen(now moment, who person) bool {
	for _, each := range e.freezes {
		day, date := now.utcDay, now.utc
		if each.zone == "Europe/Berlin" {
			day, date = now.berlinDay, now.berlin
		}
		clock := date[len("2006-01-02 "):]
		open := (len(each.days) == 0 || slices.Contains(each.days, day)) && each.from <= clock && clock < each.to
		if len(each.from) > len("00:00") {
			open = each.from <= date && date < each.to
		}
		if open && !common(each.except, who.groups) {
			return true
		}
	}
	return false
}

// actions are those of a role.
func (s scene) actions(role string) []string { return s.roles[role] }

// builtIn are the roles that there always are, each with all of the one before.
func builtIn() map[string][]string {
	viewer := []string{"help", "whoami", "can", "services", "status", "tasks", "diff", "why", "logs", "audit", "doctor"}
	operator := append(slices.Clone(viewer), "restart", "scale", "stop", "rollback", "run", "hold", "release")
	deployer := append(slices.Clone(operator), "deploy")
	admin := append(slices.Clone(deployer), "run-command", "bulk", "hold-all")
	return map[string][]string{"viewer": viewer, "operator": operator, "deployer": deployer, "admin": admin}
}

func (s scene) environment(name string) (environment, bool) {
	for _, each := range s.environments {
		if each.name == name {
			return each, true
		}
	}
	return environment{}, false
}

// covers says whether a list names the environment; "*" names those that are not protected.
func covers(names []string, where environment) bool {
	return where.name != "" && (slices.Contains(names, where.name) || slices.Contains(names, "*") && !where.protected)
}

// fits matches a pattern letter by letter.
func fits(pattern, name string) bool {
	switch {
	case pattern == "":
		return name == ""
	case pattern[0] == '*':
		return fits(pattern[1:], name) || name != "" && fits(pattern, name[1:])
	}
	return name != "" && pattern[0] == name[0] && fits(pattern[1:], name[1:])
}

func common(one, other []string) bool {
	return slices.ContainsFunc(one, func(each string) bool { return slices.Contains(other, each) })
}

func containsAll(all, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(each string) bool { return !slices.Contains(all, each) })
}
