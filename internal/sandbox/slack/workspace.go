package slack

// Workspace is what a workspace holds at first.
type Workspace struct {
	TeamID, TeamName, TeamDomain string

	AppID   string
	BotID   string // of the bot, B…
	BotUser string // of the bot's user, U…

	BotScopes []string       // what the bot token may do
	Events    []string       // the event types that the app is subscribed to
	Commands  []SlashCommand // the app's commands
	Shortcuts []Shortcut     // the app's global shortcuts

	Users    []User
	Groups   []Group
	Channels []Channel
}

// SlashCommand is a command of the app as its manifest declares it.
type SlashCommand struct {
	Command      string `json:"command"`
	Description  string `json:"description"`
	UsageHint    string `json:"usage_hint"`
	ShouldEscape bool   `json:"-"`
}

// Shortcut is a global shortcut of the app as its manifest declares it.
type Shortcut struct {
	Name       string `json:"name"`
	CallbackID string `json:"callback_id"`
}

// User is a person or a bot. Whose Team is not the workspace's is from another company.
type User struct {
	ID       string
	Name     string
	RealName string
	Title    string
	Team     string

	IsBot             bool
	IsDeleted         bool // deactivated
	IsRestricted      bool // a guest
	IsUltraRestricted bool // a guest of one channel
	IsStranger        bool // shares no channel with anyone of the workspace
}

// Group is a user group.
type Group struct {
	ID          string
	Handle      string
	Name        string
	Description string
	Users       []string
	IsDisabled  bool
	IsIDPGroup  bool // kept by an identity provider
}

// Channel is a channel and who is in it.
type Channel struct {
	ID          string
	Name        string
	IsPrivate   bool
	IsExtShared bool // shared with another company
	IsArchived  bool
	Members     []string
}

// Team is the ID of the demo's workspace.
const Team = "T0SANDBOX"

// DemoWorkspace is Acme with its five people, one guest, four groups and four channels.
func DemoWorkspace() Workspace {
	const team, other = Team, "T0EVIL"
	return Workspace{
		TeamID: team, TeamName: "Acme", TeamDomain: "acme",
		AppID: "A0ECSBOT", BotID: "B0ECSBOT", BotUser: "U0ECSBOT",
		BotScopes: []string{
			"commands", "chat:write", "files:write", "usergroups:read", "users:read", "channels:read", "groups:read",
			"app_mentions:read", "channels:history", "groups:history", "im:history", "im:write",
		},
		Events: []string{
			"app_mention", "app_home_opened", "subteam_created", "subteam_updated", "subteam_members_changed",
			"user_change", "channel_shared", "channel_unshared", "channel_id_changed", "member_joined_channel",
		},
		Commands: []SlashCommand{{
			Command: "/ecs", Description: "Operate your environments on ECS",
			UsageHint: "restart staging api", ShouldEscape: true,
		}},
		Shortcuts: []Shortcut{{Name: "Operate a service", CallbackID: "form"}},
		Users: []User{
			{ID: "U0ALICE", Name: "alice", RealName: "Alice", Title: "Developer", Team: team},
			{ID: "U0BOB", Name: "bob", RealName: "Bob", Title: "SRE", Team: team},
			{ID: "U0CAROL", Name: "carol", RealName: "Carol", Title: "Viewer", Team: team},
			{ID: "U0MALLORY", Name: "mallory", RealName: "Mallory", Title: "In no group", Team: team},
			{ID: "U0EVE", Name: "eve", RealName: "Eve", Title: "From another company", Team: other},
			{ID: "U0GUEST", Name: "gus", RealName: "Gus", Title: "Guest", Team: team, IsRestricted: true},
			{ID: "U0ECSBOT", Name: "ecsbot", RealName: "ecsbot", Team: team, IsBot: true},
		},
		Groups: []Group{
			{ID: "S0BACKEND", Handle: "backend", Name: "Backend", Users: []string{"U0ALICE"}},
			{ID: "S0SRE", Handle: "sre", Name: "SRE", Users: []string{"U0BOB"}},
			{ID: "S0VIEWERS", Handle: "viewers", Name: "Viewers", Users: []string{"U0CAROL"}},
			{ID: "S0ONCALL", Handle: "oncall", Name: "On call", Users: []string{"U0BOB"}},
		},
		Channels: []Channel{
			{ID: "C01OPS", Name: "ops", Members: []string{"U0ECSBOT", "U0ALICE", "U0BOB", "U0CAROL", "U0MALLORY", "U0GUEST"}},
			{ID: "C02AUDIT", Name: "ecs-audit", IsPrivate: true, Members: []string{"U0ECSBOT", "U0BOB"}},
			{ID: "C03RANDOM", Name: "random", Members: []string{"U0ALICE", "U0BOB", "U0CAROL", "U0MALLORY"}},
			{ID: "C04SHARED", Name: "with-evil", IsExtShared: true, Members: []string{"U0ECSBOT", "U0ALICE", "U0BOB", "U0EVE"}},
		},
	}
}
