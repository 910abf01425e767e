// Package doctor finds what is wrong with tags and roles: what keeps a service from being
// reached, and what voids the line between environments without anybody noticing. It judges
// what was read, reads nothing itself, and each finding says how it is mended.
package doctor

import (
	"slices"
	"strings"

	"ecsbot/actions/fleet"
)

// Environment is what the configuration says of one environment.
type Environment struct {
	Scope        fleet.Scope
	Protected    bool
	Clusters     []string // narrowing: names of its clusters; empty: any that no other environment names
	TaskRoles    []string // patterns of role names, "*" for any run of characters; empty: ecs/<environment>/*
	OperatorRole string   // ARN; empty: the bot's own credentials
}

// Rules are what is held against what was read.
type Rules struct {
	Tag          string // the tag key that names a resource's environment
	Environments map[string]Environment
	// Nearest is the name that a word was probably meant to be, or nothing.
	Nearest func(word string, names []string) string
	// Documents are those which the configuration implies for an operator role, by what
	// people call them; nil where nothing is implied.
	Documents func(role string) []Document
}

// names are the environments', sorted.
func (r Rules) names() []string {
	names := make([]string, 0, len(r.Environments))
	for name := range r.Environments {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Severity says how much a finding matters.
type Severity int

// The severities, from the least.
const (
	Note    Severity = iota // worth knowing; nothing is broken
	Warning                 // something does not work, or will not
	Danger                  // the line between environments does not hold
)

// String is the severity in words.
func (s Severity) String() string {
	return [...]string{"note", "warning", "danger"}[s]
}

// Finding is one thing that is wrong with one resource.
type Finding struct {
	Kind        Kind
	Environment string // whose owners may know of it; empty: only those who may see everything
	Service     string // the service that it is about; empty: the environment as a whole
	Resource    string // as people write it: cluster/service, a role's name, an ARN
	Seen        string // what was seen, where the kind alone does not say it
	Mend        string // the command that mends it
	Terraform   string // the line that does the same; may be empty
}

// Severity is that of its kind.
func (f Finding) Severity() Severity { return f.Kind.About().Severity }

// key tells findings apart: the same trouble of the same resource is one finding.
func (f Finding) key() string {
	return strings.Join([]string{string(f.Kind), f.Resource, f.Seen}, "\x00")
}
