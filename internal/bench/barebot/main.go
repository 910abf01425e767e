// Command barebot is the least that a bot on slack-go can be: it acknowledges every request,
// and does nothing else. It is what ecsbot is measured against.
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	api := slack.New(os.Getenv("SLACK_BOT_TOKEN"),
		slack.OptionAppLevelToken(os.Getenv("SLACK_APP_TOKEN")), slack.OptionAPIURL(os.Getenv("SLACK_API_URL")))
	client := socketmode.New(api)
	go acknowledge(ctx, client)
	if err := client.RunContext(ctx); !errors.Is(err, context.Canceled) {
		log.Fatal(err)
	}
}

func acknowledge(ctx context.Context, client *socketmode.Client) {
	for {
		select {
		case event := <-client.Events:
			if event.Type != socketmode.EventTypeSlashCommand {
				continue
			}
			if err := client.AckCtx(ctx, event.Request.EnvelopeID, nil); err != nil {
				log.Print(err)
			}
		case <-ctx.Done():
			return
		}
	}
}
