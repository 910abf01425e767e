package main

import (
	"ecsbot/actions/fleet/doctor"
	"ecsbot/authz"
	"ecsbot/internal/config"
)

// rules are what the doctor holds against the fleet: the configuration as it is now.
func (p *program) rules() doctor.Rules { return rulesOf(p.config.Load()) }

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
	return rules
}
