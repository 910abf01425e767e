package aws

import (
	"encoding/xml"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// iamOperations are those of IAM by which a role is read. IAM is one for all regions; here the
// call's account counts.
func iamOperations() []operation {
	return []operation{
		{service: "iam", name: "GetRole", bucket: "iam", run: getRole},
		{service: "iam", name: "ListRolePolicies", bucket: "iam", run: listRolePolicies},
		{service: "iam", name: "GetRolePolicy", bucket: "iam", run: getRolePolicy},
		{service: "iam", name: "ListAttachedRolePolicies", bucket: "iam", run: listAttachedRolePolicies},
		{service: "iam", name: "GetPolicy", bucket: "iam", run: getPolicy},
		{service: "iam", name: "GetPolicyVersion", bucket: "iam", run: getPolicyVersion},
	}
}

// RoleTexts are a role's documents as IAM keeps them: texts.
type RoleTexts struct {
	Trust    string
	Inline   map[string]string // by name
	Attached map[string]string // customer managed policies, by name
	Tags     map[string]string // filled from the fleet
}

type wireRole struct {
	Path                     string
	RoleName                 string
	RoleID                   string `xml:"RoleId"`
	Arn                      string
	CreateDate               string
	AssumeRolePolicyDocument string
	MaxSessionDuration       int
	Tags                     []wireRoleTag `xml:"Tags>member"`
}

type wireRoleTag struct{ Key, Value string }

// firstVersion is of every policy here: none was changed.
const firstVersion = "v1"

const roleCreated = "2026-01-05T09:00:00Z"

func noEntity(what, name string) *failure {
	return &failure{code: "NoSuchEntity", message: "The " + what + " with name " + name + " cannot be found.", status: http.StatusNotFound}
}

// askedRole finds the role that the call names in the caller's account.
func (c *call) askedRole(action string) (arn string, texts RoleTexts, err error) {
	name := c.form.Get("RoleName")
	if name == "" || strings.Contains(name, "/") {
		return "", texts, malformed("roleName", name, `Member must satisfy regular expression pattern: [\w+=,.@-]+`)
	}
	for role := range c.server.roles {
		if accountOf(role) == c.place.account && shortName(role) == name {
			arn = role
		}
	}
	c.entry.Resource = name
	if arn == "" {
		if err := c.allow(action, roleARN(c.place.account, name)); err != nil {
			return "", texts, err
		}
		return "", texts, noEntity("role", name)
	}
	texts = c.server.options.Roles[arn]
	texts.Tags = c.server.options.Fleet.RoleTags[arn]
	return arn, texts, c.allow(action, arn)
}

func getRole(c *call) (any, error) {
	arn, texts, err := c.askedRole("iam:GetRole")
	if err != nil {
		return nil, err
	}
	path, name := arn[strings.Index(arn, ":role/")+len(":role"):], shortName(arn)
	role := wireRole{
		Path: strings.TrimSuffix(path, name), RoleName: name, RoleID: roleID(arn), Arn: arn, CreateDate: roleCreated,
		AssumeRolePolicyDocument: encoded(texts.Trust), MaxSessionDuration: longestChained,
	}
	for _, key := range slices.Sorted(maps.Keys(texts.Tags)) {
		role.Tags = append(role.Tags, wireRoleTag{key, texts.Tags[key]})
	}
	return struct {
		XMLName xml.Name `xml:"GetRoleResult"`
		Role    wireRole
	}{Role: role}, nil
}

// encoded is a document as IAM sends it (IAM API reference, GetRole: "URL-encoded compliant
// with RFC 3986").
func encoded(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

func listRolePolicies(c *call) (any, error) {
	_, texts, err := c.askedRole("iam:ListRolePolicies")
	if err != nil {
		return nil, err
	}
	return struct {
		XMLName     xml.Name `xml:"ListRolePoliciesResult"`
		PolicyNames []string `xml:"PolicyNames>member"`
		IsTruncated bool
	}{PolicyNames: slices.Sorted(maps.Keys(texts.Inline))}, nil
}

func getRolePolicy(c *call) (any, error) {
	_, texts, err := c.askedRole("iam:GetRolePolicy")
	if err != nil {
		return nil, err
	}
	name := c.form.Get("PolicyName")
	text, ok := texts.Inline[name]
	if !ok {
		return nil, noEntity("role policy", name)
	}
	return struct {
		XMLName                              xml.Name `xml:"GetRolePolicyResult"`
		RoleName, PolicyName, PolicyDocument string
	}{RoleName: c.form.Get("RoleName"), PolicyName: name, PolicyDocument: encoded(text)}, nil
}

type attachedPolicy struct {
	PolicyName string
	PolicyArn  string
}

func (c *call) policyARN(name string) string {
	return "arn:aws:iam::" + c.place.account + ":policy/" + name
}

func listAttachedRolePolicies(c *call) (any, error) {
	_, texts, err := c.askedRole("iam:ListAttachedRolePolicies")
	if err != nil {
		return nil, err
	}
	var attached []attachedPolicy
	for _, name := range slices.Sorted(maps.Keys(texts.Attached)) {
		attached = append(attached, attachedPolicy{name, c.policyARN(name)})
	}
	return struct {
		XMLName          xml.Name         `xml:"ListAttachedRolePoliciesResult"`
		AttachedPolicies []attachedPolicy `xml:"AttachedPolicies>member"`
		IsTruncated      bool
	}{AttachedPolicies: attached}, nil
}

// askedPolicy finds the managed policy that the call names.
func (c *call) askedPolicy(action string) (arn, text string, err error) {
	arn = c.form.Get("PolicyArn")
	c.entry.Resource = shortName(arn)
	if err := c.allow(action, arn); err != nil {
		return "", "", err
	}
	for role, texts := range c.server.options.Roles {
		if text, ok := texts.Attached[shortName(arn)]; ok && accountOf(role) == c.place.account && arn == c.policyARN(shortName(arn)) {
			return arn, text, nil
		}
	}
	return "", "", &failure{code: "NoSuchEntity", message: "Policy " + arn + " was not found.", status: http.StatusNotFound}
}

func getPolicy(c *call) (any, error) {
	arn, _, err := c.askedPolicy("iam:GetPolicy")
	if err != nil {
		return nil, err
	}
	type policy struct {
		PolicyName       string
		Arn              string
		Path             string
		DefaultVersionID string `xml:"DefaultVersionId"`
	}
	return struct {
		XMLName xml.Name `xml:"GetPolicyResult"`
		Policy  policy
	}{Policy: policy{shortName(arn), arn, "/", firstVersion}}, nil
}

func getPolicyVersion(c *call) (any, error) {
	_, text, err := c.askedPolicy("iam:GetPolicyVersion")
	if err != nil {
		return nil, err
	}
	if version := c.form.Get("VersionId"); version != firstVersion {
		return nil, &failure{code: "NoSuchEntity", message: "Policy version " + version + " does not exist.", status: http.StatusNotFound}
	}
	type version struct {
		Document         string
		VersionID        string `xml:"VersionId"`
		IsDefaultVersion bool
		CreateDate       string
	}
	return struct {
		XMLName       xml.Name `xml:"GetPolicyVersionResult"`
		PolicyVersion version
	}{PolicyVersion: version{encoded(text), firstVersion, true, roleCreated}}, nil
}
