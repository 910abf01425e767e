package doctor

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"sync"

	"ecsbot/actions/fleet"
)

// kept is how many findings of one kind in one environment are kept; more are counted. It
// bounds the memory of an examination however much is wrong.
const kept = 100

// Unread is something that could not be read, and why.
type Unread struct {
	Environment string // whose owners may know of it; empty: only those who may see everything
	What        string
	Why         string
}

// Report is what an examination came to.
type Report struct {
	Findings []Finding      // the worst kinds first
	More     map[string]int // findings that were counted and not kept, by environment
	Unread   []Unread
	Clusters int
	Services map[string]int // by environment; of no environment under ""
}

// Examination takes what is read, piece by piece and from several sides at once, and keeps
// only what is wrong with it.
type Examination struct {
	rules Rules

	mutex     sync.Mutex
	findings  map[group][]Finding
	more      map[string]int
	unread    map[Unread]bool
	clusters  int
	services  map[string]int
	places    map[fleet.Scope]map[string]*shared // clusters
	instances map[string]*shared                 // container instances, by ARN
}

// group is what findings are counted by.
type group struct {
	kind        Kind
	environment string
}

// shared is what several environments may be found on.
type shared struct {
	name  string
	users map[string]string // environment → one service of it there
	hosts map[string]string // the same, of services that run on instances
}

// NewExamination begins an examination by the rules.
func NewExamination(rules Rules) *Examination {
	if rules.Nearest == nil {
		rules.Nearest = func(string, []string) string { return "" }
	}
	return &Examination{
		rules: rules, findings: map[group][]Finding{}, more: map[string]int{}, unread: map[Unread]bool{}, services: map[string]int{},
		places: map[fleet.Scope]map[string]*shared{}, instances: map[string]*shared{},
	}
}

// Rules are those by which it judges.
func (e *Examination) Rules() Rules { return e.rules }

// add keeps a finding. The caller holds the mutex.
func (e *Examination) add(found Finding) {
	at := group{found.Kind, found.Environment}
	if len(e.findings[at]) >= kept {
		e.more[found.Environment]++
		return
	}
	e.findings[at] = append(e.findings[at], found)
}

// CannotRead notes what is not known. The same is noted once.
func (e *Examination) CannotRead(unread Unread) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if len(e.unread) < kept {
		e.unread[unread] = true
	}
}

// Report ends the examination: what can be told only when everything was seen is added.
func (e *Examination) Report() Report {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.sharing()
	e.prefixes()
	report := Report{
		More: maps.Clone(e.more), Clusters: e.clusters, Services: maps.Clone(e.services),
		Unread: slices.SortedFunc(maps.Keys(e.unread), func(a, b Unread) int {
			return cmp.Or(cmp.Compare(a.Environment, b.Environment), cmp.Compare(a.What, b.What), cmp.Compare(a.Why, b.Why))
		}),
	}
	order := map[Kind]int{}
	for position, kind := range Kinds() {
		order[kind] = position
	}
	for _, findings := range e.findings {
		report.Findings = append(report.Findings, findings...)
	}
	slices.SortFunc(report.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(order[a.Kind], order[b.Kind]), cmp.Compare(a.Environment, b.Environment),
			cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Seen, b.Seen))
	})
	return report
}

// Worst is the highest severity among the findings; a note where there are none.
func (r Report) Worst() Severity {
	worst := Note
	for _, found := range r.Findings {
		worst = max(worst, found.Severity())
	}
	return worst
}

// For is what of the report somebody may know of, by what they may see.
func (r Report) For(sees func(environment, service string) bool) Report {
	seen := r
	seen.Findings, seen.Unread, seen.More = nil, nil, maps.Clone(r.More)
	maps.DeleteFunc(seen.More, func(environment string, _ int) bool { return !sees(environment, "") })
	for _, found := range r.Findings {
		if sees(found.Environment, found.Service) {
			seen.Findings = append(seen.Findings, found)
		}
	}
	for _, unread := range r.Unread {
		if sees(unread.Environment, "") {
			seen.Unread = append(seen.Unread, unread)
		}
	}
	return seen
}

// Mark is the same for reports that say the same: a digest is told only where it changes.
func (r Report) Mark() string {
	sum := sha256.New()
	for _, found := range r.Findings {
		sum.Write([]byte(found.key() + "\x01"))
	}
	for _, unread := range r.Unread {
		sum.Write([]byte(unread.Environment + "\x00" + unread.What + "\x02")) // why it is unread may differ each time
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}
