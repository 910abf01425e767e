package doctor_test

import (
	"slices"
	"strings"
	"testing"

	"ecsbot/actions/fleet/doctor"
)

const (
	printedTrust  = `{"Version": "2012-10-17", "Statement": [{"Sid": "Assume", "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ecsbot"}}]}`
	printedPolicy = `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Restart", "Effect": "Allow", "Action": ["ecs:UpdateService"], "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/Operation": ["restart", "scale"]}}},
		{"Sid": "Guard", "Effect": "Deny", "NotAction": "ecs:*", "Resource": "*"}]}`
)

func TestAnOperatorRoleIsHeldAgainstWhatIsPrinted(t *testing.T) {
	role := func(trust string, policies ...string) doctor.Role {
		made := doctor.Role{ARN: "arn:aws:iam::111122223333:role/ecsbot-operator", Trust: trust}
		for _, text := range policies {
			made.Policies = append(made.Policies, doctor.Document{Name: "a", JSON: text})
		}
		return made
	}
	tagged := role(printedTrust, printedPolicy)
	tagged.Tags = map[string]string{"Team": "platform", "approved": "true"}
	for _, row := range []struct {
		name string
		role doctor.Role
		kind doctor.Kind
		seen []string
	}{
		{"as it is printed", role(printedTrust, printedPolicy), "", nil},
		{
			"in two documents, other names and another order",
			role(printedTrust, `{"Statement": {"Effect": "Deny", "NotAction": ["ecs:*"], "Resource": ["*"]}}`,
				`{"Statement": [{"Sid": "R", "Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/Operation": ["scale", "restart"]}}}]}`),
			"", nil,
		},
		{"a statement is missing", role(printedTrust, `{"Statement": []}`), doctor.OperatorDiffers, []string{"its policies lack, or have another way: Guard, Restart"}},
		{
			"more than is printed", role(printedTrust, printedPolicy, `{"Statement": [{"Sid": "Admin", "Effect": "Allow", "Action": "*", "Resource": "*"}]}`),
			doctor.OperatorDiffers,
			[]string{"its policies have what is not printed: Admin"},
		},
		{
			"anybody may assume it", role(strings.Replace(printedTrust, "arn:aws:iam::111122223333:role/ecsbot", "*", 1), printedPolicy),
			doctor.OperatorDiffers,
			[]string{"its trust lacks, or has another way: Assume", "its trust has what is not printed: Assume"},
		},
		{"no document", role("", printedPolicy), doctor.OperatorDiffers, []string{"its trust: trust cannot be read"}},
		{"a tag that sessions have", tagged, doctor.OperatorTagged, []string{"it is tagged approved"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			with := rules()
			with.Documents = func(string) []doctor.Document {
				return []doctor.Document{{Name: "operator", JSON: printedPolicy}, {Name: "trust", JSON: printedTrust}}
			}
			examination := doctor.NewExamination(with)
			examination.Operator(row.role)
			findings := examination.Report().Findings
			if len(findings) != len(row.seen) {
				t.Fatalf("found %+v", findings)
			}
			for position, want := range row.seen {
				at := slices.IndexFunc(findings, func(found doctor.Finding) bool { return strings.Contains(found.Seen, want) })
				if at < 0 || findings[position].Kind != row.kind {
					t.Errorf("no %q in %+v", want, findings)
				}
			}
		})
	}
}

func TestWithoutAnythingImpliedARoleIsHeldAgainstNothing(t *testing.T) {
	with := rules()
	with.Documents = func(string) []doctor.Document { return nil }
	examination := doctor.NewExamination(with)
	examination.Operator(doctor.Role{ARN: "arn:aws:iam::111122223333:role/other"})
	if findings := examination.Report().Findings; len(findings) > 0 {
		t.Errorf("found %+v", findings)
	}
}
