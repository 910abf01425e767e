package bot

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"
)

// What comes before anything is taken is done while Slack is asked who the bot is, and no
// connection is opened before both are done.
func TestWhatComesFirstDoesNotWaitForSlackToSayWhoTheBotIs(t *testing.T) {
	var began, ended time.Time
	start := time.Time{}
	inBubble(t, func(fake *fakeSlack, settings *Settings) {
		start = time.Now()
		answer := fake.reactions["auth.test"]
		fake.on("auth.test", func(call call, w http.ResponseWriter) {
			time.Sleep(5 * time.Second)
			answer(call, w)
		})
		settings.Before = func(_ context.Context, known <-chan struct{}) error {
			began = time.Now()
			<-known
			ended = time.Now()
			time.Sleep(time.Second)
			return nil
		}
	}, nil, func(t *testing.T, bot running) {
		time.Sleep(time.Minute)
		opened := bot.fake.made("apps.connections.open")
		if began.Sub(start) != 0 || ended.Sub(start) != 5*time.Second {
			t.Errorf("it began after %v, and Slack was known after %v", began.Sub(start), ended.Sub(start))
		}
		if len(opened) != 1 || opened[0].at.Sub(start) != 6*time.Second {
			t.Errorf("opened %v", opened)
		}
	})
}

// What comes first and fails ends the program, whether Slack has said who the bot is or not.
func TestWhatComesFirstMayEndTheProgram(t *testing.T) {
	other := errors.New("another ledger")
	inBubble(t, func(fake *fakeSlack, settings *Settings) {
		fake.on("auth.test", func(_ call, w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) })
		settings.Before = func(context.Context, <-chan struct{}) error { return other }
	}, nil, func(t *testing.T, bot running) {
		time.Sleep(time.Second)
		if err := bot.stop(); !errors.Is(err, other) {
			t.Errorf("ended with %v", err)
		}
		if opened := bot.fake.made("apps.connections.open"); len(opened) > 0 {
			t.Errorf("opened %v", opened)
		}
	})
}
