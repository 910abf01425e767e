package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/prometheus/client_golang/prometheus"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/aws"
	"ecsbot/actions/ledger"
	"ecsbot/actions/ops"
	"ecsbot/bot"
	"ecsbot/internal/config"
	"ecsbot/internal/redact"
)

// How the program ends: all of it within the 20 s of DESIGN 4.15.
const (
	graceForRequests = 8 * time.Second
	graceForChanges  = 5 * time.Second
	graceForLedger   = 3 * time.Second
)

// parallel is how many requests may wait for AWS at a time; more wait for them.
const parallel = 256

// parts is what a program is made of.
type parts struct {
	config  *config.Config
	slack   bot.Settings // tokens and address; the rest is filled in here
	aws     []func(*awsconfig.LoadOptions) error
	awsHTTP *http.Client
	// ledgerAWS are how the ledger's table is reached, after the SDK's own chain.
	ledgerAWS []func(*awsconfig.LoadOptions) error
	log       *slog.Logger
	entries   io.Writer // the second copy of the ledger
	key       ledger.Key
	registry  *prometheus.Registry
	now       func() time.Time // the wall clock by which entries are dated
	newLedger bool             // the ledger may be another than the audit channel shows
	self      self             // where the bot runs, as ECS names it
}

// program is the bot, put together.
type program struct {
	log        *slog.Logger
	path       string
	self       self
	config     atomic.Pointer[config.Config]
	book       atomic.Pointer[actions.Rulebook]
	keeper     storage
	stream     *ledger.Stream
	fleet      *aws.Fleet
	index      *fleet.Index
	bot        *bot.Bot
	runner     *actions.Runner
	projection actions.Projection
	replica    *actions.Replica
	troubled   chan struct{} // is told when the ledger may have begun or ceased to fail
	web        *web
}

// newProgram wires everything. Nothing runs yet but the ledger's writer.
func newProgram(ctx context.Context, p parts) (_ *program, err error) {
	if err := checkRates(p.config); err != nil {
		return nil, err
	}
	made := &program{log: p.log, path: p.config.Path, self: p.self, troubled: make(chan struct{}, 1)}
	made.adopt(p.config)
	defer func() { //nolint:contextcheck // closing has its own time
		if err != nil {
			made.close()
		}
	}()
	place := placeOf(p.config)
	place.loadWith = p.ledgerAWS
	if made.keeper, err = place.open(ctx, p.key); err != nil {
		return nil, err
	}
	redactor, err := redact.New(p.config.Redact)
	if err != nil {
		return nil, err
	}
	clean := func(text string) string { text, _ = redactor.Redact(text, nil); return text }
	if made.stream, err = ledger.Open(ctx, made.keeper, ledger.Options{
		Key: p.key, Copy: p.entries, Now: p.now, Trouble: made.ledgerTrouble, Redact: clean, Shared: place.shared(),
		Checkpoints: made.keeper, Doubt: func(err error) { p.log.Warn("a checkpoint of the ledger", "error", err) },
	}); err != nil {
		return nil, fmt.Errorf("opening the ledger: %w", err)
	}
	made.replica = actions.NewReplica(place.leases(made.keeper), newID, p.log)
	scopes := scopesOf(p.config)
	settings, err := fleetSettings(p, scopes)
	if err != nil {
		return nil, err
	}
	if made.fleet, err = aws.New(ctx, settings); err != nil {
		return nil, err
	}
	made.index = fleet.NewIndex(scopes)
	p.slack.Command, p.slack.AuditChannel, p.slack.Named = p.config.Slack.Command, p.config.Slack.AuditChannel, namedChannels(p.config)
	p.slack.Log, p.slack.Grace, p.slack.Metrics = p.log, graceForRequests, bot.NewMetrics(p.registry)
	p.slack.Before = func(ctx context.Context, known <-chan struct{}) error { return made.sound(ctx, known, p.newLedger) }
	p.slack.Replicas = made.replica.Count
	p.slack.Crowded = func(told, own int) { made.runner.Crowded(told, own) }
	p.slack.Moved = func(group string, came, went []string) { made.runner.Moved(group, came, went) }
	if made.bot, err = bot.New(p.slack); err != nil {
		return nil, err
	}
	if made.runner, err = newRunner(made, p, redactor, clean); err != nil {
		return nil, err
	}
	made.projection = actions.Projection{Stream: made.stream, Cursors: made.keeper, Channel: made.bot.Audit(), Log: p.log}
	made.web = newWeb(made, p.registry)
	return made, nil
}

func newRunner(made *program, p parts, redactor *redact.Redactor, clean func(string) string) (*actions.Runner, error) {
	catalog, err := ops.Catalog(ops.Needs{Finder: made.index, Reader: made.fleet, AWS: made.fleet, History: made.stream, Redactor: redactor, Rules: made.rules, LiveTail: p.config.AWS.LiveTail > 0})
	if err != nil {
		return nil, err
	}
	mask := func(text string, known []string) string { // as it will be seen: what is invisible must not split a secret
		text, _ = redactor.Redact(redact.Plain(text), known)
		return text
	}
	return actions.NewRunner(actions.Settings{
		Catalog: catalog, Rulebook: func() actions.Rulebook { return *made.book.Load() }, People: made.bot.People(), Finder: made.index, Reader: made.fleet,
		Assumer: made.fleet, Ledger: made.stream, Cards: made.bot.Cards(), Eraser: made.bot.Cards(), Tasks: made.fleet, Trail: made.fleet, Pauses: made.fleet, Logs: made.fleet,
		Replica: made.replica, Queued: made.fleet.Queued, Redact: clean, Mask: mask, Own: made.own, Backstop: newBackstop(p.registry),
		NewID: newID, Log: p.log, Parallel: parallel,
	})
}

// newID is an operation's ID: 80 random bits that can be read out loud.
func newID() string { return strings.ToLower(rand.Text()[:16]) }

// checkRates refuses rates of buckets that AWS does not have.
func checkRates(loaded *config.Config) error {
	for bucket := range loaded.AWS.Rates {
		if known := aws.Buckets(); !slices.Contains(known, bucket) {
			return config.Problems{{
				File: filepath.Base(loaded.Path), Line: loaded.Line("aws", "rates", bucket),
				Text: fmt.Sprintf("aws.rates: unknown bucket %q; known: %s", bucket, strings.Join(known, " ")),
			}}
		}
	}
	return nil
}

func scopesOf(loaded *config.Config) map[string]fleet.Scope {
	scopes := map[string]fleet.Scope{}
	for name, environment := range loaded.Environments {
		scopes[name] = fleet.Scope{Region: regionOf(loaded, environment), Role: environment.DiscoveryRole}
	}
	return scopes
}

func regionOf(loaded *config.Config, environment config.Environment) string {
	if environment.Region != "" {
		return environment.Region
	}
	return loaded.AWS.Region
}

func fleetSettings(p parts, scopes map[string]fleet.Scope) (aws.Settings, error) {
	narrow, err := narrower(p.config)
	if err != nil {
		return aws.Settings{}, err
	}
	settings := aws.Settings{
		Narrow: narrow,
		Tag:    p.config.AWS.Tag, Region: p.config.AWS.Region, Environments: map[string]aws.Environment{}, Rates: map[string]aws.Rate{},
		LiveTails: p.config.AWS.LiveTail, HTTP: p.awsHTTP, Log: p.log, LoadOptions: p.aws,
	}
	for name, environment := range p.config.Environments {
		settings.Environments[name] = aws.Environment{Scope: scopes[name], Clusters: environment.Clusters}
	}
	for bucket, rate := range p.config.AWS.Rates {
		settings.Rates[bucket] = aws.Rate{Burst: rate.Burst, PerSecond: rate.PerSecond}
	}
	return settings, nil
}

// namedChannels are all that the configuration names.
func namedChannels(loaded *config.Config) []string {
	named := []string{loaded.Slack.AuditChannel, loaded.Slack.ApprovalsChannel}
	for _, environment := range loaded.Environments {
		named = append(named, environment.Channels...)
	}
	if loaded.Doctor != nil {
		named = append(named, loaded.Doctor.Channel)
	}
	return named
}

// adopt makes a configuration the one that decides.
func (p *program) adopt(loaded *config.Config) {
	if p.fleet != nil { // whoever has lost a right by it keeps no credentials
		p.fleet.Forget("")
	}
	book := rulebook(loaded)
	p.config.Store(loaded)
	p.book.Store(&book)
}

// rulebook is what a configuration decides.
func rulebook(loaded *config.Config) actions.Rulebook {
	book := actions.Rulebook{
		Policy: loaded.Policy, Places: map[string]actions.Place{}, Tasks: map[string]actions.NamedTask{},
		Reserved: reserved(loaded), Audit: loaded.Slack.AuditChannel, Approvals: loaded.Slack.ApprovalsChannel,
		Limits: actions.Limits{OpenRequests: loaded.Limits.OpenRequests, Changes: loaded.Limits.Changes.Count, Window: loaded.Limits.Changes.Window},
	}
	for name, task := range loaded.Tasks {
		book.Tasks[name] = actions.NamedTask{Service: task.Service, Command: task.Command, Environments: task.Environments}
	}
	for name, environment := range loaded.Environments {
		place := actions.Place{Region: regionOf(loaded, environment), Channels: environment.Channels}
		place.LogsInThread = environment.Logs == "thread" || environment.Logs == "" && !*environment.Protected
		place.LogsKept = environment.LogsKept.Duration()
		place.TaskRoles = environment.TaskRoles
		if environment.Scale != nil {
			place.Scale = actions.Scale{Bounded: true, Min: environment.Scale.Min, Max: environment.Scale.Max}
		}
		if environment.Approval != nil {
			place.Expires = environment.Approval.Expires.Duration()
		}
		if environment.OperatorRole != config.NoRole {
			place.OperatorRole = environment.OperatorRole
		}
		book.Places[name] = place
	}
	return book
}

// reserved are the roles that no task may have: the bot's own as far as the configuration names
// them, operator roles and discovery roles.
func reserved(loaded *config.Config) []string {
	roles := []string{loaded.AWS.Role, loaded.AWS.Execution}
	for _, environment := range loaded.Environments {
		roles = append(roles, environment.OperatorRole, environment.DiscoveryRole)
	}
	slices.Sort(roles)
	return slices.DeleteFunc(slices.Compact(roles), func(role string) bool { return role == "" || role == config.NoRole })
}

// own says whether a service is the bot or its like, by what the configuration or ECS names.
func (p *program) own(service fleet.Service) bool {
	return selfFromConfig(p.config.Load().AWS.Self).holds(service) || p.self.holds(service)
}

func (p *program) ledgerTrouble(err error) {
	select {
	case p.troubled <- struct{}{}:
	default: // whoever tells of it looks for itself
	}
	if err != nil {
		p.log.Error("the ledger cannot be written: changes are refused", "error", err)
		return
	}
	p.log.Info("the ledger can be written again")
}

// Run works until ctx ends or Slack refuses a token.
func (p *program) Run(ctx context.Context) error {
	defer p.close() //nolint:contextcheck // closing has its own time
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { p.fleet.Run(background, p.index) })
	running.Go(func() { p.runner.Heed(background) })
	running.Go(func() { p.connected(background) })
	running.Go(func() { p.replica.Run(background, p.care) })
	running.Go(func() { p.runner.Troubles(background, p.stream.Health, p.troubled) })
	if err := p.web.start(p.config.Load().HTTP.Listen); err != nil {
		stop()
		running.Wait()
		return err
	}
	err := p.bot.Run(ctx, p.runner)
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceForChanges)
	defer cancel()
	p.runner.Stop(last)
	stop()
	running.Wait()
	p.web.stop(last)
	return err
}

// care is the work of the caretaker, who is one of all replicas.
func (p *program) care(ctx context.Context, still func() bool) {
	var running sync.WaitGroup
	running.Go(func() {
		if once(ctx, p.introduced) {
			p.projection.Run(ctx, still)
		}
	})
	running.Go(func() { p.runner.Tend(ctx) })
	running.Go(func() { p.runner.Adopt(ctx, still) })
	running.Go(func() { p.runner.Erase(ctx, still) })
	running.Go(func() { p.digest().Run(ctx) })
	running.Wait()
}

// introduced is an error until Slack has said who the bot is: before, what it says of a channel
// is about the token.
func (p *program) introduced() error {
	if _, known := p.bot.Self(); !known {
		return errors.New("no word from Slack yet")
	}
	return nil
}

// soundLimit is how long the start waits for Slack to show the audit channel, once it is there.
const soundLimit = 15 * time.Second

// sound is an error where the audit channel shows another ledger than this one, unless that is
// meant. Slack is known once it has said who the bot is.
func (p *program) sound(ctx context.Context, known <-chan struct{}, isNew bool) error {
	ctx, cancel := withTimeoutFrom(ctx, known, soundLimit)
	defer cancel()
	err := p.projection.Check(ctx)
	switch {
	case err == nil:
		return nil
	case isNew:
		p.log.Warn("a new ledger begins", "because", err)
		return p.projection.Renew(ctx)
	}
	return fmt.Errorf("%w; start with --new-ledger if a new ledger is meant", err)
}

// withTimeoutFrom is context.WithTimeout, with a time that begins when began is closed.
func withTimeoutFrom(ctx context.Context, began <-chan struct{}, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-began:
		case <-ctx.Done():
			return
		}
		timer := time.NewTimer(limit)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel(context.DeadlineExceeded)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(context.Canceled) }
}

// connected says when Slack is known for the first time.
func (p *program) connected(ctx context.Context) {
	if once(ctx, p.bot.Ready) {
		p.log.Info("connected to Slack")
	}
}

// once waits until something is ready for the first time; false where ctx ends before.
func once(ctx context.Context, ready func() error) bool {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for ready() != nil {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func (p *program) close() {
	if p.stream != nil {
		last, cancel := context.WithTimeout(context.Background(), graceForLedger)
		defer cancel()
		if err := p.stream.Close(last); err != nil {
			p.log.Error("the ledger was closed too early", "error", err)
		}
	}
	if p.keeper != nil {
		p.keeper.Close()
	}
}

// Ready is why requests cannot be served, or nil.
func (p *program) Ready() error {
	if err := p.bot.Ready(); err != nil {
		return err
	}
	if !p.index.Ready() {
		return errors.New("the fleet has not been discovered yet")
	}
	return p.stream.Health()
}

// listen opens a local port; port 0 takes any.
func listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", address, err)
	}
	return listener, nil
}
