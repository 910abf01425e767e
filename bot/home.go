package bot

import (
	"context"

	"github.com/slack-go/slack"

	"ecsbot/actions"
)

// home shows what the bot is on its home tab, each time somebody opens it.
func (e *event) home(ctx context.Context) {
	user := e.user()
	if e.Inner.Tab != "" && e.Inner.Tab != "home" || user == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tellLimit)
	defer cancel()
	view := slack.HomeTabViewRequest{
		Type:   slack.VTHomeTab,
		Blocks: slack.Blocks{BlockSet: render(welcome(e.bot.settings.Command)).blocks},
	}
	err := e.bot.voice.insist(ctx, "publishing a home tab", func(ctx context.Context) error {
		_, err := e.bot.voice.api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: user, View: view})
		return err
	})
	if err != nil {
		e.bot.log.Warn("a home tab was not shown", "error", err)
	}
}

func welcome(command string) actions.Message {
	return actions.Message{
		Title: actions.Textf("ecsbot operates your environments on Amazon ECS"),
		Body: []actions.Block{
			actions.Paragraph{Text: actions.Textf(
				"What you may do is decided by the Slack user groups that you are in. Everything that is asked, refused and done is recorded.")},
			actions.List{Points: []actions.Text{
				actions.Textf("%v shows what you may do", actions.Named(command+" help")),
				actions.Textf("%v shows who I think you are", actions.Named(command+" whoami")),
				actions.Textf("%v lists your services", actions.Named(command+" services")),
			}},
			actions.Note{Text: actions.Textf("In a thread, mention me instead: slash commands do not work there.")},
		},
	}
}
