package actions

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// How old the knowledge may be on which something is decided (DESIGN chapter 5, "Freshness"),
// and how long a change may take from its entry to AWS.
const (
	changeAge = 5 * time.Second
	personAge = 4 * time.Second // of whom a change is judged by, when its reading begins: the rest is for what AWS takes
	readAge   = 60 * time.Second
	outageAge = 5 * time.Minute // reads, while Slack cannot be reached
	rightAge  = 20 * time.Second
	readLimit = 30 * time.Second

	outageLimit = 3 * time.Second // for asking Slack where memory would do
	lastWord    = 2 * time.Second // for an answer when the program stops
)

// Ledger is the record as the path needs it.
type Ledger interface {
	Append(ctx context.Context, decide func(*ledger.State) ([]ledger.Entry, error)) ([]ledger.Entry, error)
	Record(entry ledger.Entry) error
	Health() error
	Open() []*ledger.Operation
	Operation(id string) (ledger.Operation, bool)
	// Refresh returns when everything stored before the call is seen.
	Refresh(ctx context.Context) error
	// Back visits entries from the newest to the oldest, until visit says false.
	Back(ctx context.Context, visit func(ledger.Entry) bool) error
}

// Place is what the configuration says of an environment beside authority.
type Place struct {
	OperatorRole string
	Region       string
	Expires      time.Duration // of a request for approval; 0 is 30 minutes
	Channels     []string      // where it may be talked about; none: anywhere
	LogsInThread bool          // log lines may stand where they were asked for; else the requester gets them
	LogsKept     time.Duration // lines in Slack are deleted after that; 0: never
	Scale        Scale         // bounds of how many tasks a service may be given
	TaskRoles    []string      // patterns of role names that tasks may run under; none: ecs/ENVIRONMENT/*
}

// NamedTask is a one-off task of the configuration.
type NamedTask struct {
	Service      string
	Command      []string
	Environments []string // none: every one that has the service
}

// Scale bounds how many tasks a service may be given.
type Scale struct {
	Bounded  bool
	Min, Max int
}

// allows says whether the environment may be talked about there. Somebody's direct messages
// with the bot are always their own.
func (p Place) allows(where Where) bool {
	return strings.HasPrefix(where.Channel, "D") || slices.Contains(p.Channels, where.Channel)
}

// mayShowLines says whether log lines may stand there.
func (p Place) mayShowLines(where Where) bool {
	if len(p.Channels) > 0 && !p.allows(where) {
		return false
	}
	return p.LogsInThread || strings.HasPrefix(where.Channel, "D")
}

// Limits hold per person; zero is no limit.
type Limits struct {
	OpenRequests int
	Changes      int // within Window
	Window       time.Duration
}

// Rulebook is what a configuration decides. It is replaced whole when the file is read again.
type Rulebook struct {
	Policy    *authz.Policy
	Places    map[string]Place
	Tasks     map[string]NamedTask
	Reserved  []string // ARNs of the bot's own, operator and discovery roles: no task has them
	Limits    Limits
	Audit     string // channel of the ledger
	Approvals string // channel where requests are posted; empty: where they were asked
}

// elsewhere are the names of all environments but one, sorted.
func (r Rulebook) elsewhere(environment string) []string {
	var others []string
	for name := range r.Places {
		if name != environment {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	return others
}

// Settings is everything that a runner needs. Nothing may be missing.
type Settings struct {
	Catalog  *Catalog
	Rulebook func() Rulebook
	People   People
	Finder   Finder
	Reader   Reader
	Assumer  Assumer
	Ledger   Ledger
	Cards    Cards
	Eraser   Eraser
	Tasks    TaskReader
	Pauses   PauseReader
	Logs     LogTail
	Trail    TrailReader
	Queued   func(fleet.Purpose, []string) time.Duration // how long a change by these calls would wait for the account's own throttles
	Redact   func(string) string                         // takes secrets out of what AWS says
	Own      func(fleet.Service) bool                    // the bot itself, or what shares its cluster or its roles
	Replica  *Replica                                    // this process among those on the same ledger
	Backstop func(environment string)                    // is told that AWS refused what was allowed here
	Mask     func(string, []string) string               // the same as Redact, with values that are known to be secret
	NewID    func() string                               // a new operation ID, opaque and unguessable
	Log      *slog.Logger
	Parallel int // how many requests may wait for AWS at a time
}

// Runner carries requests out. It is the only way to AWS.
type Runner struct {
	Settings
	slots    chan struct{}
	boards   boards
	waiters  waiters
	claims   claims
	seen     sightings
	lives    lives
	presses  presses
	watcher  *watcher
	open     sync.WaitGroup // changes and cards that are on their way
	stopping chan struct{}

	mutex   sync.Mutex
	stopped bool
}

// NewRunner makes a runner; it is an error where something is missing.
func NewRunner(settings Settings) (*Runner, error) {
	for _, missing := range []bool{
		settings.Catalog == nil, settings.Rulebook == nil, settings.People == nil, settings.Finder == nil,
		settings.Reader == nil, settings.Assumer == nil, settings.Ledger == nil, settings.Cards == nil, settings.Eraser == nil,
		settings.Tasks == nil, settings.Trail == nil, settings.Pauses == nil, settings.Logs == nil, settings.Mask == nil, settings.Queued == nil, settings.Redact == nil,
		settings.Own == nil, settings.Replica == nil, settings.Backstop == nil, settings.NewID == nil, settings.Log == nil, settings.Parallel < 1,
	} {
		if missing {
			return nil, errors.New("the runner lacks a part: refusing to run without it")
		}
	}
	runner := &Runner{Settings: settings, slots: make(chan struct{}, settings.Parallel), presses: newPresses(), stopping: make(chan struct{})}
	runner.watcher = newWatcher(runner)
	return runner, nil
}

// Do carries one request out and answers it. Read it from top to bottom: this order never
// varies, and nothing acts but at its end. What is told first is told from memory, before
// anything slow, so that it can still be the acknowledgement.
func (r *Runner) Do(ctx context.Context, request Request, reply Reply) {
	rules := r.Rulebook()
	t := &task{runner: r, rules: rules, request: request, reply: reply, id: r.NewID()}

	// What is asked, as far as words go.
	command, wrong := r.Catalog.parse(request.Text)
	if request.given != nil {
		command, wrong = *request.given, nil
	}
	if request.Confirmed && request.Reason != "" {
		command.reason = cut(request.Reason, longestReason)
	}
	command.reason = r.Redact(command.reason) // it is shown on cards
	t.command = command

	// Who asks, as far as memory knows; else as Slack says.
	person, remembered := r.People.Recall(request.Actor, readAge)
	if !remembered {
		t.working(ctx, t.announcement())
		var err error
		if person, err = t.read(ctx, readAge); err != nil {
			t.refuse(ctx, stale(), err.Error())
			return
		}
	}
	t.person, t.request.Actor = person, person.Actor
	t.name()
	command = t.command
	if person.Standing != authz.Insider {
		t.refuse(ctx, explain(t, rules.Policy.Decide(authz.Question{Person: person})), "")
		return
	}
	if wrong != nil {
		t.refuse(ctx, t.correct(wrong), "")
		return
	}

	if len(command.services) > 1 || command.bulk { // each by itself, along this same path
		t.several(ctx)
		return
	}

	// On what, and whether memory allows it: enough to refuse, not enough to act.
	ref, findErr := t.find()
	decision := rules.Policy.Decide(t.question(authz.Target{
		Environment: command.environment, Service: bare(command.service), Own: ref.ARN != "" && r.Own(fleet.Service{Ref: ref}),
	}, true, r.Ledger.Open()))
	if decision.Verdict == authz.Refused {
		t.refuse(ctx, explain(t, decision), "")
		return
	}
	if place := rules.Places[command.environment]; len(place.Channels) > 0 && !place.allows(request.Where) {
		t.refuse(ctx, elsewhere(t, place), "")
		return
	}
	if findErr != nil && !r.Finder.Ready() {
		t.fail(ctx, errFleet)
		return
	}
	if t.isUnnamed() {
		t.refuse(ctx, refused(authz.CodeUnknown, "no such task", unknownTask(t)), "")
		return
	}
	if findErr != nil {
		t.refuse(ctx, notFound(t, findErr), "")
		return
	}
	call := t.call(fresh{person: person})
	if decision.Reason.Cause == authz.ByBreakGlass && !request.Confirmed && !command.preview {
		t.confirmBreakGlass(ctx)
		return
	}
	if command.action.Instant {
		t.answer(ctx, call)
		return
	}

	// From here on it is slow: everything is read anew, and decided again on what was read.
	t.working(ctx, t.announcement())
	if !command.action.Free { // what stops others is never held up by them
		if !t.enter(ctx) {
			return
		}
		defer t.leave()
	}
	t.allowedBy = approvalOf(decision)
	fresh, err := t.refresh(ctx, ref, t.allowedBy)
	if err != nil {
		t.fail(ctx, err)
		return
	}
	t.person = fresh.person
	question := t.question(fresh.target(t, r.Own), fresh.current, r.Ledger.Open())
	decision = rules.Policy.Decide(question)
	if decision.Verdict == authz.Refused {
		t.refuse(ctx, explain(t, decision), fresh.service.Conflict)
		return
	}
	if no := t.outdated(fresh.service); no != nil {
		t.refuse(ctx, *no, "")
		return
	}
	call.person, call.service, call.session, call.reader = fresh.person, fresh.service, fresh.session, fresh.reader
	if decision, err = t.prepare(ctx, &call, &question, decision); err != nil {
		t.fail(ctx, err)
		return
	}
	if decision.Verdict == authz.Refused { // the plan wants more than the action's own permission
		t.refuse(ctx, explain(t, decision), "")
		return
	}
	if command.preview {
		t.preview(ctx, call, question)
		return
	}
	if decision.Verdict == authz.NeedsApproval {
		t.ask(ctx, call, question)
		return
	}
	if !command.action.Changes {
		t.answer(ctx, call)
		return
	}
	if target := question.Target; command.action.Lasts == LastsHold && target.Service == "" && target.Environment != "" && !rules.Policy.Whole(question) {
		t.refuse(ctx, refused(authz.CodeDenied, "no grant on the environment as a whole", Say(Refusal,
			"You hold roles on some services of %v only: name the service.", Named(command.environment))), "")
		return
	}
	question.BreakGlass = decision.Reason.Cause == authz.ByBreakGlass
	t.change(ctx, call, question, nil)
}

// question is what the policy is asked about this task, with what earlier operations left.
func (t *task) question(target authz.Target, fresh bool, open []*ledger.Operation) authz.Question {
	left := t.runner.Catalog.left(open)
	question := authz.Question{
		Person: t.person, Action: t.command.right(), Changes: t.command.action.Changes && !t.command.preview, Open: t.command.action.Open,
		Free: t.command.action.Free, Everywhere: t.command.everywhere, Fresh: fresh, Target: target, Now: time.Now(),
		Access: left.access, Holds: left.holds, BreakGlass: t.command.breakGlass,
	}
	if t.command.action.Lasts == LastsAccess {
		question.Role = t.command.arguments["role"]
		question.Duration, _ = ParseDuration(t.command.arguments["duration"])
	}
	return question
}

// right is the permission that the command needs.
func (p parsed) right() string {
	if p.needs != "" {
		return p.needs
	}
	if p.everywhere {
		return p.action.AllAction
	}
	if _, given := p.values[p.action.Rest]; given {
		return p.action.RestAction
	}
	return cmp.Or(p.action.Right, p.action.Name)
}

// find resolves what was typed in memory. An action without a service needs none.
func (t *task) find() (fleet.Ref, error) {
	if t.command.service == "" || t.command.action.Instant {
		return fleet.Ref{}, nil
	}
	return t.runner.Finder.Find(t.command.environment, t.command.service)
}

// Stop ends following deployments, lets changes that have begun come to their answer and
// cards show their newest state, and returns when that is done or ctx ends. What is still
// open stands in the ledger, and the next run goes on with it.
func (r *Runner) Stop(ctx context.Context) {
	r.mutex.Lock()
	if !r.stopped {
		r.stopped = true
		close(r.stopping)
	}
	r.mutex.Unlock()
	r.boards.rest()
	done := make(chan struct{})
	go func() {
		r.open.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// begin counts something that Stop waits for; false where the program stops already.
func (r *Runner) begin() bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.stopped {
		return false
	}
	r.open.Add(1)
	return true
}

// untilStop is a context that ends when the program begins to stop, at the latest.
func (r *Runner) untilStop(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		select {
		case <-r.stopping:
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
