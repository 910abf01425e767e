package config

import (
	"path"
	"regexp"
	"strings"
	"time"
	"unicode"

	"ecsbot/authz"
)

// The shapes of what a configuration names. Slack IDs: a letter and upper-case letters and
// digits. Role ARNs: IAM User Guide, "IAM identifiers". Lengths are checked beside them: a
// counted repetition would be unrolled into megabytes of program.
var (
	groupID   = regexp.MustCompile(`^S[A-Z0-9]+$`)
	channelID = regexp.MustCompile(`^[CG][A-Z0-9]+$`)
	roleARN   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$`)
	region    = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
	tableName = regexp.MustCompile(`^[\w.-]+$`)
	teamID    = regexp.MustCompile(`^[TE][A-Z0-9]+$`)
	roleName  = regexp.MustCompile(`^[\w+=,.@/*-]+$`)
	family    = regexp.MustCompile(`^[\w*-]+$`)
	subnet    = regexp.MustCompile(`^subnet-[0-9a-z]+$`)
	awsCall   = regexp.MustCompile(`^[a-z-]+:[A-Za-z]+$`)
)

// isTag says whether a text has only what AWS takes in tags (AWS Tagging User Guide): letters and
// digits of any language, and a few signs. As an expression this would be half a megabyte.
func isTag(text, signs string) bool {
	return text != "" && !strings.ContainsFunc(text, func(char rune) bool {
		return !unicode.IsLetter(char) && !unicode.IsNumber(char) && !strings.ContainsRune(signs, char)
	})
}

// What tags may have beside letters and digits; environments are values without spaces.
const (
	signsOfKey   = signsOfValue + " \t"
	signsOfValue = "_.:/=+@-"
)

// Limits of names: tags have keys of 128 and values of 256 characters (AWS Tagging User Guide).
const (
	longestID    = 21
	longestKey   = 128
	longestValue = 256
)

// Limits of the names of tables (Amazon DynamoDB Developer Guide, "Naming rules").
const (
	shortestTable = 3
	longestTable  = 255
)

// mostTails bounds the sessions of Live Tail: AWS grants 15, and more to who asks for them.
const mostTails = 1000

// NoRole is how a file says that the bot's own credentials are used.
const NoRole = "none"

// check judges everything that the shape alone does not say, and compiles the policy.
func (l *loader) check(file *File) *authz.Policy {
	l.checkSlack(file)
	l.checkAWS(file)
	for _, name := range sortedKeys(file.Environments) {
		l.checkEnvironment(name, file.Environments[name])
	}
	l.checkClusters(file)
	l.checkDocuments(file)
	l.checkGroups(file)
	l.checkRest(file)
	policy, problems := authz.Compile(l.rules(file))
	for _, problem := range problems {
		l.problem(problem.Line, "%s", problem.Text)
	}
	return policy
}

func (l *loader) checkSlack(file *File) {
	if file.Slack.AuditChannel == "" {
		l.problem(l.line("slack"), "slack.audit_channel is required: the ID of a private channel, such as C02AUDIT")
	} else if !channelID.MatchString(file.Slack.AuditChannel) {
		l.problem(l.line("slack", "audit_channel"), "slack.audit_channel takes a channel ID such as C02AUDIT, not %q", file.Slack.AuditChannel)
	}
	if channel := file.Slack.ApprovalsChannel; channel != "" && !channelID.MatchString(channel) {
		l.problem(l.line("slack", "approvals_channel"), "slack.approvals_channel takes a channel ID such as C01OPS, not %q", channel)
	}
	if file.Slack.Command == "" {
		file.Slack.Command = "/ecs"
	}
	if team := file.Slack.Team; team != "" && !teamID.MatchString(team) {
		l.problem(l.line("slack", "team"), "slack.team takes the ID of the workspace, such as T0ACME001 (`/ecs whoami` shows it), not %q", team)
	}
	if !strings.HasPrefix(file.Slack.Command, "/") || len(file.Slack.Command) > 32 {
		l.problem(l.line("slack", "command"), "slack.command begins with / and has at most 32 characters")
	}
}

func (l *loader) checkAWS(file *File) {
	if file.AWS.Region == "" || !region.MatchString(file.AWS.Region) {
		l.problem(l.line("aws", "region"), "aws.region is required, such as eu-west-1")
	}
	if file.AWS.Tag == "" {
		file.AWS.Tag = "Environment"
	}
	if !isTag(file.AWS.Tag, signsOfKey) || len(file.AWS.Tag) > longestKey {
		l.problem(l.line("aws", "tag"), "aws.tag takes the key of a tag, such as Environment")
	}
	if file.AWS.LiveTail < 0 || file.AWS.LiveTail > mostTails {
		l.problem(l.line("aws", "live_tail"), "aws.live_tail is from 0 to %d: how many sessions of Live Tail may be open at a time", mostTails)
	}
	if self := file.AWS.Self; self != "" && strings.Count(self, "/") != 1 {
		l.problem(l.line("aws", "self"), "aws.self names the bot's own service as cluster/service, not %q", self)
	}
}

// checkDocuments judges what only the IAM documents are made of.
func (l *loader) checkDocuments(file *File) {
	if role := file.AWS.Role; role != "" && !roleARN.MatchString(role) {
		l.problem(l.line("aws", "role"), "aws.role takes the ARN of the bot's own role, not %q", role)
	}
	if role := file.AWS.Execution; role != "" && !roleARN.MatchString(role) {
		l.problem(l.line("aws", "execution_role"), "aws.execution_role takes the ARN of the role by which ECS starts the bot, not %q", role)
	}
	if len(file.AWS.Platform) == 0 {
		file.AWS.Platform = []string{"platform-admin", "ci-deployer"}
	}
	l.each(file.AWS.Platform, roleName, l.line("aws", "platform_roles"), "aws.platform_roles takes names of roles, such as platform-admin")
	for _, class := range sortedKeys(file.AWS.Operations) {
		l.each(file.AWS.Operations[class], awsCall, l.line("aws", "operations", class), "aws.operations."+class+" takes calls such as ecs:ExecuteCommand")
	}
	for _, name := range sortedKeys(file.Environments) {
		environment := file.Environments[name]
		at := func(key string) int { return l.line("environments", name, key) }
		l.each(environment.TaskRoles, roleName, at("task_roles"), "environments."+name+".task_roles takes names of roles with their paths, such as ecs/"+name+"/*")
		l.each(environment.Families, family, at("families"), "environments."+name+".families takes families of task definitions, such as "+name+"-*")
		l.each(environment.Subnets, subnet, at("subnets"), "environments."+name+".subnets takes IDs of subnets")
	}
}

// each holds every text of a list to a shape.
func (l *loader) each(list []string, shape *regexp.Regexp, line int, takes string) {
	for _, text := range list {
		if !shape.MatchString(text) {
			l.problem(line, "%s, not %q", takes, text)
		}
	}
}

func (l *loader) checkEnvironment(name string, environment Environment) {
	at := func(key string) int { return l.line("environments", name, key) }
	if !isTag(name, signsOfValue) || len(name) > longestValue || name == authz.Every {
		l.problem(at(""), "environments: %q cannot be the value of a tag as ecsbot uses it: letters, digits and _ . : / = + - @", name)
	}
	if environment.Protected == nil {
		l.problem(at(""), "environments.%s.protected is required: true or false, never assumed", name)
	}
	switch {
	case environment.OperatorRole == "":
		l.problem(at(""), "environments.%s.operator_role is required: the ARN of a role, or none for the bot's own credentials", name)
	case environment.OperatorRole != NoRole && !roleARN.MatchString(environment.OperatorRole):
		l.problem(at("operator_role"), "environments.%s.operator_role takes the ARN of a role, or none; not %q", name, environment.OperatorRole)
	}
	if role := environment.DiscoveryRole; role != "" && !roleARN.MatchString(role) {
		l.problem(at("discovery_role"), "environments.%s.discovery_role takes the ARN of a role, not %q", name, role)
	}
	if account(environment.OperatorRole) != "" && account(environment.DiscoveryRole) != "" && account(environment.OperatorRole) != account(environment.DiscoveryRole) {
		l.problem(at("discovery_role"), "environments.%s: operator_role and discovery_role are of different accounts", name)
	}
	if environment.Region != "" && !region.MatchString(environment.Region) {
		l.problem(at("region"), "environments.%s.region takes a region such as eu-west-1, not %q", name, environment.Region)
	}
	if scale := environment.Scale; scale != nil && (scale.Min < 0 || scale.Max < scale.Min) {
		l.problem(at("scale"), "environments.%s.scale: min is at least 0 and max at least min", name)
	}
	if logs := environment.Logs; logs != "" && logs != "thread" && logs != "requester" {
		l.problem(at("logs"), "environments.%s.logs takes thread or requester, not %q", name, logs)
	}
	if kept := environment.LogsKept.Duration(); kept != 0 && kept < shortestKept {
		l.problem(at("logs_kept"), "environments.%s.logs_kept is at least 1h: a log is followed for so long", name)
	}
	if approval := environment.Approval; approval != nil && (approval.Count < 0 || approval.Count > 10) {
		l.problem(at("approval"), "environments.%s.approval: count is from 1 to 10", name)
	}
	for _, channel := range environment.Channels {
		if !channelID.MatchString(channel) {
			l.problem(at("channels"), "environments.%s.channels takes channel IDs such as C01OPS, not %q", name, channel)
		}
	}
}

// shortestKept is as long as a log is followed at most: no page is deleted that is still edited.
const shortestKept = time.Hour

// checkClusters holds that a cluster belongs to one environment.
func (l *loader) checkClusters(file *File) {
	owner := map[string]string{}
	for _, name := range sortedKeys(file.Environments) {
		for _, cluster := range file.Environments[name].Clusters {
			if other, taken := owner[cluster]; taken {
				l.problem(l.line("environments", name, "clusters"), "cluster %q is named by %s already: a cluster belongs to one environment", cluster, other)
			}
			owner[cluster] = name
		}
	}
}

func (l *loader) checkGroups(file *File) {
	for position, grant := range file.Grants {
		l.group(grant.Group, l.line("grants", position))
	}
	for position, each := range file.Requestable {
		l.group(each.Group, l.line("requestable", position))
	}
	for position, denial := range file.Denials {
		l.group(denial.Group, l.line("denials", position))
	}
	for _, name := range sortedKeys(file.Environments) {
		environment := file.Environments[name]
		if environment.Approval != nil {
			for _, group := range environment.Approval.From {
				l.group(group, l.line("environments", name, "approval"))
			}
		}
		for position, freeze := range environment.Freeze {
			for _, group := range freeze.Except {
				l.group(group, l.line("environments", name, "freeze", position))
			}
		}
		if environment.BreakGlass != nil {
			for _, group := range environment.BreakGlass.From {
				l.group(group, l.line("environments", name, "break_glass"))
			}
		}
	}
}

func (l *loader) group(id string, line int) {
	if !groupID.MatchString(id) || len(id) > longestID {
		l.problem(line, "%q is no user group ID: take the ID that begins with S, not the handle (handles can be renamed)", id)
	}
}

// checkTasks holds that each one-off task says what is run where.
func (l *loader) checkTasks(file *File) {
	for _, name := range sortedKeys(file.Tasks) {
		task, line := file.Tasks[name], l.line("tasks", name)
		if task.Service == "" || len(task.Command) == 0 {
			l.problem(line, "tasks.%s: service and command are required", name)
		}
		for _, environment := range task.Environments {
			if _, declared := file.Environments[environment]; !declared {
				l.problem(line, "tasks.%s: environment %q is not declared", name, environment)
			}
		}
	}
	for _, name := range sortedKeys(file.Environments) {
		for _, pattern := range file.Environments[name].TaskRoles {
			if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
				l.problem(l.line("environments", name, "task_roles"), "environments.%s.task_roles: %q is no pattern of a role's name", name, pattern)
			}
		}
	}
}

// Between digests lie at least as many hours as an examination of a large account may take.
const shortestDigest = time.Hour

func (l *loader) checkDoctor(doctor *Doctor) {
	if doctor == nil {
		return
	}
	if !channelID.MatchString(doctor.Channel) {
		l.problem(l.line("doctor"), "doctor.channel takes a channel ID such as C02AUDIT, not %q", doctor.Channel)
	}
	if doctor.Every == 0 {
		doctor.Every = Duration(24 * time.Hour)
	}
	if doctor.Every.Duration() < shortestDigest {
		l.problem(l.line("doctor", "every"), "doctor.every is at least 1h")
	}
}

func (l *loader) checkRest(file *File) {
	l.checkDoctor(file.Doctor)
	l.checkTasks(file)
	for position, pattern := range file.Redact {
		if _, err := regexp.Compile(pattern); err != nil {
			l.problem(l.line("redact", position), "redact: %v", err)
		}
	}
	if file.Limits.OpenRequests < 0 {
		l.problem(l.line("limits"), "limits.open_requests is at least 1")
	}
	if file.Ledger.SQLite == "" && file.Ledger.DynamoDB == nil {
		l.problem(l.line("ledger"), "ledger is required: sqlite: FILE, or dynamodb: {table: NAME, region: REGION}")
	}
	if file.Ledger.SQLite != "" && file.Ledger.DynamoDB != nil {
		l.problem(l.line("ledger"), "ledger takes one of sqlite and dynamodb, not both")
	}
	if table := file.Ledger.DynamoDB; table != nil && (!tableName.MatchString(table.Table) || len(table.Table) < shortestTable || len(table.Table) > longestTable) {
		l.problem(l.line("ledger", "dynamodb"), "ledger.dynamodb.table is required: 3 to 255 letters, digits, dots, dashes and underscores")
	}
	if table := file.Ledger.DynamoDB; table != nil && table.Region != "" && !region.MatchString(table.Region) {
		l.problem(l.line("ledger", "dynamodb", "region"), "ledger.dynamodb.region: %q is no AWS region", table.Region)
	}
	if file.HTTP.Listen == "" {
		file.HTTP.Listen = "127.0.0.1:9090"
	}
}

// account is that of a role's ARN; empty where it is none.
func account(role string) string {
	if !roleARN.MatchString(role) {
		return ""
	}
	return strings.Split(role, ":")[4]
}
