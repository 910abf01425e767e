package aws

import (
	"net/http"
	"strings"
	"time"
)

// clockSkew is how far a request's date may be off (AWS General Reference, "Signature
// Version 4 request elements": 5 minutes).
const clockSkew = 5 * time.Minute

// signature is what the Authorization header of Signature Version 4 says.
type signature struct {
	accessKey string
	region    string
	service   string
}

// parseSignature reads "AWS4-HMAC-SHA256 Credential=KEY/date/region/service/aws4_request, …".
func parseSignature(header string) (signature, bool) {
	rest, ok := strings.CutPrefix(header, "AWS4-HMAC-SHA256 ")
	if !ok {
		return signature{}, false
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[name] = value
	}
	scope := strings.Split(parts["Credential"], "/")
	if len(scope) != 5 || scope[4] != "aws4_request" || parts["SignedHeaders"] == "" || len(parts["Signature"]) != 64 {
		return signature{}, false
	}
	return signature{accessKey: scope[0], region: scope[2], service: scope[3]}, true
}

// authenticate finds out who calls, and from which account and region's fleet. The signature
// itself is not computed again: the key must be known, unexpired and come with its token.
func (s *Server) authenticate(c *call, r *http.Request) error {
	header := r.Header.Get("Authorization")
	if header == "" {
		return &failure{code: missingToken(c), message: "Request is missing Authentication Token", status: http.StatusForbidden}
	}
	signed, ok := parseSignature(header)
	if !ok {
		return refuse("IncompleteSignatureException", "Authorization header requires a Signature Version 4 'Credential', 'SignedHeaders' and 'Signature'.")
	}
	if c.service != "" && signed.service != c.service {
		return refuse("InvalidSignatureException", "Credential should be scoped to correct service: '%s'. ", c.service)
	}
	known, ok := s.keys[signed.accessKey]
	if !ok || known.token != r.Header.Get("X-Amz-Security-Token") {
		return unknownKey(c)
	}
	c.principal = known.principal
	c.place = s.place(known.principal.Account, signed.region)
	return fresh(c, r, known)
}

func fresh(c *call, r *http.Request, known *credential) error {
	if expires := known.principal.Expires; !expires.IsZero() && !c.received.Before(expires) {
		if c.service == "sts" || c.service == "iam" {
			return &failure{code: "ExpiredToken", message: "The security token included in the request is expired", status: http.StatusForbidden}
		}
		return refuse("ExpiredTokenException", "The security token included in the request is expired")
	}
	date, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return refuse("IncompleteSignatureException", "Date must be in ISO-8601 'basic format'.")
	}
	if skew := c.received.Sub(date); skew > clockSkew || skew < -clockSkew {
		return refuse("InvalidSignatureException", "Signature expired: %s is now off by more than 5 min.", r.Header.Get("X-Amz-Date"))
	}
	return nil
}

func missingToken(c *call) string {
	if c.service == "sts" || c.service == "iam" {
		return "MissingAuthenticationToken"
	}
	return "MissingAuthenticationTokenException"
}

func unknownKey(c *call) *failure {
	const message = "The security token included in the request is invalid."
	if c.service == "sts" || c.service == "iam" {
		return &failure{code: "InvalidClientTokenId", message: message, status: http.StatusForbidden}
	}
	return refuse("UnrecognizedClientException", message)
}
