package bot

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"

	"github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"

	"ecsbot/authz"
)

// rosterAtOnce is how many people are asked for side by side.
const rosterAtOnce = 8

// Roster asks Slack who is in any of the groups, and for others by their user IDs: everybody as
// the bot itself would judge them, in the order of their IDs. It needs the bot token alone,
// changes nothing, and ends with ctx. An error is one line that says what to do.
func Roster(ctx context.Context, settings Settings, groups, others []string) ([]authz.Person, error) {
	if err := checkToken(botVariable, settings.BotToken); err != nil {
		return nil, err
	}
	settings.Log = slog.New(slog.DiscardHandler)
	settings = settings.withDefaults()
	wire := newTransport(settings.Dial)
	defer wire.round.CloseIdleConnections()
	api := wire.client(settings)

	var who *slack.AuthTestResponse
	if err := ask(ctx, func() (err error) { who, err = api.AuthTestContext(ctx); return err }); err != nil {
		return nil, errors.New(trouble(botVariable, err))
	}
	identity := newIdentity()
	if err := identity.learned(who, settings.Log); err != nil {
		return nil, err
	}
	people := newPeople(api, identity, settings.Log, nil)
	if _, err := people.groups.get(ctx, 0); err != nil {
		return nil, errors.New(trouble(botVariable, err))
	}
	wanted := map[string]bool{}
	for _, user := range others {
		wanted[user] = true
	}
	for _, group := range groups {
		for _, user := range people.Members(group) {
			wanted[user] = true
		}
	}
	return people.readAll(ctx, slices.Sorted(maps.Keys(wanted)), who.TeamID)
}

// readAll reads many people side by side, in the order of their IDs.
func (p *People) readAll(ctx context.Context, users []string, team string) ([]authz.Person, error) {
	persons := make([]authz.Person, len(users))
	reading, ctx := errgroup.WithContext(ctx)
	reading.SetLimit(rosterAtOnce)
	for at, user := range users {
		reading.Go(func() (err error) {
			persons[at], err = p.Read(ctx, authz.Actor{Team: team, User: user}, ever)
			return err
		})
	}
	if err := reading.Wait(); err != nil {
		return nil, errors.New(trouble(botVariable, err))
	}
	return persons, nil
}
