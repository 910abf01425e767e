package aws

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// call is one request on its way through the server.
type call struct {
	server    *Server
	protocol  protocol
	id        string // AWS request ID
	received  time.Time
	now       time.Time // when it is executed; the fleet has been moved up to here
	service   string    // ecs, logs, sts, tagging, monitoring, ecr, application-autoscaling
	operation string
	body      []byte
	form      url.Values
	header    http.Header
	place     *place
	principal Principal
	entry     *Call
}

// operation is one API operation: which throttle it draws on and what it does.
type operation struct {
	service string
	name    string
	bucket  string
	run     func(*call) (any, error)
}

// operations lists every operation that the sandbox knows, by "service:Name".
func operations() map[string]operation {
	byName := map[string]operation{}
	for _, list := range [][]operation{ecsOperations(), logsOperations(), taggingOperations(), stsOperations(), metricsOperations(), ecrOperations(), autoscalingOperations(), trailOperations(), iamOperations()} {
		for _, operation := range list {
			byName[operation.service+":"+operation.name] = operation
		}
	}
	return byName
}

// typed makes an operation of a function on its decoded parameters.
func typed[In, Out any](service, name, bucket string, run func(*call, *In) (*Out, error)) operation {
	return operation{service: service, name: name, bucket: bucket, run: func(c *call) (any, error) {
		var in In
		if err := decode(c.body, &in); err != nil {
			return nil, err
		}
		return run(c, &in)
	}}
}

// touch notes the short form of the resource that the call is about.
func (c *call) touch(parts ...string) {
	named := make([]string, 0, len(parts))
	for _, part := range parts {
		if part != "" {
			named = append(named, shortName(part))
		}
	}
	c.entry.Resource = strings.Join(named, "/")
}

// params is what the caller sent, for the journal.
func (c *call) params() json.RawMessage {
	if c.form != nil {
		form := url.Values{}
		for key, values := range c.form {
			form[key] = values
		}
		raw, err := json.Marshal(form)
		if err != nil {
			return nil
		}
		return raw
	}
	if !json.Valid(c.body) {
		return nil
	}
	return c.body
}

// targets are the prefixes of X-Amz-Target, by service.
func splitTarget(target string) (service, operation string) {
	last := max(strings.LastIndexByte(target, '.'), 0)
	prefix, operation := target[:last], strings.TrimPrefix(target[last:], ".")
	switch prefix {
	case "CloudTrail_20131101", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101":
		return "cloudtrail", operation
	case "AmazonEC2ContainerServiceV20141113":
		return "ecs", operation
	case "Logs_20140328":
		return "logs", operation
	case "ResourceGroupsTaggingAPI_20170126":
		return "tagging", operation
	case "AmazonEC2ContainerRegistry_V20150921":
		return "ecr", operation
	case "AnyScaleFrontendService":
		return "application-autoscaling", operation
	}
	return "", operation
}

// readForm reads a Query call: Action and Version, in the body or the URL.
func (c *call) readForm(r *http.Request) {
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		form = url.Values{}
	}
	for key, values := range r.URL.Query() {
		form[key] = append(form[key], values...)
	}
	c.form, c.operation = form, form.Get("Action")
	switch form.Get("Version") {
	case "2011-06-15":
		c.service = "sts"
	case "2010-05-08":
		c.service = "iam"
	}
}
