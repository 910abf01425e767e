package aws

import (
	"fmt"
	"strings"

	"ecsbot/actions/fleet"
)

// assumeError says why no session of a role could be obtained, and what has to be put right:
// the statement that is missing, as `ecsbot iam` names it, or what is wrong with the bot's own
// credentials. AWS names the one of the three calls in an AssumeRole that it refused (IAM User
// Guide, "Troubleshoot access denied error messages"; AWS STS API reference, AssumeRole).
func assumeError(role string, err error) error {
	said := answered(err)
	missing := missingFor(said)
	if missing == "" {
		return readError("assume "+role, err)
	}
	kind := fleet.ErrRefused
	switch {
	case said.refusesAccess():
		kind = said.denial()
	case said.denied():
		kind = fleet.ErrDenied
	}
	return fmt.Errorf("assume %s: %w", role, &fleet.Unassumable{Role: role, Missing: missing, Kind: kind, Said: said.String()})
}

// missingFor is what to put right; empty where AWS's answer says nothing of it.
func missingFor(said answer) string {
	if own := ownFault(said); own != "" {
		return own
	}
	switch said.code {
	case "PackedPolicyTooLarge", "PackedPolicyTooLargeException":
		return "session policy and tags are too large together: shorten the names of cluster and service, or the tags"
	case "MalformedPolicyDocument", "MalformedPolicyDocumentException":
		return "AWS does not take the session policy that the bot made: report it, with the log"
	case "RegionDisabledException":
		return "AWS STS is switched off in that region of the account: switch it on, or name another region"
	case "AccessDenied", "AccessDeniedException":
		return missingStatement(said.message)
	}
	return ""
}

// ownFault is what to put right about the bot itself: its credentials or its clock. Whatever it
// asks for is refused then.
func ownFault(said answer) string {
	switch said.code {
	case "ExpiredToken", "ExpiredTokenException":
		return "the bot's own credentials have expired: give it new ones, or a role from which the SDK renews them"
	case "InvalidClientTokenId", "UnrecognizedClientException", "MissingAuthenticationToken", "MissingAuthenticationTokenException":
		return "AWS does not know the bot's own credentials: correct the access key, or the region it belongs to"
	case "RequestExpired", "RequestTimeTooSkewed":
		return wrongClock
	case "SignatureDoesNotMatch", "InvalidSignatureException":
		switch {
		case strings.Contains(said.message, "expired"), strings.Contains(said.message, "not yet current"):
			return wrongClock
		case strings.Contains(said.message, "signature we calculated"):
			return "the bot's own secret key does not belong to its access key"
		}
	}
	return ""
}

const wrongClock = "the clock of the bot's machine is wrong by more than five minutes: set it by NTP"

// missingStatement names the statement of the documents by the call that was refused.
func missingStatement(message string) string {
	statements := []struct{ call, own, trust, scp string }{
		{"sts:TagSession", "TagOperatorSession", "Tag", "the account's organisation denies tagging sessions (an SCP on sts:TagSession): except the bot's role from it"},
		{"sts:SetSourceIdentity", "NameTheSlackUser", "SourceIdentity", "the account's organisation denies source identities (an SCP on sts:SetSourceIdentity): except the bot's role from it"},
		{"sts:AssumeRole", "AssumeOperator", "Assume", "the account's organisation denies assuming roles (an SCP on sts:AssumeRole): except the bot's role from it"},
	}
	for _, each := range statements {
		switch {
		case !strings.Contains(message, each.call):
			continue
		case strings.Contains(message, "service control policy"):
			return each.scp
		case strings.Contains(message, "role trust policy"):
			return fmt.Sprintf("the role's trust lacks the statement %s (%s) for this session; `ecsbot iam trust` prints it", each.trust, each.call)
		case strings.Contains(message, "identity-based policy"):
			return fmt.Sprintf("the bot's own role lacks the statement %s (%s); `ecsbot iam base` prints it", each.own, each.call)
		}
		return fmt.Sprintf("the role does not exist, or its trust lacks the statement %s, or the bot's own role %s (%s); `ecsbot iam trust` and `ecsbot iam base` print them",
			each.trust, each.own, each.call)
	}
	return ""
}
