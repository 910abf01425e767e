package bot

import (
	"github.com/slack-go/slack"

	"ecsbot/authz"
)

// standing says what somebody is to the company that installed the bot, from their own record
// in Slack. A record without its IDs is nobody's: a missing field is never trusted.
func standing(bot self, actor authz.Actor, user slack.User) authz.Standing {
	switch {
	case user.ID == "" || user.TeamID == "" || user.ID != actor.User || actor.Team == "":
		return authz.Nobody
	case user.IsBot || user.IsAppUser || user.IsWorkflowBot || user.IsConnectorBot || user.ID == "USLACKBOT":
		return authz.Automaton
	case !isOwn(bot, user) || user.IsStranger || actor.Team != bot.Team && actor.Team != user.TeamID:
		return authz.External
	case user.Deleted:
		return authz.Departed
	case user.IsRestricted || user.IsUltraRestricted:
		return authz.Guest
	}
	return authz.Insider
}

// isOwn says whether somebody's home is the company's: the team in which the bot is installed,
// or another one of its enterprise (docs.slack.dev/apis/slack-connect).
func isOwn(bot self, user slack.User) bool {
	return user.TeamID == bot.Team || bot.Enterprise != "" && user.Enterprise.EnterpriseID == bot.Enterprise
}
