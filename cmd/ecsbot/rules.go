package main

import (
	"ecsbot/actions/fleet/doctor"
	"ecsbot/actions/ops"
	"ecsbot/authz"
	"ecsbot/authz/iam"
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
	rules.Documents = documentsOf(loaded)
	return rules
}

// documentsOf are those that `ecsbot iam` prints for an operator role; nothing where it prints
// nothing.
func documentsOf(loaded *config.Config) func(role string) []doctor.Document {
	catalog, err := ops.Catalog(ops.Needs{})
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
