// Package sandbox is a local Slack and a local AWS behind one HTTP handler, with a page in
// the browser that shows both. It speaks the real protocols, as strictly as the real ones, so
// the bot in front of it is the production bot with two addresses changed.
package sandbox

import (
	"net"
	"net/http"
	"strings"

	"ecsbot/internal/sandbox/aws"
	"ecsbot/internal/sandbox/page"
	"ecsbot/internal/sandbox/slack"
)

// Options are how strict and how fast the sandbox is; zero values are as the real thing.
type Options struct {
	Slack slack.Options
	AWS   aws.Options
}

// Sandbox is both servers. It listens nowhere by itself: serve it on any listener.
type Sandbox struct {
	Slack *slack.Server
	AWS   *aws.Server
	mux   *http.ServeMux
	host  string
}

// Region is where the built-in fleet is.
const Region = "eu-west-1"

// Where things are, below the address at which the sandbox is served.
const (
	SlackPath = "/slack/api/"
	AWSPath   = "/aws"
)

// New makes a sandbox that clients reach at address, such as http://127.0.0.1:8080.
func New(address string, options Options) *Sandbox {
	options.Slack.BaseURL = func() string { return address + "/slack" }
	s := &Sandbox{Slack: slack.New(options.Slack), AWS: aws.New(options.AWS), mux: http.NewServeMux(), host: strings.TrimPrefix(address, "http://")}
	s.mux.Handle("/slack/", http.StripPrefix("/slack", s.Slack))
	s.mux.Handle(AWSPath+"/", http.StripPrefix(AWSPath, s.AWS))
	s.mux.Handle(AWSPath, s.AWS)
	s.mux.Handle("/sandbox/slack/", http.StripPrefix("/sandbox/slack", s.Slack.People()))
	s.mux.Handle("/sandbox/aws/", http.StripPrefix("/sandbox/aws", s.AWS.Console()))
	s.mux.Handle("/", page.Handler())
	return s
}

// ServeHTTP answers as Slack, as AWS, or with the page.
// Whoever reaches it is everybody in it, so a page elsewhere must not: neither under a name
// that was pointed here, nor from another site.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Host != s.host && !isLoopback(r.Host) || r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		http.Error(w, "the sandbox answers on this machine alone", http.StatusMisdirectedRequest)
		return
	}
	s.mux.ServeHTTP(w, r)
}

func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Close ends the sockets and stops the fleet's clock.
func (s *Sandbox) Close() {
	s.Slack.Close()
	s.AWS.Close()
}
