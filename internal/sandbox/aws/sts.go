package aws

import (
	"encoding/json"
	"encoding/xml"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The bounds of AssumeRole (STS API reference, AssumeRole).
const (
	shortestSession = 900
	longestSession  = 43_200
	longestChained  = 3600
	longestPolicy   = 2048
	mostSessionTags = 50
)

func stsOperations() []operation {
	return []operation{
		{service: "sts", name: "AssumeRole", bucket: "sts", run: assumeRole},
		{service: "sts", name: "GetCallerIdentity", bucket: "sts", run: getCallerIdentity},
	}
}

type callerIdentity struct {
	XMLName xml.Name `xml:"GetCallerIdentityResult"`
	Arn     string
	UserID  string `xml:"UserId"`
	Account string
}

func getCallerIdentity(c *call) (any, error) {
	return callerIdentity{
		Arn: c.principal.ARN, Account: c.principal.Account,
		UserID: roleID(c.principal.Role) + ":" + c.principal.SessionName,
	}, nil
}

// roleID is an opaque ID of a role, the same for the same role.
func roleID(role string) string {
	number := strings.ToUpper(strconv.FormatUint(mix(hash(role), 0), 32))
	return "AROA" + (number + strings.Repeat("A", 17))[:17]
}

type assumedRole struct {
	XMLName     xml.Name `xml:"AssumeRoleResult"`
	Credentials struct {
		AccessKeyID     string `xml:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string
		Expiration      string
	}
	AssumedRoleUser struct {
		AssumedRoleID string `xml:"AssumedRoleId"`
		Arn           string
	}
	PackedPolicySize int
	SourceIdentity   string `xml:",omitempty"`
}

// assumption is what AssumeRole asks for.
type assumption struct {
	role       string
	name       string
	source     string
	policy     string
	seconds    int
	tags       map[string]string
	transitive []string
}

func assumeRole(c *call) (any, error) {
	asked, err := readAssumption(c)
	if err != nil {
		return nil, err
	}
	c.touch(asked.role)
	if err := c.mayAssume(asked); err != nil {
		return nil, err
	}
	tags := c.principal.inherited()
	transitive := append(slices.Sorted(maps.Keys(tags)), asked.transitive...)
	maps.Copy(tags, asked.tags)
	session := Principal{
		Account: accountOf(asked.role), Role: asked.role, SessionName: asked.name,
		ARN: sessionARN(asked.role, asked.name), SourceIdentity: asked.source,
		Tags: tags, Transitive: transitive, Policy: asked.policy,
		Expires: c.now.Add(time.Duration(asked.seconds) * time.Second).Truncate(time.Second),
	}
	return c.hand(session, asked), nil
}

// hand issues the session and writes the answer.
func (c *call) hand(session Principal, asked assumption) assumedRole {
	var answer assumedRole
	issued := &answer.Credentials
	issued.AccessKeyID, issued.SecretAccessKey, issued.SessionToken = c.server.issueSession(session)
	issued.Expiration = session.Expires.UTC().Format(time.RFC3339)
	answer.AssumedRoleUser.Arn = session.ARN
	answer.AssumedRoleUser.AssumedRoleID = roleID(session.Role) + ":" + session.SessionName
	c.entry.Assumed, c.entry.Issued = session.Role, issued.AccessKeyID
	answer.SourceIdentity = session.SourceIdentity
	answer.PackedPolicySize = packedSize(asked)
	return answer
}

// mayAssume asks for the authorisations of AssumeRole: one for the role, one for the tags and
// one for the source identity (IAM User Guide, "Pass session tags in STS").
func (c *call) mayAssume(asked assumption) error {
	if !c.server.roles[asked.role] {
		return c.denied("sts:AssumeRole", asked.role, "")
	}
	if c.principal.SourceIdentity != "" && asked.source != c.principal.SourceIdentity {
		return c.denied("sts:SetSourceIdentity", asked.role, "the source identity of a session cannot be changed")
	}
	identity := []condition{{"sts:SourceIdentity", []string{asked.source}}}
	if asked.source == "" {
		identity = nil
	}
	tags := requestTags(asked.tags)
	name := []condition{{"sts:RoleSessionName", []string{asked.name}}}
	if err := c.allow("sts:AssumeRole", asked.role, tags, identity, name); err != nil {
		return err
	}
	if len(asked.tags) > 0 {
		transitive := []condition{{"sts:TransitiveTagKeys", asked.transitive}}
		if err := c.allow("sts:TagSession", asked.role, tags, transitive); err != nil {
			return err
		}
	}
	if asked.source == "" {
		return nil
	}
	return c.allow("sts:SetSourceIdentity", asked.role, identity)
}

// packedSize is how full the space for policies and tags is, in percent. AWS packs them in a
// form that it does not publish; this counts two characters as one byte of 4,096.
func packedSize(asked assumption) int {
	size := len(asked.policy)
	for key, value := range asked.tags {
		size += len(key) + len(value)
	}
	return size * 100 / 8192
}

func readAssumption(c *call) (assumption, error) {
	asked := assumption{
		role: c.form.Get("RoleArn"), name: c.form.Get("RoleSessionName"),
		source: c.form.Get("SourceIdentity"), policy: c.form.Get("Policy"),
		seconds: longestChained, tags: map[string]string{},
	}
	if text := c.form.Get("DurationSeconds"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil {
			return asked, malformed("DurationSeconds", text, "must be an integer")
		}
		asked.seconds = seconds
	}
	if err := asked.readTags(c); err != nil {
		return asked, err
	}
	if packedSize(asked) > 100 {
		return asked, refuse("PackedPolicyTooLarge", "Packed size of session tags and policies consumes more than 100%% of allotted space.")
	}
	return asked, asked.validate(c.principal)
}

// readTags reads Tags.member.N.Key, Tags.member.N.Value and TransitiveTagKeys.member.N.
func (a *assumption) readTags(c *call) error {
	folded := map[string]bool{}
	for n := 1; ; n++ {
		member := "Tags.member." + strconv.Itoa(n)
		key := c.form.Get(member + ".Key")
		if key == "" {
			break
		}
		if folded[strings.ToLower(key)] {
			return refuse("InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		folded[strings.ToLower(key)] = true
		a.tags[key] = c.form.Get(member + ".Value")
	}
	for n := 1; ; n++ {
		key := c.form.Get("TransitiveTagKeys.member." + strconv.Itoa(n))
		if key == "" {
			return nil
		}
		a.transitive = append(a.transitive, key)
	}
}

func (a *assumption) validate(caller Principal) error {
	switch {
	case len(a.role) < 20 || !strings.HasPrefix(a.role, "arn:") || accountOf(a.role) == "":
		return malformed("roleArn", a.role, "must be an ARN of at least 20 characters")
	case !sessionWord(a.name):
		return malformed("roleSessionName", a.name, `Member must satisfy regular expression pattern: [\w+=,.@-]* and have length 2 to 64`)
	case a.source != "" && (!sessionWord(a.source) || strings.HasPrefix(a.source, "aws:")):
		return malformed("sourceIdentity", a.source, `Member must satisfy regular expression pattern: [\w+=,.@-]* and have length 2 to 64`)
	case a.seconds < shortestSession || a.seconds > longestSession:
		return malformed("durationSeconds", strconv.Itoa(a.seconds), "Member must be between 900 and 43200")
	case caller.Role != "" && a.seconds > longestChained:
		return malformed("", "", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	case len(a.policy) > longestPolicy:
		return malformed("policy", "…", "Member must have length less than or equal to 2048")
	case a.policy != "" && !json.Valid([]byte(a.policy)):
		return refuse("MalformedPolicyDocument", "This policy contains invalid Json")
	}
	return a.validateTags()
}

func (a *assumption) validateTags() error {
	if len(a.tags) > mostSessionTags {
		return malformed("tags", strconv.Itoa(len(a.tags))+" tags", "Member must have length less than or equal to 50")
	}
	for key, value := range a.tags {
		if !tagText(key, 1, 128) {
			return malformed("tags.key", key, "Member must be 1 to 128 letters, digits, spaces and _.:/=+-@")
		}
		if !tagText(value, 0, 256) {
			return malformed("tags.value", value, "Member must be at most 256 letters, digits, spaces and _.:/=+-@")
		}
	}
	for _, key := range a.transitive {
		if _, ok := a.tags[key]; !ok {
			return malformed("", "", "The specified transitive tag key must be included in the requested tags.")
		}
	}
	return nil
}

// malformed is the ValidationError of STS.
func malformed(member, value, rule string) *failure {
	message := rule
	if member != "" {
		message = "1 validation error detected: Value '" + value + "' at '" + member + "' failed to satisfy constraint: " + rule
	}
	return &failure{code: "ValidationError", message: message, status: http.StatusBadRequest}
}

// sessionWord reports whether a text may be a session name or a source identity: 2 to 64 of [\w+=,.@-].
func sessionWord(text string) bool {
	if len(text) < 2 || len(text) > 64 {
		return false
	}
	return strings.IndexFunc(text, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("_+=,.@-", r)
	}) < 0
}
