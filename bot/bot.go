// Package bot is Slack: requests come in by Socket Mode, and answers, cards, threads and the
// audit channel go out by the Web API. It brings no authority: who may do what is decided by
// whoever carries the requests out. It is the only importer of slack-go, and guards against
// what that library does not.
package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"ecsbot/actions"
	"ecsbot/authz"
)

// Requests carries a request out and answers it. Do tells something through reply from
// memory, before anything slow.
type Requests interface {
	Do(ctx context.Context, request actions.Request, reply actions.Reply)
	Click(ctx context.Context, click actions.Click, reply actions.Reply)
	Submit(ctx context.Context, form actions.Submission, reply actions.Reply)
	// Guide shows a form, at once.
	Guide(ctx context.Context, guide actions.Guide, window actions.Window, reply actions.Reply)
	// Suggest answers from memory.
	Suggest(ctx context.Context, asked actions.Suggestion) []actions.Choice
}

// Settings is what a bot needs to know.
type Settings struct {
	BotToken     string // xoxb-…
	AppToken     string // xapp-…
	APIURL       string // another Slack; empty is Slack's own
	Dial         Dial   // how to reach it; nil is the network
	Command      string // the slash command, as people are told it; default /ecs
	Connections  int    // Socket Mode connections; default 2
	AuditChannel string
	Named        []string      // channels that the configuration names: posted into even where they are shared
	OpenRequests int           // requests that may be open at a time; default 2048
	Grace        time.Duration // how long Run waits for what is open when it ends; default 15 s
	Reference    func() string // names a failure to the user and in the log; default random
	// Before is done before anything is taken; its error ends Run. It begins while Slack is asked
	// who the bot is, and known is closed once Slack has said so. It may be nil.
	Before func(ctx context.Context, known <-chan struct{}) error
	// Replicas counts the processes that share the work; nil is this one alone.
	Replicas func(ctx context.Context) (int, error)
	// Crowded is told when Slack counts more connections of the app than the replicas can
	// have; may be nil.
	Crowded func(told, own int)
	// Rush is told when many requests are under way at once, and when few are again; it must not
	// wait for anything. It may be nil.
	Rush func(isOn bool)
	// Moved is told who came into a user group and who went, between two readings; may be nil.
	Moved   func(group string, came, went []string)
	Log     *slog.Logger // default slog's
	Metrics *Metrics     // default unregistered
}

func (s Settings) withDefaults() Settings {
	if s.Command == "" {
		s.Command = "/ecs"
	}
	if s.Connections == 0 {
		s.Connections = 2
	}
	if s.OpenRequests == 0 {
		s.OpenRequests = openMost
	}
	if s.Grace == 0 {
		s.Grace = 15 * time.Second
	}
	if s.Rush == nil {
		s.Rush = func(bool) {}
	}
	if s.Reference == nil {
		s.Reference = func() string { return rand.Text()[:8] }
	}
	if s.Log == nil {
		s.Log = slog.Default()
	}
	if s.Metrics == nil {
		s.Metrics = NewMetrics(nil)
	}
	return s
}

// Bot is the process's side of Slack.
type Bot struct {
	settings Settings
	log      *slog.Logger
	metrics  *Metrics
	wire     *transport
	voice    *voice
	identity *identity
	people   *People
	cards    *Cards
	audit    *Audit
	links    *links
	intake   *intake
	cleared  chan struct{} // closed when requests may be taken
	requests Requests
}

// New makes a bot. It asks nobody: that the tokens are of the wrong kind is seen by their
// form, that they are refused only by Run.
func New(settings Settings) (*Bot, error) {
	if err := errors.Join(checkToken(botVariable, settings.BotToken), checkToken(appVariable, settings.AppToken)); err != nil {
		return nil, err
	}
	settings = settings.withDefaults()
	wire := newTransport(settings.Dial)
	api := wire.client(settings)
	identity := newIdentity()
	voice := &voice{api: api, log: settings.Log, metrics: settings.Metrics, rooms: newRooms(api, settings.Named), identity: identity}
	return &Bot{
		settings: settings,
		log:      settings.Log,
		metrics:  settings.Metrics,
		wire:     wire,
		voice:    voice,
		identity: identity,
		people:   newPeople(api, identity, settings.Log, settings.Moved),
		cards:    &Cards{voice: voice, easel: newEasel(voice), identity: identity, notices: map[actions.Card]actions.Text{}},
		audit:    newAudit(voice, settings.AuditChannel),
		links:    newLinks(settings.Connections),
		intake:   newIntake(settings),
		cleared:  make(chan struct{}),
	}, nil
}

// People knows who somebody is; it learns nothing before Run.
func (b *Bot) People() *People { return b.people }

// Cards keeps the messages that show operations.
func (b *Bot) Cards() *Cards { return b.cards }

// Audit writes to the audit channel.
func (b *Bot) Audit() *Audit { return b.audit }

// Self is the bot itself in Slack; false before Slack has said who it is.
func (b *Bot) Self() (authz.Actor, bool) {
	own, known := b.identity.get()
	return authz.Actor{Team: own.Team, User: own.User}, known
}

// Ready is an error while requests cannot be taken or decided: no connection, no identity, no
// groups.
func (b *Bot) Ready() error {
	if _, known := b.identity.get(); !known {
		return errors.New("no word from Slack yet about who the bot is")
	}
	return errors.Join(b.links.ready(), b.people.Ready())
}

func (b *Bot) place(where actions.Where, user string) place {
	return place{voice: b.voice, identity: b.identity, where: where, quiet: where, user: user}
}

// acknowledge says false where the payload may not have arrived. A delivery without an ID
// cannot be acknowledged.
func (b *Bot) acknowledge(ctx context.Context, envelope envelope, payload any) bool {
	if envelope.ID == "" {
		return false
	}
	err := envelope.acker.ack(ctx, envelope.ID, payload)
	if err == nil {
		return true
	}
	b.metrics.AckFailures.Inc()
	b.log.Warn("an acknowledgement may not have arrived", "type", envelope.Type, "error", redacted(err))
	return false
}

// take hands a delivery to its handler. It never blocks.
func (b *Bot) take(ctx context.Context, taken envelope) {
	var handler handler
	var err error
	switch taken.Type {
	case "slash_commands":
		handler, err = b.newCommand(taken)
	case "events_api":
		handler, err = b.newEvent(taken)
	case "interactive":
		handler, err = b.newClick(taken)
	default:
		err = errors.New("unknown type")
	}
	if err != nil {
		handler = unreadable{bot: b, envelope: taken}
	}
	b.intake.take(ctx, handler)
}

// checkToken tells the kinds of token apart by their form.
func checkToken(name, token string) error {
	kinds := map[string]string{
		"xoxb-": botVariable, "xoxe.xoxb-": botVariable, "xapp-": appVariable,
		"xoxp-": "a user token", "xoxe.xoxp-": "a user token", "xoxe-": "a configuration token",
	}
	if strings.TrimSpace(token) == "" {
		return fmt.Errorf("%s is not set: %s", name, howToGet(name))
	}
	for prefix, kind := range kinds {
		if strings.HasPrefix(token, prefix) && kind != name {
			return fmt.Errorf("%s holds a token that begins with %s (%s): %s", name, prefix, kind, howToGet(name))
		}
	}
	return nil
}
