package bot

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"ecsbot/actions"
)

// event is a delivery of the Events API.
type event struct {
	bot      *Bot
	envelope envelope
	Team     string     `json:"team_id"`
	ID       string     `json:"event_id"`
	Inner    innerEvent `json:"event"`
}

// innerEvent has the fields of the events that the bot looks at.
type innerEvent struct {
	Type       string          `json:"type"`
	User       json.RawMessage `json:"user"` // an ID, or in user_change the user's record
	Text       string          `json:"text"`
	Channel    string          `json:"channel"`
	TS         string          `json:"ts"`
	Thread     string          `json:"thread_ts"`
	BotID      string          `json:"bot_id"`
	Subtype    string          `json:"subtype"`
	UserTeam   string          `json:"user_team"`
	SourceTeam string          `json:"source_team"`
	Team       string          `json:"team"`
	Tab        string          `json:"tab"`
}

func (b *Bot) newEvent(envelope envelope) (*event, error) {
	read := &event{bot: b, envelope: envelope}
	if err := json.Unmarshal(envelope.Payload, read); err != nil {
		return nil, err
	}
	return read, nil
}

// names of a mention are also where it stands: an edit of the message is another event, and
// not another request.
func (e *event) names() []string {
	names := []string{prefixed("envelope/", e.envelope.ID), prefixed("event/", e.ID)}
	if e.Inner.Type == "app_mention" {
		names = append(names, prefixed("message/", e.message()))
	}
	return names
}

func (e *event) message() string {
	if e.Inner.Channel == "" || e.Inner.TS == "" {
		return ""
	}
	return e.Inner.Channel + "/" + e.Inner.TS
}

// handle acknowledges at once: nothing can be said in the acknowledgement of an event.
func (e *event) handle(ctx context.Context) {
	e.bot.acknowledge(ctx, e.envelope, nil)
	switch kind := e.Inner.Type; {
	case kind == "app_mention":
		e.mention(ctx)
	case kind == "app_home_opened":
		e.home(ctx)
	case kind == "user_change", kind == "team_join":
		e.bot.people.userChanged(e.user())
	case strings.HasPrefix(kind, "channel_"):
		e.bot.voice.rooms.changed(e.Inner.Channel)
	case strings.HasPrefix(kind, "subteam_"):
		e.bot.people.groupsChanged()
	case e.envelope.foreign:
		e.bot.foreign(kind)
	}
}

// user is the ID of whom the event is about.
func (e *event) user() string {
	var id string
	if err := json.Unmarshal(e.Inner.User, &id); err == nil {
		return id
	}
	var record struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(e.Inner.User, &record); err != nil {
		return ""
	}
	return record.ID
}

// mention carries a request that mentions the bot to the core. Those of bots are ignored, the
// bot's own among them.
func (e *event) mention(ctx context.Context) {
	bot, err := e.bot.identity.soon(ctx)
	if err != nil {
		e.decline(ctx, unknownYet())
		return
	}
	user := e.user()
	if user == "" || e.Inner.BotID != "" || e.Inner.Subtype == "bot_message" || user == bot.User || user == "USLACKBOT" {
		e.bot.metrics.Bots.Inc()
		return
	}
	id := e.message()
	if id == "" {
		id = e.ID
	}
	e.bot.requests.Do(ctx, actions.Request{
		ID:    id,
		Actor: bot.actor(e.team(), "", user),
		Text:  unescaped(withoutMention(e.Inner.Text, bot.User)),
		Where: e.thread(),
	}, mentionReply{e.place()})
}

// team is the home of whoever wrote the message: in a channel that is shared with another
// company, not the team to which Slack delivers it.
func (e *event) team() string {
	for _, team := range []string{e.Inner.UserTeam, e.Inner.SourceTeam, e.Inner.Team} {
		if team != "" {
			return team
		}
	}
	return e.Team
}

// thread is the one in which the message stands, or which it opens.
func (e *event) thread() actions.Where {
	where := actions.Where{Channel: e.Inner.Channel, Thread: e.Inner.Thread}
	if where.Thread == "" {
		where.Thread = e.Inner.TS
	}
	return where
}

// place is the thread. What one person alone sees stands there only if the thread was there
// before: Slack shows it in none that nobody has replied in (docs.slack.dev, chat.postEphemeral).
func (e *event) place() place {
	place := e.bot.place(e.thread(), e.user())
	place.quiet.Thread = e.Inner.Thread
	return place
}

func (e *event) decline(ctx context.Context, why actions.Message) {
	e.bot.acknowledge(ctx, e.envelope, nil)
	switch {
	case e.Inner.Type == "app_mention" && e.Inner.BotID == "" && e.user() != "":
		if err := (mentionReply{e.place()}).Tell(ctx, why); err != nil {
			e.bot.log.Error("a caller was not told that nothing was done", "error", err)
		}
	case strings.HasPrefix(e.Inner.Type, "subteam_"):
		e.bot.people.groupsChanged()
	}
}

func (e *event) failed(ctx context.Context, reference string) { e.decline(ctx, broken(reference)) }

func (e *event) repeated(ctx context.Context) { e.bot.acknowledge(ctx, e.envelope, nil) }

// mentionReply answers whoever mentioned the bot.
type mentionReply struct{ place }

// Tell says something to the caller alone. What was said before stays: Slack lets nobody
// change an ephemeral message.
func (r mentionReply) Tell(ctx context.Context, message actions.Message) error {
	ctx, cancel := context.WithTimeout(ctx, tellLimit)
	defer cancel()
	return r.whisper(ctx, message)
}

// withoutMention is what stands after the bot's name, or before it where nothing follows.
func withoutMention(text, user string) string {
	name := regexp.MustCompile(`<@` + regexp.QuoteMeta(user) + `(\|[^>]*)?>`)
	at := name.FindStringIndex(text)
	if at == nil {
		return strings.TrimSpace(text)
	}
	if after := strings.TrimSpace(name.ReplaceAllString(text[at[1]:], "")); after != "" {
		return after
	}
	return strings.TrimSpace(text[:at[0]])
}

// Ask opens no form: a mention brings no trigger for one.
func (r mentionReply) Ask(context.Context, actions.Form) error {
	return errors.New("opening a form: a mention cannot open one")
}
