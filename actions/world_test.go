package actions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/actions/ledger/ledgertest"
	"ecsbot/authz"
)

// world is a runner among fakes with memory: people, a fleet, a ledger, a Slack.
type world struct {
	t      *testing.T
	runner *Runner
	people *fakePeople
	fleet  *fakeFleet
	slack  *fakeSlack
	keeper *ledgertest.Memory
	stream *ledger.Stream
	policy *authz.Policy
	ran    []Call
	runErr error
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, people: newPeople(), fleet: newFleet(), slack: &fakeSlack{}, keeper: &ledgertest.Memory{}}
	var problems []authz.Problem
	w.policy, problems = authz.Compile(authz.Rules{
		Environments: []authz.Environment{{Name: "staging"}, {Name: "dev"}, {Name: "prod", Protected: true}},
		Grants: []authz.Grant{
			{Group: "S0BACKEND", Role: "operator", Environments: []string{"staging"}, Services: []string{"api", "worker", "twin"}, Line: 10},
			{Group: "S0BACKEND", Role: "viewer", Environments: []string{"prod"}, Line: 11},
			{Group: "S0SRE", Role: "admin", Environments: []string{"*", "prod"}, Line: 12},
		},
		Denials: []authz.Denial{{Group: "S0FROZEN", Actions: []string{"restart"}, Environments: []string{"staging"}, Line: 13}},
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var err error
	w.stream, err = ledger.Open(t.Context(), w.keeper, ledger.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	w.runner, err = NewRunner(w.settings())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.runner.Stop(context.Background())
		w.stream.Close(context.Background())
	})
	return w
}

func (w *world) settings() Settings {
	catalog, err := NewCatalog(w.declared())
	if err != nil {
		w.t.Fatal(err)
	}
	number := 0
	var mutex sync.Mutex
	return Settings{
		Catalog: catalog, People: w.people, Finder: w.fleet, Reader: w.fleet, Assumer: w.fleet, Ledger: w.stream,
		Cards: w.slack, Tasks: w.fleet, Redact: func(text string) string { return text },
		Queued: func(fleet.Purpose) time.Duration { return 0 }, Log: slog.New(slog.DiscardHandler), Parallel: 4,
		Rulebook: func() Rulebook {
			return Rulebook{Policy: w.policy, Places: map[string]Place{"staging": {OperatorRole: "arn:role", Region: "eu-west-1"}}}
		},
		Own: func(ref fleet.Ref) bool { return ref.Name == "ecsbot" },
		NewID: func() string {
			mutex.Lock()
			defer mutex.Unlock()
			number++
			return fmt.Sprintf("op%d", number)
		},
	}
}

// declared is a small catalog: one action of each kind.
func (w *world) declared() []Action {
	lines := Count("lines", "how many", 1, 10)
	since := Duration("since", "how far back", time.Hour)
	all := Switch("all", "everything")
	return []Action{
		{Name: "help", Summary: "Help.", Example: "help", Parameters: []Parameter{ActionName().Optional()}, Open: true, Instant: true, Run: w.run(Outcome{Message: Say(Plain, "helped")})},
		{Name: "services", Example: "services staging", Parameters: []Parameter{Environment().Optional()}, Instant: true, Run: w.run(Outcome{Message: Say(Plain, "listed")})},
		{Name: "status", Example: "status staging api", Parameters: []Parameter{Environment(), Service().Optional(), all}, Run: w.run(Outcome{Message: Say(Plain, "stands")})},
		{Name: "logs", Example: "logs staging api", Parameters: []Parameter{Environment(), Service(), lines, since}, AWS: []string{"logs:FilterLogEvents"}, Run: w.run(Outcome{Message: Say(Plain, "lines"), Snippet: &Snippet{Text: "x"}})},
		{
			Name: "restart", Example: "restart staging api", Parameters: []Parameter{Environment(), Service()}, Changes: true,
			AWS: []string{"ecs:UpdateService"},
			Run: func(ctx context.Context, call Call) (Outcome, error) {
				if _, err := w.run(Outcome{})(ctx, call); err != nil {
					return Outcome{}, err
				}
				change := w.fleet.restart(call.Service())
				return Outcome{Change: &change}, nil
			},
		},
	}
}

func (w *world) run(outcome Outcome) func(context.Context, Call) (Outcome, error) {
	return func(_ context.Context, call Call) (Outcome, error) {
		w.fleet.mutex.Lock()
		defer w.fleet.mutex.Unlock()
		w.ran = append(w.ran, call)
		return outcome, w.runErr
	}
}

// did is how often anything was run.
func (w *world) did() int {
	w.fleet.mutex.Lock()
	defer w.fleet.mutex.Unlock()
	return len(w.ran)
}

// says carries a command out and returns everything that the caller was told.
func (w *world) says(user, text string) *fakeReply {
	w.t.Helper()
	return w.asks(Request{ID: "request of " + user + ": " + text, Actor: authz.Actor{Team: "T1", User: user}, Text: text, Where: Where{Channel: "C1"}})
}

func (w *world) asks(request Request) *fakeReply {
	reply := &fakeReply{}
	w.runner.Do(w.t.Context(), request, reply)
	return reply
}

// entries waits until the ledger has as many entries and returns all.
func (w *world) entries(count int) []ledger.Entry {
	w.t.Helper()
	if err := w.stream.Wait(w.t.Context(), int64(count)-1); err != nil {
		w.t.Fatal(err)
	}
	entries, err := w.stream.Entries(w.t.Context(), 0, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	return entries
}

func events(entries []ledger.Entry) string {
	var names []string
	for _, entry := range entries {
		names = append(names, string(entry.Event))
	}
	return strings.Join(names, " ")
}

// fakePeople answers as Slack would; it can be away.
type fakePeople struct {
	mutex  sync.Mutex
	people map[string]authz.Person
	memory map[string]authz.Person
	err    error
	reads  int
}

func newPeople() *fakePeople {
	people := &fakePeople{people: map[string]authz.Person{}, memory: map[string]authz.Person{}}
	for user, groups := range map[string][]string{"ALICE": {"S0BACKEND"}, "BOB": {"S0SRE"}, "MALLORY": nil, "FRED": {"S0BACKEND", "S0FROZEN"}} {
		people.people[user] = authz.Person{Actor: authz.Actor{Team: "T1", User: user}, Standing: authz.Insider, Groups: groups}
	}
	people.people["EVE"] = authz.Person{Actor: authz.Actor{Team: "T2", User: "EVE"}, Standing: authz.External, Groups: []string{"S0SRE"}}
	return people
}

func (f *fakePeople) Recall(actor authz.Actor, _ time.Duration) (authz.Person, bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	person, remembered := f.memory[actor.User]
	return person, remembered
}

func (f *fakePeople) Read(_ context.Context, actor authz.Actor, _ time.Duration) (authz.Person, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.reads++
	if f.err != nil {
		return authz.Person{}, f.err
	}
	f.memory[actor.User] = f.people[actor.User]
	return f.people[actor.User], nil
}

func (f *fakePeople) Members(group string) []string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var members []string
	for user, person := range f.people {
		if slices.Contains(person.Groups, group) && person.Standing == authz.Insider {
			members = append(members, user)
		}
	}
	return members
}

// fakeFleet is an AWS with memory.
type fakeFleet struct {
	mutex    sync.Mutex
	services map[string]fleet.Service // by ARN
	refs     []fleet.Ref              // as the index remembers them
	readErr  error
	stopped  []fleet.Task
	purposes []fleet.Purpose
	assume   error
	restarts int
}

func newFleet() *fakeFleet {
	f := &fakeFleet{services: map[string]fleet.Service{}}
	for _, at := range []struct{ environment, cluster, name string }{
		{"staging", "staging", "api"},
		{"staging", "staging", "worker"},
		{"staging", "staging", "secret"},
		{"staging", "staging", "ecsbot"},
		{"staging", "one", "twin"},
		{"staging", "two", "twin"},
		{"prod", "prod", "api"},
		{"dev", "dev", "api"},
	} {
		ref := fleet.Ref{ARN: "arn:" + at.cluster + "/" + at.name, Cluster: at.cluster, Name: at.name, Environment: at.environment}
		f.refs = append(f.refs, ref)
		f.services[ref.ARN] = fleet.Service{
			Ref: ref, Status: "ACTIVE", Desired: 2, Running: 2, Revision: "arn:task-definition/" + at.name + ":7", MinHealthy: 100,
			Deployments: []fleet.Deployment{{ID: "ecs-svc/1", Status: "PRIMARY", Rollout: fleet.Completed, Desired: 2, Running: 2}},
		}
	}
	return f
}

func (f *fakeFleet) Find(environment, name string) (fleet.Ref, error) {
	var found []fleet.Ref
	for _, ref := range f.refs {
		if ref.Environment == environment && (ref.Name == name || ref.String() == name) {
			found = append(found, ref)
		}
	}
	switch len(found) {
	case 0:
		return fleet.Ref{}, fleet.ErrUnknown
	case 1:
		return found[0], nil
	}
	return fleet.Ref{}, fleet.ErrAmbiguous
}

func (f *fakeFleet) Ready() bool { return true }

func (f *fakeFleet) Services(environment string) []fleet.Ref {
	var refs []fleet.Ref
	for _, ref := range f.refs {
		if ref.Environment == environment {
			refs = append(refs, ref)
		}
	}
	return refs
}

func (f *fakeFleet) Read(_ context.Context, ref fleet.Ref) (fleet.Service, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.services[ref.ARN], f.readErr
}

func (f *fakeFleet) ReadAll(_ context.Context, refs []fleet.Ref) ([]fleet.Service, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var services []fleet.Service
	for _, ref := range refs {
		if service, found := f.services[ref.ARN]; found {
			services = append(services, service)
		}
	}
	return services, f.readErr
}

func (f *fakeFleet) Tasks(context.Context, fleet.Session, fleet.Service, string) ([]fleet.Task, error) {
	return f.stopped, f.readErr
}

type fakeSession struct{}

func (fakeSession) AccessKeyID() string    { return "ASIAFAKE" }
func (fakeSession) SourceIdentity() string { return "slack-T1-ALICE" }

func (f *fakeFleet) Assume(_ context.Context, purpose fleet.Purpose) (fleet.Session, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.purposes = append(f.purposes, purpose)
	return fakeSession{}, f.assume
}

// set changes a service as somebody else would.
func (f *fakeFleet) set(arn string, change func(*fleet.Service)) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	service := f.services[arn]
	service.Deployments = slices.Clone(service.Deployments) // whoever read it keeps what they read
	change(&service)
	f.services[arn] = service
}

// restart begins a deployment, as AWS does.
func (f *fakeFleet) restart(service fleet.Service) fleet.Change {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.restarts++
	now := f.services[service.ARN]
	now.Deployments = []fleet.Deployment{
		{ID: fmt.Sprintf("ecs-svc/new%d", f.restarts), Status: "PRIMARY", Rollout: fleet.InProgress, Desired: 2, Revision: now.Revision, Created: time.Now()},
		{ID: "ecs-svc/1", Status: "ACTIVE", Rollout: fleet.Completed, Desired: 2, Running: 2},
	}
	f.services[service.ARN] = now
	return fleet.Change{Service: now, RequestID: "aws-request"}
}

// fakeSlack keeps cards.
type fakeSlack struct {
	mutex sync.Mutex
	cards map[string][]Message // by operation, oldest first
	err   error
}

func (f *fakeSlack) Post(_ context.Context, _ Where, _ authz.Actor, operation string, message Message) (Card, error) {
	return Card{Channel: "C1", Message: operation}, f.keep(operation, message)
}

func (f *fakeSlack) Edit(_ context.Context, card Card, message Message) error {
	return f.keep(card.Message, message)
}

func (f *fakeSlack) keep(operation string, message Message) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.err != nil {
		return f.err
	}
	if f.cards == nil {
		f.cards = map[string][]Message{}
	}
	f.cards[operation] = append(f.cards[operation], message)
	return nil
}

// last is the newest state of a card.
func (f *fakeSlack) last(operation string) string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if len(f.cards[operation]) == 0 {
		return ""
	}
	return plain(f.cards[operation][len(f.cards[operation])-1])
}

// fakeReply keeps what the caller was told.
type fakeReply struct {
	mutex   sync.Mutex
	told    []Message
	shared  []Message
	threads []Snippet
	forms   []Form
	err     error
}

func (f *fakeReply) Tell(_ context.Context, message Message) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.told = append(f.told, message)
	return f.err
}

func (f *fakeReply) Share(_ context.Context, message Message) error {
	f.shared = append(f.shared, message)
	return f.err
}

func (f *fakeReply) Ask(_ context.Context, form Form) error {
	f.forms = append(f.forms, form)
	return f.err
}

func (f *fakeReply) Thread(_ context.Context, _ Message, snippet Snippet) error {
	f.threads = append(f.threads, snippet)
	return f.err
}

// last is the last thing that was told.
func (f *fakeReply) last() string {
	if len(f.told) == 0 {
		return ""
	}
	return plain(f.told[len(f.told)-1])
}

// plain is a whole message as text.
func plain(message Message) string {
	parts := []string{message.Title.Plain()}
	for _, block := range message.Body {
		switch block := block.(type) {
		case Paragraph:
			parts = append(parts, block.Text.Plain())
		case Note:
			parts = append(parts, block.Text.Plain())
		case Code:
			parts = append(parts, block.Text)
		case List:
			for _, point := range block.Points {
				parts = append(parts, point.Plain())
			}
		case Facts:
			for _, fact := range block.Facts {
				parts = append(parts, fact.Name+": "+fact.Value.Plain())
			}
		}
	}
	return strings.Join(parts, "\n")
}

var errAway = errors.New("away")
