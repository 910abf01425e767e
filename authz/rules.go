// Package authz decides who may do what where. It is pure: it reads nothing and asks nobody,
// and everything it needs stands in the question. Deny is the zero value of all its types.
package authz

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Rules is what a configuration says about authority, with the lines on which it says it.
type Rules struct {
	Environments []Environment
	Roles        []Role // beside the built-in ones
	Grants       []Grant
	Requestable  []Requestable
	Denials      []Denial
}

// Environment is one value of the environment tag, with what is particular to it.
type Environment struct {
	Name      string
	Protected bool // changes need a second person
	Approval  Approval
	// BreakGlass are the groups that may do without a second person, where they say so.
	BreakGlass []string
	Freezes    []Freeze
	Line       int
}

// Approval says who the second persons are.
type Approval struct {
	From  []string // groups; none: whoever else holds the action there
	Count int      // how many; 0 is 1
}

// Requestable says that a group may ask for a role on environments, for a time.
type Requestable struct {
	Group        string
	Role         string
	Environments []string
	Longest      time.Duration
	Line         int
}

// Role is a named set of actions.
type Role struct {
	Name    string
	Actions []string
	Line    int
}

// Grant says that a group holds a role on environments, and on services by pattern.
type Grant struct {
	Group        string
	Role         string
	Environments []string // "*" is every environment that is not protected
	Services     []string // patterns; none means every service
	Line         int
}

// Denial takes actions away from a group. It wins over every grant.
type Denial struct {
	Group        string
	Actions      []string // none means every action
	Environments []string // "*" and none mean every environment
	Line         int
}

// Problem is one thing that is wrong with the rules.
type Problem struct {
	Line int
	Text string
}

// Every is the word for all environments in a grant or denial.
const Every = "*"

// BuiltIn are the roles that every configuration has, each with all of the one before.
func BuiltIn() []Role {
	viewer := []string{"help", "whoami", "can", "services", "status", "tasks", "diff", "why", "logs", "audit", "doctor"}
	operator := append(slices.Clone(viewer), "restart", "scale", "stop", "rollback", "run", "hold", "release")
	deployer := append(slices.Clone(operator), "deploy")
	admin := append(slices.Clone(deployer), "run-command", "bulk", "hold-all")
	return []Role{
		{Name: "viewer", Actions: viewer},
		{Name: "operator", Actions: operator},
		{Name: "deployer", Actions: deployer},
		{Name: "admin", Actions: admin},
	}
}

// Compile checks the rules and makes a policy of them. Where there are problems there is no policy.
func Compile(rules Rules) (*Policy, []Problem) {
	c := compiler{policy: &Policy{
		actions:      map[string]permissions{},
		environments: map[string]*territory{},
	}, roles: map[string]permissions{}}
	c.learnRoles(rules.Roles)
	for _, environment := range rules.Environments {
		c.settle(environment)
	}
	for _, grant := range rules.Grants {
		c.grant(grant)
	}
	for _, each := range rules.Requestable {
		c.offer(each)
	}
	for _, denial := range rules.Denials {
		c.deny(denial)
	}
	c.policy.roles, c.policy.names = c.roles, sortedNames(c.policy.environments)
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	return c.policy, nil
}

// compiler collects a policy and what is wrong with its rules.
type compiler struct {
	policy   *Policy
	roles    map[string]permissions
	problems []Problem
}

func (c *compiler) problem(line int, format string, arguments ...any) {
	c.problems = append(c.problems, Problem{Line: line, Text: fmt.Sprintf(format, arguments...)})
}

// learnRoles gives every action of the built-in roles its bit. A role of the configuration
// can only be made of these: an action that nobody knows is a mistake.
func (c *compiler) learnRoles(own []Role) {
	for _, role := range BuiltIn() {
		for _, action := range role.Actions {
			if _, known := c.policy.actions[action]; !known {
				c.policy.actions[action] = 1 << len(c.policy.actions)
			}
		}
		c.roles[role.Name] = c.permissions(role.Actions, 0)
	}
	for _, role := range own {
		if _, taken := c.roles[role.Name]; taken {
			c.problem(role.Line, "roles: %q is defined already; built-in roles cannot be redefined", role.Name)
			continue
		}
		c.roles[role.Name] = c.permissions(role.Actions, role.Line)
	}
}

// settle makes the territory of an environment.
func (c *compiler) settle(environment Environment) {
	made := &territory{
		protected:  environment.Protected,
		approvers:  environment.Approval.From,
		count:      max(environment.Approval.Count, 1),
		breakGlass: environment.BreakGlass,
		grants:     map[string][]rule{},
		denials:    map[string][]rule{},
		offers:     map[string][]offer{},
	}
	for _, freeze := range environment.Freezes {
		window, err := parseWindow(freeze)
		if err != nil {
			c.problem(freeze.Line, "environments.%s.freeze: %v", environment.Name, err)
		}
		made.freezes = append(made.freezes, window)
	}
	c.policy.environments[environment.Name] = made
}

// offer says who may ask for what. Unlike a grant it names every environment that it means.
func (c *compiler) offer(each Requestable) {
	if _, known := c.roles[each.Role]; !known {
		c.problem(each.Line, "requestable: unknown role %q%s", each.Role, nearest(each.Role, c.roles))
	}
	if each.Longest <= 0 {
		c.problem(each.Line, "requestable: longest is required, such as 2h")
	}
	for _, name := range c.named(each.Environments, "requestable", each.Line, false) {
		territory := c.policy.environments[name]
		territory.offers[each.Group] = append(territory.offers[each.Group], offer{each.Role, each.Longest, Source{Kind: OfferRule, Group: each.Group, Role: each.Role, Line: each.Line}})
	}
}

func (c *compiler) permissions(actions []string, line int) permissions {
	var set permissions
	for _, action := range actions {
		bit, known := c.policy.actions[action]
		if !known {
			c.problem(line, "unknown action %q%s", action, nearest(action, c.policy.actions))
		}
		set |= bit
	}
	return set
}

func (c *compiler) grant(grant Grant) {
	set, known := c.roles[grant.Role]
	if !known {
		c.problem(grant.Line, "grants: unknown role %q%s", grant.Role, nearest(grant.Role, c.roles))
	}
	services, err := parsePatterns(grant.Services)
	if err != nil {
		c.problem(grant.Line, "grants: %v", err)
	}
	if len(grant.Environments) == 0 {
		c.problem(grant.Line, "grants: no environments: say which, or \"*\" for every one that is not protected")
	}
	for _, name := range c.named(grant.Environments, "grants", grant.Line, false) {
		territory := c.policy.environments[name]
		territory.grants[grant.Group] = append(territory.grants[grant.Group], rule{
			permissions: set, services: services,
			source: Source{Kind: GrantRule, Group: grant.Group, Role: grant.Role, Line: grant.Line},
		})
	}
}

func (c *compiler) deny(denial Denial) {
	set := c.permissions(denial.Actions, denial.Line)
	if len(denial.Actions) == 0 {
		set = ^permissions(0)
	}
	environments := denial.Environments
	if len(environments) == 0 {
		environments = []string{Every}
	}
	for _, name := range c.named(environments, "denials", denial.Line, true) {
		territory := c.policy.environments[name]
		territory.denials[denial.Group] = append(territory.denials[denial.Group], rule{
			permissions: set,
			source:      Source{Kind: DenialRule, Group: denial.Group, Line: denial.Line},
		})
	}
}

// named resolves a list of environment names. "*" takes in protected environments only where
// that takes power away.
func (c *compiler) named(names []string, where string, line int, protectedToo bool) []string {
	var result []string
	for _, name := range names {
		if name == Every {
			for _, each := range slices.Sorted(maps.Keys(c.policy.environments)) {
				if protectedToo || !c.policy.environments[each].protected {
					result = append(result, each)
				}
			}
			continue
		}
		if _, declared := c.policy.environments[name]; !declared {
			c.problem(line, "%s: environment %q is not declared%s", where, name, nearest(name, c.policy.environments))
			continue
		}
		result = append(result, name)
	}
	slices.Sort(result)
	return slices.Compact(result)
}

func nearest[V any](word string, among map[string]V) string {
	if close := Nearest(word, slices.Sorted(maps.Keys(among))); close != "" {
		return fmt.Sprintf("; did you mean %q?", close)
	}
	return "; known: " + strings.Join(slices.Sorted(maps.Keys(among)), " ")
}
