package aws

import (
	"fmt"
	"strings"
)

// arn is the ARN of a regional resource.
func (p *place) arn(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, p.region, p.account, resource)
}

func roleARN(account, name string) string { return "arn:aws:iam::" + account + ":role/" + name }

// sessionARN is a role's ARN as its sessions have it: without the role's path.
func sessionARN(role, session string) string {
	parts := strings.SplitN(role, ":", 6)
	return "arn:aws:sts::" + parts[4] + ":assumed-role/" + shortName(role) + "/" + session
}

// accountOf is the account field of an ARN.
func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}

// resourceOf is the last field of an ARN, e.g. service/staging/api; of anything else itself.
func resourceOf(arn string) string {
	if !strings.HasPrefix(arn, "arn:") {
		return arn
	}
	parts := strings.SplitN(arn, ":", 6)
	return parts[len(parts)-1]
}

// shortName is what stands after the last slash of an ARN or a path.
func shortName(name string) string {
	return name[strings.LastIndexByte(name, '/')+1:]
}

const (
	letterSet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	hexSet    = "0123456789abcdef"
	digitSet  = "0123456789"
)

func (s *Server) letters(n int) string { return s.draw(letterSet, n) }
func (s *Server) hex(n int) string     { return s.draw(hexSet, n) }

// digits never begins with 0.
func (s *Server) digits(n int) string {
	return s.draw(digitSet[1:], 1) + s.draw(digitSet, n-1)
}

func (s *Server) draw(set string, n int) string {
	drawn := make([]byte, n)
	for i := range drawn {
		drawn[i] = set[s.random.IntN(len(set))]
	}
	return string(drawn)
}

func (s *Server) uuid() string {
	id := s.hex(32)
	return id[:8] + "-" + id[8:12] + "-4" + id[13:16] + "-a" + id[17:20] + "-" + id[20:]
}
