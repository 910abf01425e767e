package main

import (
	"maps"
	"slices"

	"ecsbot/bot"
	"ecsbot/internal/config"
)

// wantedOf is what a configuration names in Slack, each once, where it stands first.
func wantedOf(loaded *config.Config) bot.Wanted {
	return bot.Wanted{
		Audit:    bot.Channel{ID: loaded.Slack.AuditChannel, Use: "audit channel", Where: place(loaded, "slack", "audit_channel"), Private: true},
		Channels: wantedChannels(loaded),
		Groups:   wantedGroups(loaded),
	}
}

func wantedChannels(loaded *config.Config) []bot.Channel {
	var channels []bot.Channel
	add := func(id, use string, path ...any) {
		known := func(channel bot.Channel) bool { return channel.ID == id }
		if id != "" && id != loaded.Slack.AuditChannel && !slices.ContainsFunc(channels, known) {
			channels = append(channels, bot.Channel{ID: id, Use: use, Where: place(loaded, path...)})
		}
	}
	if loaded.Doctor != nil { // first, for the digest tells of every environment
		add(loaded.Doctor.Channel, "doctor's channel", "doctor", "channel")
		for position := range channels {
			channels[position].Private = true
		}
	}
	add(loaded.Slack.ApprovalsChannel, "approvals channel", "slack", "approvals_channel")
	for _, name := range slices.Sorted(maps.Keys(loaded.Environments)) {
		for position, id := range loaded.Environments[name].Channels {
			add(id, "channel of "+name, "environments", name, "channels", position)
		}
	}
	return channels
}

// wantedGroups are those that give rights, by whatever rule, and those that take them away.
func wantedGroups(loaded *config.Config) []bot.Group {
	var groups groupsWanted
	for position, grant := range loaded.Grants {
		groups.add(grant.Group, place(loaded, "grants", position)).Gives = true
	}
	for position, each := range loaded.Requestable {
		groups.add(each.Group, place(loaded, "requestable", position)).Gives = true
	}
	for _, name := range slices.Sorted(maps.Keys(loaded.Environments)) {
		groups.addOf(loaded, name)
	}
	for position, denial := range loaded.Denials {
		groups.add(denial.Group, place(loaded, "denials", position)).Denies = true
	}
	return groups
}

type groupsWanted []bot.Group

// add is the group's one entry.
func (g *groupsWanted) add(id, where string) *bot.Group {
	at := slices.IndexFunc(*g, func(group bot.Group) bool { return group.ID == id })
	if at < 0 {
		at = len(*g)
		*g = append(*g, bot.Group{ID: id, Where: where})
	}
	return &(*g)[at]
}

// addOf adds those whom an environment names.
func (g *groupsWanted) addOf(loaded *config.Config, name string) {
	environment := loaded.Environments[name]
	if environment.Approval != nil {
		for position, id := range environment.Approval.From {
			g.add(id, place(loaded, "environments", name, "approval", "from", position)).Gives = true
		}
	}
	if environment.BreakGlass != nil {
		for position, id := range environment.BreakGlass.From {
			g.add(id, place(loaded, "environments", name, "break_glass", "from", position)).Gives = true
		}
	}
	for freeze, window := range environment.Freeze {
		for position, id := range window.Except {
			g.add(id, place(loaded, "environments", name, "freeze", freeze, "except", position)).Gives = true
		}
	}
}
