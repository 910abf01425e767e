package actions

import (
	"cmp"
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

	places    map[string]Place
	limits    Limits
	tasks     map[string]NamedTask
	approvals string // channel
	queue     time.Duration
	others    []Action // beside the small catalog
	notes     *notebook
	fired     []string // environments in which the backstop did
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t)
}

// newWorldWith is a world that knows more actions.
func newWorldWith(t *testing.T, others ...Action) *world {
	t.Helper()
	w := &world{
		t: t, people: newPeople(), fleet: newFleet(), slack: &fakeSlack{}, keeper: &ledgertest.Memory{}, others: others, notes: &notebook{},
		places: map[string]Place{"staging": {OperatorRole: "arn:role", Region: "eu-west-1"}},
	}
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
	catalog, err := NewCatalog(append(w.declared(), w.others...))
	if err != nil {
		w.t.Fatal(err)
	}
	number := 0
	var mutex sync.Mutex
	return Settings{
		Catalog: catalog, People: w.people, Finder: w.fleet, Reader: w.fleet, Assumer: w.fleet, Ledger: w.stream,
		Cards: w.slack, Eraser: w.slack, Tasks: w.fleet, Trail: w.fleet, Pauses: w.fleet, Logs: w.fleet, Mask: func(text string, _ []string) string { return text }, Redact: func(text string) string { return text },
		Queued: func(fleet.Purpose, []string) time.Duration { return w.queue }, Log: slog.New(slog.NewTextHandler(w.notes, nil)), Parallel: 4,
		Rulebook: func() Rulebook {
			w.fleet.mutex.Lock() // under which becomes changes what is in force
			defer w.fleet.mutex.Unlock()
			return Rulebook{Policy: w.policy, Places: w.places, Tasks: w.tasks, Limits: w.limits, Audit: "C0AUDIT", Approvals: w.approvals}
		},
		Backstop: func(environment string) { w.fired = append(w.fired, environment) },
		Own: func(service fleet.Service) bool {
			return service.Name == "ecsbot" || service.Revision == "arn:task-definition/ecsbot:7"
		},
		Replica: NewReplica(nil, func() string { return "me" }, slog.New(slog.NewTextHandler(w.notes, nil))),
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
		{Name: "logs", Example: "logs staging api", Parameters: []Parameter{Environment(), Service(), lines, since}, AWS: []string{"logs:FilterLogEvents"}, Threaded: true, Run: w.run(Outcome{Page: &Message{Title: Textf("lines"), Body: []Block{Code{"x"}}}})},
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

// fakeFleet is an AWS with memory.
type fakeFleet struct {
	mutex     sync.Mutex
	services  map[string]fleet.Service // by ARN
	refs      []fleet.Ref              // as the index remembers them
	readErr   error
	slow      time.Duration // from what ReadAll finds until it returns that
	stopped   []fleet.Task
	tasks     map[string]fleet.Task // by ARN
	pauses    []fleet.Pause
	ending    fleet.Lines
	silent    map[string]bool // tasks whose log has no lines yet
	ends      []string        // tasks whose last lines were read
	logErr    error
	purposes  []fleet.Purpose
	forgotten []string // user IDs whose credentials were dropped
	assume    error
	refuses   func(fleet.Purpose) error // for what no credentials are given; nil is nothing
	restarts  int
	readings  []int // how many services each reading of several was of
	unready   bool
	taskErr   error
	pause     func() time.Duration // how long a reading takes; nil is not at all
	reading   func()               // what happens while a service is read
	signing   func()               // what happens between the last decision and the entry

	updates      [][]fleet.TrailEvent // what CloudTrail has, one look after the other
	updatesErr   error
	updatesAsked int
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
		f.add(at.environment, at.cluster, at.name)
	}
	return f
}

// add puts up a service with two tasks.
func (f *fakeFleet) add(environment, cluster, name string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	ref := fleet.Ref{ARN: "arn:" + cluster + "/" + name, Cluster: cluster, Name: name, Environment: environment}
	f.refs = append(f.refs, ref)
	f.services[ref.ARN] = fleet.Service{
		Ref: ref, Status: "ACTIVE", Desired: 2, Running: 2, Revision: "arn:task-definition/" + name + ":7", MinHealthy: 100,
		Deployments: []fleet.Deployment{{ID: "ecs-svc/1", Status: "PRIMARY", Rollout: fleet.Completed, Desired: 2, Running: 2}},
	}
}

func (f *fakeFleet) Find(environment, name string) (fleet.Ref, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
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

func (f *fakeFleet) Ready() bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return !f.unready
}

func (f *fakeFleet) Services(environment string) []fleet.Ref {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var refs []fleet.Ref
	for _, ref := range f.refs {
		if ref.Environment == environment {
			refs = append(refs, ref)
		}
	}
	return refs
}

func (f *fakeFleet) Read(ctx context.Context, ref fleet.Ref) (fleet.Service, error) {
	if f.pause != nil {
		if err := pass(ctx, f.pause()); err != nil {
			return fleet.Service{}, err
		}
	}
	if f.reading != nil {
		f.reading()
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.services[ref.ARN], f.readErr
}

func (f *fakeFleet) ReadAll(_ context.Context, refs []fleet.Ref) ([]fleet.Service, error) {
	services, slow, err := f.standing(refs)
	time.Sleep(slow)
	return services, err
}

func (f *fakeFleet) standing(refs []fleet.Ref) ([]fleet.Service, time.Duration, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.readings = append(f.readings, len(refs))
	if f.readErr != nil {
		return nil, f.slow, f.readErr
	}
	var services []fleet.Service
	for _, ref := range refs {
		if service, found := f.services[ref.ARN]; found {
			services = append(services, service)
		}
	}
	return services, f.slow, nil
}

func (f *fakeFleet) Tasks(context.Context, fleet.Session, fleet.Service, string) ([]fleet.Task, error) {
	return f.stopped, cmp.Or(f.taskErr, f.readErr)
}

func (f *fakeFleet) Described(_ context.Context, _ fleet.Session, _ fleet.Ref, arns []string) ([]fleet.Task, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var found []fleet.Task
	for _, arn := range arns {
		if task, known := f.tasks[arn]; known {
			found = append(found, task)
		}
	}
	return found, f.taskErr
}

func (f *fakeFleet) StartedBy(_ context.Context, _ fleet.Session, _ fleet.Service, by string) ([]fleet.Task, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, task := range f.tasks {
		if task.StartedBy == by {
			return []fleet.Task{task}, f.taskErr
		}
	}
	return nil, f.taskErr
}

// becomes changes the fleet while it is being read.
func (f *fakeFleet) becomes(change func(*fakeFleet)) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	change(f)
}

func (f *fakeFleet) Pauses(context.Context, fleet.Session, fleet.Service) ([]fleet.Pause, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.pauses, f.taskErr
}

func (f *fakeFleet) Ending(_ context.Context, _ fleet.Session, _ fleet.Service, task fleet.Task, _ int) (fleet.Lines, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.ends = append(f.ends, task.ARN)
	if f.silent[task.ARN] {
		return fleet.Lines{}, f.logErr
	}
	return f.ending, f.logErr
}

// fakeSession is asked for its key when an entry is made, after everything was decided.
type fakeSession struct{ signing func() }

func (f fakeSession) AccessKeyID() string {
	if f.signing != nil {
		f.signing()
	}
	return "ASIAFAKE"
}

func (fakeSession) SourceIdentity() string { return "slack-T1-ALICE" }

func (f *fakeFleet) Assume(_ context.Context, purpose fleet.Purpose) (fleet.Session, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.purposes = append(f.purposes, purpose)
	if f.refuses != nil {
		return fakeSession{f.signing}, f.refuses(purpose)
	}
	return fakeSession{f.signing}, f.assume
}

// Forget notes whose credentials were dropped.
func (f *fakeFleet) Forget(user string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.forgotten = append(f.forgotten, user)
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

// notebook keeps what was logged.
type notebook struct {
	mutex sync.Mutex
	lines []string
}

func (n *notebook) Write(line []byte) (int, error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.lines = append(n.lines, string(line))
	return len(line), nil
}

// has says whether a line with all the words was logged.
func (n *notebook) has(words ...string) bool {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return slices.ContainsFunc(n.lines, func(line string) bool {
		return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, word) })
	})
}

var errAway = errors.New("away")
