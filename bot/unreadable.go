package bot

import (
	"context"

	"ecsbot/actions"
)

// unreadable is a delivery of an unknown type, or one that cannot be read. It is acknowledged
// all the same: Slack would deliver it again and again, and show an error to whoever waits.
type unreadable struct {
	bot      *Bot
	envelope envelope
}

func (u unreadable) names() []string { return []string{prefixed("envelope/", u.envelope.ID)} }

// foreign counts a delivery that cannot be read. The type alone is logged: the rest may hold
// what somebody wrote.
func (b *Bot) foreign(kind string) {
	b.metrics.Unknown.Inc()
	b.log.Warn("Slack sent something that cannot be read", "type", cutRunes(oneLine(kind), unknownShown))
}

func (u unreadable) handle(ctx context.Context) {
	u.bot.foreign(u.envelope.Type)
	u.decline(ctx, actions.Say(actions.Bad, "I cannot read what Slack sent me: nothing was done."))
}

func (u unreadable) decline(ctx context.Context, why actions.Message) {
	var payload any
	if u.envelope.Type == "slash_commands" && u.envelope.Accepts {
		payload = answerWith(render(why), nil)
	}
	u.bot.acknowledge(ctx, u.envelope, payload)
}

func (u unreadable) failed(ctx context.Context, reference string) { u.decline(ctx, broken(reference)) }

func (u unreadable) repeated(ctx context.Context) { u.bot.acknowledge(ctx, u.envelope, nil) }

// broken is what a caller is told of a panic.
func broken(reference string) actions.Message {
	return actions.Message{
		Tone:  actions.Bad,
		Title: actions.Textf("Something broke while I worked on this."),
		Body: []actions.Block{actions.Paragraph{Text: actions.Textf(
			"Look at the service before you ask again. The operator finds the cause in my log under %v.", actions.Named(reference))}},
	}
}

// unknownYet is what a caller is told while Slack has not said who the bot is.
func unknownYet() actions.Message {
	return actions.Say(actions.Warning, "I have just started and Slack does not answer me yet: nothing was done. Please ask again in a moment.")
}
