package bot

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/slack-go/slack"

	"ecsbot/authz"
)

// identityLimit is how long a request waits, right after the start, for Slack to say who the
// bot is.
const identityLimit = 10 * time.Second

// self is who the bot is in Slack.
type self struct {
	Team       string
	User       string
	Name       string
	Enterprise string
}

// identity is read once, at the start, from auth.test.
type identity struct {
	current atomic.Pointer[self]
	known   chan struct{}
}

func newIdentity() *identity { return &identity{known: make(chan struct{})} }

// get is who the bot is; false before Slack has said so.
func (i *identity) get() (self, bool) {
	current := i.current.Load()
	if current == nil {
		return self{}, false
	}
	return *current, true
}

func (i *identity) name() string {
	if current, ok := i.get(); ok && current.Name != "" {
		return current.Name
	}
	return "ecsbot"
}

// wait waits until Slack has said who the bot is.
func (i *identity) wait(ctx context.Context) (self, error) {
	select {
	case <-i.known:
		current, _ := i.get()
		return current, nil
	case <-ctx.Done():
		return self{}, fmt.Errorf("waiting for Slack to say who the bot is: %w", ctx.Err())
	}
}

// soon waits no longer than somebody who asked would.
func (i *identity) soon(ctx context.Context) (self, error) {
	ctx, cancel := context.WithTimeout(ctx, identityLimit)
	defer cancel()
	return i.wait(ctx)
}

// actor names a person by team and user. Where the person's enterprise is the bot's, the team
// is the one in which the bot is installed: in Grid it differs from workspace to workspace.
func (s self) actor(team, enterprise, user string) authz.Actor {
	if s.Enterprise != "" && enterprise == s.Enterprise {
		team = s.Team
	}
	return authz.Actor{Team: team, User: user}
}

// learn asks Slack who the bot is, until Slack answers. A token that Slack does not take is
// an error of one line.
func (i *identity) learn(ctx context.Context, api *slack.Client, log *slog.Logger) error {
	pause := backoff.NewExponentialBackOff()
	pause.MaxInterval = time.Minute
	for {
		answer, err := api.AuthTestContext(ctx)
		switch {
		case err == nil:
			return i.learned(answer, log)
		case isRefusedToken(err):
			return refusedToken(botVariable, err)
		case ctx.Err() != nil:
			return ctx.Err()
		}
		wait := pause.NextBackOff()
		if told, ok := toldWait(err); ok {
			wait = told
		}
		log.Warn("Slack does not say who the bot is", "error", redacted(err), "again_in", wait)
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}

func (i *identity) learned(answer *slack.AuthTestResponse, log *slog.Logger) error {
	if answer.TeamID == "" || answer.UserID == "" {
		return fmt.Errorf("%s: Slack answers without a team or a user; %s", botVariable, howToGet(botVariable))
	}
	if missing := missingScopes(answer.Header); len(missing) > 0 {
		return fmt.Errorf("%s: the app lacks the scope %s; add it under OAuth & Permissions (`ecsbot manifest` has all of them) and install the app again",
			botVariable, strings.Join(missing, " "))
	}
	i.current.Store(&self{Team: answer.TeamID, User: answer.UserID, Name: answer.User, Enterprise: answer.EnterpriseID})
	close(i.known)
	log.Info("Slack knows the bot", "team", answer.TeamID, "user", answer.UserID)
	return nil
}

// missingScopes is what the bot cannot do without and does not have. Slack lists the scopes
// of a token in a header of every answer; a server that does not is believed.
func missingScopes(header http.Header) []string {
	listed := header.Get("X-OAuth-Scopes")
	if listed == "" {
		return nil
	}
	granted := strings.FieldsFunc(listed, func(char rune) bool { return char == ',' || char == ' ' })
	var missing []string
	for _, scope := range []string{"commands", "chat:write", "usergroups:read", "users:read"} {
		if !slices.Contains(granted, scope) {
			missing = append(missing, scope)
		}
	}
	return missing
}
