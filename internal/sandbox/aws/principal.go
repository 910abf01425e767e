package aws

import (
	"strings"
	"time"
)

// HomeAccount is the made-up account to which the sandbox's base credentials belong.
const HomeAccount = "111122223333"

// Principal is who makes a call.
type Principal struct {
	Account        string
	ARN            string // as GetCallerIdentity says it
	Role           string // role ARN; empty for a principal that is no role
	SessionName    string
	AccessKeyID    string
	SourceIdentity string
	Tags           map[string]string // session tags
	Transitive     []string          // keys of the tags that a further AssumeRole inherits
	Policy         string            // inline session policy, JSON; empty for none
	Expires        time.Time         // zero for base credentials
}

// credential is an access key that the server knows.
type credential struct {
	token     string // session token; empty for base credentials
	principal Principal
}

// BaseRole is the ARN of the role to which the base key belongs.
func BaseRole() string { return roleARN(HomeAccount, "ecsbot") }

// BaseKey returns the access key and its secret with which a client comes in. They belong to
// the role "ecsbot" in HomeAccount, as a task role's would.
func (s *Server) BaseKey() (id, secret string) {
	return baseKeyID(), strings.Repeat("sandbox/", 5)
}

// AdminKey returns the access key of a user who may do everything, as somebody has who works
// on the account by other means than the bot.
func (s *Server) AdminKey() (id, secret string) {
	return adminKeyID(), strings.Repeat("sandbox/", 5)
}

// adminKeyID is put together like baseKeyID.
func adminKeyID() string { return "AKIA" + strings.Repeat("ROOT", 4) }

// baseKeyID is put together here so that no source file holds the like of a key.
func baseKeyID() string { return "AKIA" + strings.Repeat("SAND", 4) }

// issueBaseKeys makes the keys with which the server starts.
func (s *Server) issueBaseKeys() {
	role := BaseRole()
	s.keys[baseKeyID()] = &credential{principal: Principal{
		Account: HomeAccount, Role: role, SessionName: "sandbox", AccessKeyID: baseKeyID(),
		ARN: sessionARN(role, "sandbox"),
	}}
	s.keys[adminKeyID()] = &credential{principal: Principal{
		Account: HomeAccount, AccessKeyID: adminKeyID(), ARN: "arn:aws:iam::" + HomeAccount + ":user/admin",
	}}
	for id, principal := range s.options.Keys {
		principal.AccessKeyID = id
		s.keys[id] = &credential{principal: principal}
	}
}

// issueSession makes temporary credentials for a principal.
func (s *Server) issueSession(principal Principal) (id, secret, token string) {
	id = "ASIA" + s.letters(16)
	secret, token = s.hex(40), s.hex(128)
	principal.AccessKeyID = id
	s.keys[id] = &credential{token: token, principal: principal}
	s.at(principal.Expires.Add(time.Hour), func(time.Time) { delete(s.keys, id) })
	return id, secret, token
}

// Request is one authorisation to decide. One call may need several.
type Request struct {
	Principal Principal
	Action    string              // e.g. ecs:UpdateService
	Resource  string              // ARN, or * for actions without resource types
	Context   map[string][]string // condition keys, only those that AWS populates for the action
}

// condition is one condition key with its values.
type condition struct {
	key    string
	values []string
}

// resourceTags are the conditions aws:ResourceTag/… of a resource.
func resourceTags(tags map[string]string) []condition {
	conditions := make([]condition, 0, len(tags))
	for key, value := range tags {
		conditions = append(conditions, condition{"aws:ResourceTag/" + key, []string{value}})
	}
	return conditions
}

// requestTags are the conditions of tags that a call brings along.
func requestTags(tags map[string]string) []condition {
	conditions := make([]condition, 0, len(tags)+1)
	keys := make([]string, 0, len(tags))
	for key, value := range tags {
		conditions = append(conditions, condition{"aws:RequestTag/" + key, []string{value}})
		keys = append(keys, key)
	}
	if len(keys) > 0 {
		conditions = append(conditions, condition{"aws:TagKeys", keys})
	}
	return conditions
}

// allow asks for one authorisation; its refusal is the service's own.
func (c *call) allow(action, resource string, conditions ...[]condition) error {
	if c.server.options.Authorize == nil {
		return nil
	}
	request := Request{Principal: c.principal, Action: action, Resource: resource, Context: c.context()}
	for _, list := range conditions {
		for _, condition := range list {
			request.Context[condition.key] = condition.values
		}
	}
	if err := c.server.options.Authorize(request); err != nil {
		return c.denied(action, resource, err.Error())
	}
	return nil
}

// context has the keys that every request has.
func (c *call) context() map[string][]string {
	context := map[string][]string{
		"aws:PrincipalArn":     {c.principal.ARN},
		"aws:PrincipalAccount": {c.principal.Account},
		"aws:RequestedRegion":  {c.place.region},
	}
	if c.principal.Role != "" {
		context["aws:PrincipalArn"] = []string{c.principal.Role}
	}
	if c.principal.SourceIdentity != "" {
		context["aws:SourceIdentity"] = []string{c.principal.SourceIdentity}
	}
	for key, value := range c.principal.Tags {
		context["aws:PrincipalTag/"+key] = []string{value}
	}
	return context
}

func (c *call) denied(action, resource, reason string) *failure {
	message := "User: " + c.principal.ARN + " is not authorized to perform: " + action + " on resource: " + resource
	switch {
	case strings.HasPrefix(reason, "with an explicit deny"): // IAM User Guide, "Troubleshoot access denied error messages"
		message += " " + reason
	case reason != "":
		message += " because " + reason
	}
	if c.service == "sts" || c.service == "iam" {
		return &failure{code: "AccessDenied", message: message, status: 403}
	}
	return refuse("AccessDeniedException", "%s", message)
}

// inherited are the transitive tags that a session hands on to the next.
func (p Principal) inherited() map[string]string {
	tags := map[string]string{}
	for _, key := range p.Transitive {
		if value, ok := p.Tags[key]; ok {
			tags[key] = value
		}
	}
	return tags
}
