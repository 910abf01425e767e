package main

import (
	"time"

	"ecsbot/actions/fleet/doctor"
	"ecsbot/actions/ops"
	"ecsbot/authz"
	"ecsbot/authz/iam"
	"ecsbot/internal/config"
)

// rules are what the doctor holds against the fleet: the configuration as it is now.
func (p *program) rules() doctor.Rules { return rulesOf(p.config.Load()) }

// digest is what the doctor tells a channel at intervals.
func (p *program) digest() ops.Digest {
	return ops.Digest{
		Examiner: p.fleet, Rules: p.rules, Channel: p.bot.Cards(), History: p.stream, Record: p.stream.Record, Self: p.bot.Self, NewID: newID, Log: p.log,
		Schedule: func() (string, time.Duration) {
			if configured := p.config.Load().Doctor; configured != nil {
				return configured.Channel, configured.Every.Duration()
			}
			return "", 0
		},
	}
}

func rulesOf(loaded *config.Config) doctor.Rules {
	scopes := scopesOf(loaded)
	rules := doctor.Rules{Tag: loaded.AWS.Tag, Environments: map[string]doctor.Environment{}, Nearest: authz.Nearest}
	for name, environment := range loaded.Environments {
		own := doctor.Environment{
			Scope: scopes[name], Protected: *environment.Protected, Clusters: environment.Clusters, TaskRoles: environment.TaskRoles,
		}
		if environment.OperatorRole != config.NoRole {
			own.OperatorRole = environment.OperatorRole
		}
		rules.Environments[name] = own
	}
	rules.Documents = documentsOf(loaded)
	return rules
}

// documentsOf are those that `ecsbot iam` prints for an operator role; nothing where it prints
// nothing.
func documentsOf(loaded *config.Config) func(role string) []doctor.Document {
	catalog, err := declared(loaded)
	if err != nil {
		return nil
	}
	made, err := iam.Documents(setting(loaded, catalog))
	if err != nil {
		return nil
	}
	return func(role string) []doctor.Document {
		var implied []doctor.Document
		for _, each := range made {
			if each.Role == role && kindOf(each.Name) != "developer" { // that one is for people's own roles
				implied = append(implied, doctor.Document{Name: each.Name, JSON: each.Document.String()})
			}
		}
		return implied
	}
}
