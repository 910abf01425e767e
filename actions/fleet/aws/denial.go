package aws

import (
	"regexp"

	"ecsbot/actions/fleet"
)

// denial reads from AWS's message what was refused and which document did it (IAM User Guide,
// "Troubleshoot access denied error messages"): "… is not authorized to perform: ACTION on
// resource: ARN with an explicit deny in a KIND policy", or "… because no KIND policy allows
// the ACTION action". What of it is missing stays empty.
func (a answer) denial() *fleet.Denial {
	said := &fleet.Denial{Said: a.String()}
	if found := regexp.MustCompile(`is not authorized to perform: (\S+)`).FindStringSubmatch(a.message); found != nil {
		said.Action = found[1]
	}
	if found := regexp.MustCompile(`on resource: (\S+)`).FindStringSubmatch(a.message); found != nil {
		said.Resource = found[1]
	}
	const policy = `((?:identity-based|resource-based|session|role trust|service control|resource control|VPC endpoint) policy|permissions boundary)`
	if found := regexp.MustCompile(`explicit deny in (an?|the) ` + policy).FindStringSubmatch(a.message); found != nil {
		said.By = "an explicit deny in " + found[1] + " " + found[2]
	} else if found := regexp.MustCompile(`because no ` + policy + ` allows`).FindStringSubmatch(a.message); found != nil {
		said.By = "no " + found[1] + " allows it"
	}
	return said
}

// refusesAccess says that the credentials are good and what they are for is refused: an
// expired or unknown key is no decision of any policy.
func (a answer) refusesAccess() bool {
	switch a.code {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized":
		return true
	}
	return false
}
