package aws

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// How far CloudTrail's event history goes back, and how many events one answer has (CloudTrail
// API reference, LookupEvents).
const (
	trailKept = 90 * 24 * time.Hour
	trailMost = 50
)

func trailOperations() []operation {
	return []operation{typed("cloudtrail", "LookupEvents", "trail", lookupEvents)}
}

type lookupInput struct {
	LookupAttributes []lookupAttribute `json:"LookupAttributes"`
	StartTime        *stamp            `json:"StartTime"`
	EndTime          *stamp            `json:"EndTime"`
	MaxResults       *int              `json:"MaxResults"`
	NextToken        string            `json:"NextToken"`
	EventCategory    string            `json:"EventCategory"`
}

type lookupAttribute struct {
	AttributeKey   string `json:"AttributeKey"`
	AttributeValue string `json:"AttributeValue"`
}

type lookupOutput struct {
	Events    []trailEvent
	NextToken string `json:"NextToken,omitempty"`
}

// trailEvent is an event as LookupEvents lists it; the record itself is a text in it.
type trailEvent struct {
	EventID         string `json:"EventId"`
	EventName       string
	ReadOnly        string
	AccessKeyID     string `json:"AccessKeyId"`
	EventTime       stamp
	EventSource     string
	Username        string
	Resources       []trailResource
	CloudTrailEvent string
}

type trailResource struct{ ResourceType, ResourceName string }

func lookupEvents(c *call, in *lookupInput) (*lookupOutput, error) {
	size, err := in.validate()
	if err != nil {
		return nil, err
	}
	if err := c.allow("cloudtrail:LookupEvents", "*"); err != nil {
		return nil, err
	}
	before := len(c.server.journal.calls)
	if in.NextToken != "" {
		token, ok := readToken(in.NextToken)
		if before, err = strconv.Atoi(token); !ok || err != nil || before > len(c.server.journal.calls) {
			return nil, refuse("InvalidNextTokenException", "The token is not valid.")
		}
	}
	out := &lookupOutput{Events: []trailEvent{}}
	for at := before - 1; at >= 0; at-- { // the newest first
		recorded := c.server.journal.calls[at]
		if !in.concerns(recorded, c) {
			continue
		}
		event := recorded.trail(c.place.account)
		if !in.matches(event) {
			continue
		}
		if len(out.Events) == size {
			out.NextToken = writeToken(strconv.Itoa(at + 1))
			break
		}
		out.Events = append(out.Events, event)
	}
	return out, nil
}

func (in *lookupInput) validate() (size int, err error) {
	known := []string{"EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId"}
	switch {
	case len(in.LookupAttributes) > 1:
		return 0, refuse("InvalidLookupAttributesException", "You can only specify one lookup attribute.")
	case len(in.LookupAttributes) == 1 && !slices.Contains(known, in.LookupAttributes[0].AttributeKey):
		return 0, refuse("InvalidLookupAttributesException", "Unknown attribute key: %s", in.LookupAttributes[0].AttributeKey)
	case len(in.LookupAttributes) == 1 && in.LookupAttributes[0].AttributeValue == "":
		return 0, refuse("InvalidLookupAttributesException", "The attribute has no value.")
	case in.StartTime != nil && in.EndTime != nil && time.Time(*in.StartTime).After(time.Time(*in.EndTime)):
		return 0, refuse("InvalidTimeRangeException", "The start time is after the end time.")
	case in.EventCategory != "" && in.EventCategory != "insight":
		return 0, refuse("InvalidEventCategoryException", "Unknown category: %s", in.EventCategory)
	case in.MaxResults != nil && (*in.MaxResults < 1 || *in.MaxResults > trailMost):
		return 0, refuse("InvalidMaxResultsException", "MaxResults must be from 1 to 50.")
	case in.MaxResults != nil:
		return *in.MaxResults, nil
	}
	return trailMost, nil
}

// concerns says whether a call stands in this account's history of the region by now, within
// the asked time.
func (in *lookupInput) concerns(recorded *Call, c *call) bool {
	at := recorded.Time.Truncate(time.Second)
	switch {
	case !recorded.Done || recorded.Region != c.place.region || recorded.Error == "cut" && recorded.Issued == "" && recorded.Service == "sts":
		return false
	case recorded.Account != c.place.account && accountOf(recorded.Assumed) != c.place.account:
		return false
	case c.now.Sub(recorded.Time) < c.server.options.Lag.Trail || c.now.Sub(recorded.Time) > trailKept:
		return false
	case in.StartTime != nil && at.Before(time.Time(*in.StartTime).Truncate(time.Second)):
		return false
	}
	return in.EndTime == nil || !at.After(time.Time(*in.EndTime))
}

func (in *lookupInput) matches(event trailEvent) bool {
	if in.EventCategory == "insight" {
		return false
	}
	if len(in.LookupAttributes) == 0 {
		return true
	}
	wanted := in.LookupAttributes[0].AttributeValue
	named := func(resource trailResource) bool { return resource.ResourceName == wanted }
	typed := func(resource trailResource) bool { return resource.ResourceType == wanted }
	switch in.LookupAttributes[0].AttributeKey {
	case "EventId":
		return event.EventID == wanted
	case "EventName":
		return event.EventName == wanted
	case "ReadOnly":
		return event.ReadOnly == wanted
	case "Username":
		return event.Username == wanted
	case "ResourceName":
		return slices.ContainsFunc(event.Resources, named)
	case "ResourceType":
		return slices.ContainsFunc(event.Resources, typed)
	case "EventSource":
		return event.EventSource == wanted
	}
	return event.AccessKeyID == wanted
}

// trail is the call as CloudTrail records it (CloudTrail User Guide, "CloudTrail record
// contents"): of a session its role, its name and its source identity, but not its tags.
func (c *Call) trail(account string) trailEvent {
	source := map[string]string{"tagging": "tagging", "iam": "iam"}[c.Service]
	if source == "" {
		source = c.Service
	}
	reads := !isWrite(c.Operation)
	event := trailEvent{
		EventID: c.ID, EventName: c.Operation, ReadOnly: strconv.FormatBool(reads), AccessKeyID: c.Principal.AccessKeyID,
		EventTime: stamp(c.Time.Truncate(time.Second)), EventSource: source + ".amazonaws.com", Username: c.Principal.SessionName, Resources: []trailResource{},
	}
	record := map[string]any{
		"eventVersion": "1.11", "userIdentity": c.Principal.trail(), "eventTime": c.Time.UTC().Format(time.RFC3339), "eventSource": event.EventSource,
		"eventName": c.Operation, "awsRegion": c.Region, "sourceIPAddress": "192.0.2.10", "userAgent": c.Agent, "requestParameters": c.parameters(),
		"responseElements": nil, "requestID": c.ID, "eventID": c.ID, "readOnly": reads, "eventType": "AwsApiCall", "managementEvent": true,
		"recipientAccountId": account, "eventCategory": "Management",
	}
	if c.Error != "" {
		record["errorCode"], record["errorMessage"] = c.Error, c.Said
	}
	if c.Issued != "" {
		event.Resources = []trailResource{
			{"AWS::IAM::AccessKey", c.Issued},
			{"AWS::STS::AssumedRole", roleID(c.Assumed) + ":" + c.session()},
			{"AWS::IAM::Role", c.Assumed},
		}
		record["responseElements"] = map[string]any{
			"credentials":     map[string]string{"accessKeyId": c.Issued, "sessionToken": "<encoded session token blob of " + c.Issued + ">"},
			"assumedRoleUser": map[string]string{"assumedRoleId": roleID(c.Assumed) + ":" + c.session(), "arn": sessionARN(c.Assumed, c.session())},
		}
		record["sharedEventID"] = c.ID
	}
	text, err := json.Marshal(record)
	if err != nil {
		text = []byte("{}")
	}
	event.CloudTrailEvent = string(text)
	return event
}

// isWrite says whether an operation changes something, by its name.
func isWrite(operation string) bool {
	for _, prefix := range []string{"List", "Describe", "Get", "Filter", "Lookup", "Start", "Assume"} {
		if strings.HasPrefix(operation, prefix) {
			return false
		}
	}
	return true
}

// trail is the userIdentity of a call.
func (p Principal) trail() map[string]any {
	identity := map[string]any{"type": "IAMUser", "arn": p.ARN, "accountId": p.Account, "accessKeyId": p.AccessKeyID}
	if p.Role == "" {
		identity["userName"] = shortName(p.ARN)
		return identity
	}
	session := map[string]any{
		"sessionIssuer": map[string]string{"type": "Role", "principalId": roleID(p.Role), "arn": p.Role, "accountId": p.Account, "userName": shortName(p.Role)},
		"attributes":    map[string]string{"mfaAuthenticated": "false"},
	}
	if p.SourceIdentity != "" {
		session["sourceIdentity"] = p.SourceIdentity
	}
	identity["type"], identity["principalId"], identity["sessionContext"] = "AssumedRole", roleID(p.Role)+":"+p.SessionName, session
	return identity
}

// parameters are the request's, under the names of the API; of a Query call its list members
// put together.
func (c *Call) parameters() any {
	if c.Service != "sts" || c.Operation != "AssumeRole" {
		return c.Params
	}
	var form url.Values
	if json.Unmarshal(c.Params, &form) != nil {
		return nil
	}
	read := map[string]any{"roleArn": form.Get("RoleArn"), "roleSessionName": form.Get("RoleSessionName")}
	if source := form.Get("SourceIdentity"); source != "" {
		read["sourceIdentity"] = source
	}
	if seconds, err := strconv.Atoi(form.Get("DurationSeconds")); err == nil {
		read["durationSeconds"] = seconds
	}
	if policy := form.Get("Policy"); policy != "" {
		read["policy"] = policy
	}
	var tags []map[string]string
	for n := 1; form.Has("Tags.member." + strconv.Itoa(n) + ".Key"); n++ {
		member := "Tags.member." + strconv.Itoa(n)
		tags = append(tags, map[string]string{"key": form.Get(member + ".Key"), "value": form.Get(member + ".Value")})
	}
	if tags != nil {
		read["tags"] = tags
	}
	var transitive []string
	for n := 1; form.Has("TransitiveTagKeys.member." + strconv.Itoa(n)); n++ {
		transitive = append(transitive, form.Get("TransitiveTagKeys.member."+strconv.Itoa(n)))
	}
	if transitive != nil {
		read["transitiveTagKeys"] = transitive
	}
	return read
}

// session is the name of the session that an AssumeRole asked for.
func (c *Call) session() string {
	var form url.Values
	_ = json.Unmarshal(c.Params, &form) // of a call that was carried out it is a form
	return form.Get("RoleSessionName")
}
