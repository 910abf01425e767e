package bot

import "github.com/slack-go/slack"

// Manifest is the Slack app that the bot needs: its command, scopes and events
// (docs.slack.dev/reference/app-manifest). The app-level token cannot be part of it.
func Manifest(command string) slack.Manifest {
	return slack.Manifest{
		Metadata: slack.ManifestMetadata{MajorVersion: 2, MinorVersion: 1},
		Display: slack.Display{
			Name:            "ecsbot",
			Description:     "Operate your own environments on AWS ECS",
			BackgroundColor: "#1d3557",
		},
		Features: slack.Features{
			AppHome: slack.AppHome{HomeTabEnabled: true, MessagesTabEnabled: true, MessagesTabReadOnlyEnabled: false},
			BotUser: slack.BotUser{DisplayName: "ecsbot", AlwaysOnline: true},
			Shortcuts: []slack.Shortcut{{
				Name: "Operate a service", CallbackID: guideShortcut, Description: "Open the form of ecsbot", Type: slack.GlobalShortcut,
			}},
			SlashCommands: []slack.ManifestSlashCommand{{
				Command: command, Description: "Operate your ECS services", UsageHint: "restart staging api", ShouldEscape: true,
			}},
		},
		OAuthConfig: slack.OAuthConfig{Scopes: slack.OAuthScopes{Bot: []string{
			"app_mentions:read", "channels:history", "channels:read", "chat:write", "commands", "files:write", "groups:history",
			"groups:read", "im:history", "im:write", "usergroups:read", "users:read",
		}}},
		Settings: slack.Settings{
			Interactivity: &slack.Interactivity{IsEnabled: true},
			EventSubscriptions: &slack.EventSubscriptions{BotEvents: []string{
				"app_home_opened", "app_mention", "channel_id_changed", "channel_shared", "subteam_created",
				"subteam_members_changed", "subteam_updated", "user_change",
			}},
			SocketModeEnabled: true,
		},
	}
}
