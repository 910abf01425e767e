package main

import (
	"strings"

	"ecsbot/authz/iam"
	"ecsbot/internal/config"
	sandboxaws "ecsbot/internal/sandbox/aws"
	sandboxslack "ecsbot/internal/sandbox/slack"
)

// boundaryOf attaches the documents that `ecsbot iam` prints for a configuration to the
// sandbox's roles, so that whatever runs against it runs against the policy too. The bot's
// own role and the team are the sandbox's.
func boundaryOf(loaded *config.Config) (*sandboxaws.Boundary, error) {
	catalog, err := declared(loaded)
	if err != nil {
		return nil, err
	}
	implied := setting(loaded, catalog)
	implied.Base, implied.Team = sandboxaws.BaseRole(), sandboxslack.Team
	documents, err := iam.Documents(implied)
	if err != nil {
		return nil, err
	}
	made := &sandboxaws.Boundary{Roles: map[string]sandboxaws.RoleDocuments{}}
	for _, each := range documents {
		policy, err := iam.Compile(each.Name, each.Document)
		if err != nil {
			return nil, err
		}
		attached := made.Roles[each.Role]
		switch {
		case each.Name == "scp":
			made.SCPs = append(made.SCPs, policy)
			continue
		case kindOf(each.Name) == "developer": // people's own roles are not in the sandbox
			continue
		case strings.HasSuffix(each.Name, "trust"):
			attached.Trust = append(attached.Trust, policy)
			attached.Texts.Trust = each.Document.String()
		default:
			attached.Identity = append(attached.Identity, policy)
			if attached.Texts.Attached == nil {
				attached.Texts.Attached = map[string]string{}
			}
			attached.Texts.Attached["ecsbot-"+each.Name] = each.Document.String()
		}
		made.Roles[each.Role] = attached
	}
	return made, nil
}
