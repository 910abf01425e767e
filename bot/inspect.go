package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"
)

// Level is how much a finding matters, as it is printed.
type Level string

// The levels.
const (
	Sound    Level = "ok"
	Doubtful Level = "warning" // it works, but somebody should look
	Broken   Level = "error"   // the configuration promises what does not hold
)

// Finding is one thing that was looked at. Its text may hold words of outsiders.
type Finding struct {
	Level Level
	Where string // the place in the configuration that names it; empty where none does
	Text  string // what there is, and what to do
}

// Wanted is what a configuration needs of Slack.
type Wanted struct {
	Audit    Channel
	Channels []Channel // the others that it names
	Groups   []Group
}

// Channel is a channel that the configuration names.
type Channel struct {
	ID      string
	Use     string // what it is to the configuration: "audit channel"
	Where   string
	Private bool // what stands in it is not for everybody in the workspace
}

// Group is a user group that the configuration names.
type Group struct {
	ID     string
	Where  string
	Gives  bool // its members may do or approve something
	Denies bool // a denial rests on it
}

// Inspection is what Slack says to a configuration.
type Inspection struct {
	Team     string // in which the bot is installed; empty where Slack did not say
	User     string // the bot's own
	Findings []Finding
}

// inspectionsAtOnce is how many channels are asked for side by side.
const inspectionsAtOnce = 8

// Inspect asks Slack whether tokens, scopes, groups and channels are as they need to be. It
// changes and posts nothing, and ends with ctx.
func Inspect(ctx context.Context, settings Settings, wanted Wanted) Inspection {
	settings.Log = slog.New(slog.DiscardHandler)
	settings = settings.withDefaults()
	wire := newTransport(settings.Dial)
	defer wire.round.CloseIdleConnections()
	i := &inspector{api: wire.client(settings), settings: settings}
	who := i.tokens(ctx)
	if who != nil {
		i.scopes(who.Header)
		i.groups(ctx, *who, wanted.Groups)
		i.channels(ctx, wanted)
		i.result.Team, i.result.User = who.TeamID, who.UserID
	}
	return i.result
}

// inspector collects findings.
type inspector struct {
	api      *slack.Client
	settings Settings
	result   Inspection
}

func (i *inspector) find(level Level, where, format string, arguments ...any) {
	i.result.Findings = append(i.result.Findings, finding(level, where, format, arguments...))
}

func finding(level Level, where, format string, arguments ...any) Finding {
	return Finding{Level: level, Where: where, Text: fmt.Sprintf(format, arguments...)}
}

// ask asks again where Slack says when, as long as there is time.
func ask(ctx context.Context, call func() error) error {
	for {
		err := call()
		wait, told := toldWait(err)
		if !told || !sleep(ctx, wait) {
			return err
		}
	}
}

// trouble says why Slack did not answer a call made with a token, and what to do.
func trouble(token string, err error) string {
	switch _, limited := toldWait(err); {
	case isRefusedToken(err):
		return refusedToken(token, err).Error()
	case slackCode(err) != "" && !limited:
		return fmt.Sprintf("%s: Slack says %s", token, slackCode(err))
	case limited:
		return token + ": Slack asks to be asked later: try again in a minute"
	case errors.Is(err, context.DeadlineExceeded):
		return token + ": Slack did not answer in time: try again, or check the network and SLACK_API_URL"
	}
	return fmt.Sprintf("%s: Slack cannot be asked (%v): check the network, the proxy and SLACK_API_URL", token, redacted(err))
}

// tokens tries both tokens and returns who the bot is; nil where Slack does not say.
func (i *inspector) tokens(ctx context.Context) *slack.AuthTestResponse {
	i.appToken(ctx)
	if err := checkToken(botVariable, i.settings.BotToken); err != nil {
		i.find(Broken, "", "%v", err)
		return nil
	}
	var who *slack.AuthTestResponse
	err := ask(ctx, func() (err error) { who, err = i.api.AuthTestContext(ctx); return err })
	switch {
	case err != nil:
		i.find(Broken, "", "%s", trouble(botVariable, err))
		return nil
	case who.TeamID == "" || who.UserID == "":
		i.find(Broken, "", "%s: Slack answers without a team or a user; %s", botVariable, howToGet(botVariable))
		return nil
	}
	i.find(Sound, "", "%s is of %s (%s) in %s (%s)", botVariable, who.User, who.UserID, who.Team, who.TeamID)
	return who
}

// appToken asks for the address of a socket, and does not open it.
func (i *inspector) appToken(ctx context.Context) {
	if err := checkToken(appVariable, i.settings.AppToken); err != nil {
		i.find(Broken, "", "%v", err)
		return
	}
	err := ask(ctx, func() error { _, _, err := i.api.StartSocketModeContext(ctx); return err })
	if err != nil {
		i.find(Broken, "", "%s", trouble(appVariable, err))
		return
	}
	i.find(Sound, "", "%s opens connections", appVariable)
}

// scopes holds what the token may do against the manifest. Slack lists it in a header.
func (i *inspector) scopes(header http.Header) {
	granted := strings.FieldsFunc(header.Get("X-OAuth-Scopes"), func(char rune) bool { return char == ',' || char == ' ' })
	if len(granted) == 0 {
		i.find(Doubtful, "", "%s: Slack does not say which scopes it has; compare them with `ecsbot manifest`", botVariable)
		return
	}
	missing := slices.DeleteFunc(Manifest(i.settings.Command).OAuthConfig.Scopes.Bot, func(scope string) bool {
		return slices.Contains(granted, scope)
	})
	if len(missing) == 0 {
		i.find(Sound, "", "%s has every scope of the manifest", botVariable)
		return
	}
	level, means := Doubtful, "what needs it does not work"
	if len(missingScopes(header)) > 0 {
		level, means = Broken, "the bot does not start"
	}
	i.find(level, "", "%s lacks the scope %s, so %s: add it under OAuth & Permissions (`ecsbot manifest` has all of them) and install the app again",
		botVariable, strings.Join(missing, " "), means)
}

// groups reads all groups in one call, the disabled ones too.
func (i *inspector) groups(ctx context.Context, who slack.AuthTestResponse, wanted []Group) {
	options := []slack.GetUserGroupsOption{slack.GetUserGroupsOptionIncludeUsers(true), slack.GetUserGroupsOptionIncludeDisabled(true)}
	if who.EnterpriseID != "" {
		options = append(options, slack.GetUserGroupsOptionTeamID(who.TeamID))
	}
	var listed []slack.UserGroup
	err := ask(ctx, func() (err error) { listed, err = i.api.GetUserGroupsContext(ctx, options...); return err })
	if err != nil {
		i.find(Broken, "", "the user groups cannot be read, so nobody may do anything: %s", trouble(botVariable, err))
		return
	}
	var open []string
	for _, group := range wanted {
		at := slices.IndexFunc(listed, func(one slack.UserGroup) bool { return one.ID == group.ID })
		if at < 0 {
			i.find(Broken, group.Where, "group %s does not exist in %s: correct the ID (in Slack: People, User groups, Copy group ID)", group.ID, who.Team)
			continue
		}
		i.result.Findings = append(i.result.Findings, judgeGroup(group, listed[at]))
		if group.Gives && !listed[at].IsMembershipLocked && !listed[at].IsIDPGroup {
			open = append(open, group.ID)
		}
	}
	i.open(open)
}

func judgeGroup(wanted Group, found slack.UserGroup) Finding {
	name := fmt.Sprintf("group %s (@%s)", found.ID, found.Handle)
	void, level := "its members may nothing by it", Doubtful
	if wanted.Denies {
		void, level = "its denial stops nobody", Broken
	}
	switch {
	case found.IsExternal:
		return finding(Broken, wanted.Where, "%s belongs to another company and counts for nothing: name a group of your own", name)
	case found.DateDelete != 0:
		return finding(level, wanted.Where, "%s is disabled, so %s: enable it in Slack, or take it out of the configuration", name, void)
	case len(found.Users) == 0:
		return finding(Doubtful, wanted.Where, "%s is empty: add its members in Slack, or take it out of the configuration", name)
	}
	return finding(Sound, wanted.Where, "%s has members: %d", name, len(found.Users))
}

// open warns, once for all, of groups that others than their keepers may change.
func (i *inspector) open(groups []string) {
	if len(groups) == 0 {
		return
	}
	i.find(Doubtful, "", "the membership of %s gives rights, and is neither locked nor from the identity provider: "+
		"whoever may edit user groups in Slack can give themselves those rights; lock it, or restrict who edits user groups",
		strings.Join(groups, " "))
}

// channels asks for several at once, and tells of them in the configuration's order.
func (i *inspector) channels(ctx context.Context, wanted Wanted) {
	found := make([][]Finding, 1+len(wanted.Channels))
	var asking errgroup.Group
	asking.SetLimit(inspectionsAtOnce)
	asking.Go(func() error { found[0] = i.channel(ctx, wanted.Audit, Broken); return nil })
	for at, channel := range wanted.Channels {
		asking.Go(func() error { found[1+at] = i.channel(ctx, channel, Doubtful); return nil })
	}
	_ = asking.Wait()
	i.result.Findings = append(i.result.Findings, slices.Concat(found...)...)
}

// channel asks for one; level is how much its flaws matter. Only of the audit channel are
// they errors: it is the record.
func (i *inspector) channel(ctx context.Context, wanted Channel, level Level) []Finding {
	var info *slack.Channel
	err := ask(ctx, func() (err error) {
		info, err = i.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: wanted.ID})
		return err
	})
	name := wanted.Use + " " + wanted.ID
	switch {
	case isCode(err, "channel_not_found"):
		return []Finding{finding(level, wanted.Where,
			"%s does not exist, or is private without the bot: correct the ID, or /invite the bot there", name)}
	case err != nil:
		return []Finding{finding(level, wanted.Where, "%s cannot be looked at: %s", name, trouble(botVariable, err))}
	}
	name = fmt.Sprintf("%s (#%s)", name, cmp.Or(info.Name, info.NameNormalized))
	var found []Finding
	for _, flaw := range flaws(info, wanted.Private) {
		found = append(found, finding(level, wanted.Where, "%s %s", name, flaw))
	}
	if len(found) == 0 {
		found = append(found, finding(Sound, wanted.Where, "%s: the bot is a member, and it is not shared", name))
	}
	return found
}

// flaws are what is wrong with a channel, each with what to do.
func flaws(info *slack.Channel, mustBePrivate bool) []string {
	var found []string
	if info.IsArchived {
		found = append(found, "is archived: unarchive it, or name another channel")
	}
	if info.IsExtShared || info.IsPendingExtShared {
		found = append(found, "is shared with another company, or about to be, which reads along: end that, or name another channel")
	}
	if !info.IsMember {
		found = append(found, "is without the bot: /invite it there")
	}
	if mustBePrivate && !info.IsPrivate {
		found = append(found, "is public, so everybody in the workspace reads it: make it private")
	}
	return found
}
