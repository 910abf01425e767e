// Package config reads ecsbot.yaml: strictly, with file and line in everything that it says
// is wrong. It makes rules for authz and settings for the rest, and decides nothing itself.
package config

import (
	"time"

	"ecsbot/authz"
)

// File is the configuration as it is written. Its keys are fixed: see docs/configuration.md.
type File struct {
	Slack        Slack                  `yaml:"slack"`
	AWS          AWS                    `yaml:"aws"`
	Environments map[string]Environment `yaml:"environments"`
	Roles        map[string][]string    `yaml:"roles"`
	Grants       []Grant                `yaml:"grants"`
	Requestable  []Requestable          `yaml:"requestable"`
	Denials      []Denial               `yaml:"denials"`
	Tasks        map[string]Task        `yaml:"tasks"`
	Limits       Limits                 `yaml:"limits"`
	Redact       []string               `yaml:"redact"`
	Doctor       *Doctor                `yaml:"doctor"`
	Ledger       Ledger                 `yaml:"ledger"`
	HTTP         HTTP                   `yaml:"http"`
}

// Slack is where the bot speaks.
type Slack struct {
	AuditChannel     string `yaml:"audit_channel"`
	ApprovalsChannel string `yaml:"approvals_channel"`
	Command          string `yaml:"command"` // default /ecs
	Team             string `yaml:"team"`    // the workspace's ID, for the IAM documents
}

// Doctor is when and where what the doctor finds is told.
type Doctor struct {
	Channel string   `yaml:"channel"`
	Every   Duration `yaml:"every"` // default a day
}

// AWS is where the fleet is.
type AWS struct {
	Region string          `yaml:"region"`
	Tag    string          `yaml:"tag"`
	Rates  map[string]Rate `yaml:"rates"`
	Self   string          `yaml:"self"` // the bot's own service, cluster/service

	LiveTail int `yaml:"live_tail"` // sessions at a time in each account and region; default none

	Role       string              `yaml:"role"`           // ARN of the bot's own role, for the IAM documents
	Execution  string              `yaml:"execution_role"` // ARN of the role by which ECS starts the bot, if that is another
	Platform   []string            `yaml:"platform_roles"` // names of roles that may set the tag, for the SCP
	Operations map[string][]string `yaml:"operations"`     // calls beside the actions' own, by operation class
}

// Environment is one value of the tag.
type Environment struct {
	Protected     *bool       `yaml:"protected"`
	OperatorRole  string      `yaml:"operator_role"`
	DiscoveryRole string      `yaml:"discovery_role"`
	Region        string      `yaml:"region"`
	Clusters      []string    `yaml:"clusters"`
	Scale         *Scale      `yaml:"scale"`
	TaskRoles     []string    `yaml:"task_roles"`
	Families      []string    `yaml:"families"` // of task definitions; default <environment>-*
	Subnets       []string    `yaml:"subnets"`  // to which a service may be moved; default none
	Channels      []string    `yaml:"channels"`
	Logs          string      `yaml:"logs"`
	LogsKept      Duration    `yaml:"logs_kept"` // default for ever
	Approval      *Approval   `yaml:"approval"`
	BreakGlass    *BreakGlass `yaml:"break_glass"`
	Freeze        []Freeze    `yaml:"freeze"`
}

// Scale bounds how many tasks a service may be given.
type Scale struct {
	Min int `yaml:"min"`
	Max int `yaml:"max"`
}

// Approval says who the second persons are.
type Approval struct {
	From    []string `yaml:"from"`
	Count   int      `yaml:"count"`
	Expires Duration `yaml:"expires"`
}

// BreakGlass says who may act without approval.
type BreakGlass struct {
	From []string `yaml:"from"`
}

// Freeze is a window of time in which nothing changes.
type Freeze struct {
	Days   []string `yaml:"days"`
	From   string   `yaml:"from"`
	To     string   `yaml:"to"`
	Zone   string   `yaml:"zone"`
	Except []string `yaml:"except"`
}

// Grant says that a group holds a role on environments and services.
type Grant struct {
	Group        string   `yaml:"group"`
	Role         string   `yaml:"role"`
	Environments []string `yaml:"environments"`
	Services     []string `yaml:"services"`
}

// Requestable says who may ask for time-bound access to what.
type Requestable struct {
	Group        string   `yaml:"group"`
	Role         string   `yaml:"role"`
	Environments []string `yaml:"environments"`
	Longest      Duration `yaml:"longest"`
}

// Denial takes actions away from a group.
type Denial struct {
	Group        string   `yaml:"group"`
	Actions      []string `yaml:"actions"`
	Environments []string `yaml:"environments"`
}

// Task is a named one-off task.
type Task struct {
	Service      string   `yaml:"service"`
	Command      []string `yaml:"command"`
	Environments []string `yaml:"environments"`
}

// Limits hold per person.
type Limits struct {
	OpenRequests int   `yaml:"open_requests"`
	Changes      Share `yaml:"changes"`
}

// Ledger is where the record is kept.
type Ledger struct {
	SQLite   string    `yaml:"sqlite"`
	DynamoDB *DynamoDB `yaml:"dynamodb"`
}

// DynamoDB is a table.
type DynamoDB struct {
	Table  string `yaml:"table"`
	Region string `yaml:"region"`
}

// HTTP is where health and metrics are served.
type HTTP struct {
	Listen string `yaml:"listen"`
}

// Config is a configuration that was read and found good.
type Config struct {
	File
	Path   string // as it was given
	Policy *authz.Policy

	loader *loader
}

// Line is where something stands in the file: a path of keys and positions.
func (c *Config) Line(path ...any) int { return c.loader.line(path...) }

// Duration is written as 5s, 30m, 2h or 7d.
type Duration time.Duration

// Share is written as count/unit, e.g. 30/h, with units m, h and d.
type Share struct {
	Count  int
	Window time.Duration
}

// Rate is written as burst/per second, e.g. 50/5.
type Rate struct {
	Burst     int
	PerSecond float64
}
