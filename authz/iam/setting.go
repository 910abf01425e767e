package iam

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Sizes that AWS accepts, in characters without white space (IAM and AWS STS quotas; AWS
// Organizations quotas).
const (
	LargestPolicy  = 6144
	LargestTrust   = 2048
	LargestSCP     = 5120
	LargestSession = 2048
	// policiesPerRole is how many managed policies a role takes.
	policiesPerRole = 10
)

// DeparturesPerRole is how many environments that depart from the convention one operator
// role can have: each takes statements of its own.
const DeparturesPerRole = 20

// Setting is what a configuration and the catalog say that AWS has to know.
type Setting struct {
	Tag          string // the tag key that names a resource's environment
	Team         string // the Slack team; empty: any
	Base         string // ARN of the bot's own role
	Execution    string // ARN of the role by which ECS starts the bot; empty: not known
	Region       string // in which the bot runs
	Table        string // ARN of the ledger's DynamoDB table; empty where it has none
	Platform     []string
	Environments []Environment
	Classes      []Class
}

// Environment is one value of the tag. Lists that are nil follow the convention: the cluster
// is called like the environment, families begin with its name and a hyphen, and task roles
// have the path ecs/ and its name.
type Environment struct {
	Name       string
	Protected  bool
	BreakGlass bool
	Role       string // ARN of the operator role; empty: the bot's own credentials
	Discovery  string // ARN of the discovery role; empty: the bot's own credentials
	Clusters   []string
	Families   []string
	Subnets    []string // those to which a service may be moved; nil: none
	TaskRoles  []string
}

// Class is one kind of session: the tag Operation, and the calls declared under it.
type Class struct {
	Name    string
	Changes bool
	Calls   []string
}

// Named is a document and the file that it belongs into.
type Named struct {
	Name     string // without extension
	Role     string // ARN of the role that it belongs to; empty where it belongs to none
	Limit    int    // characters that AWS accepts
	Document Document
}

// departs says whether an environment needs statements of its own.
func (e Environment) departs() bool {
	return e.clusters() != nil || e.families() != nil || e.Subnets != nil || e.taskRoles() != nil
}

// clusters are those that depart from the convention; nil where they do not.
func (e Environment) clusters() []string { return departing(e.Clusters, e.Name) }

func (e Environment) families() []string { return departing(e.Families, e.Name+"-*") }

func (e Environment) taskRoles() []string { return departing(e.TaskRoles, "ecs/"+e.Name+"/*") }

// passes are the names of the roles that its tasks may have.
func (e Environment) passes() []string {
	if len(e.TaskRoles) > 0 {
		return e.TaskRoles
	}
	return []string{"ecs/" + e.Name + "/*"}
}

func departing(list []string, convention string) []string {
	if len(list) == 0 || len(list) == 1 && list[0] == convention {
		return nil
	}
	return slices.Sorted(slices.Values(list))
}

// role is an operator role and what the documents about it are made of.
type role struct {
	Setting

	declared
	arn          string
	environments []Environment // sorted by name
	account      []Environment // of the role's account, those of other roles too
}

// roles are the operator roles, sorted by ARN.
func (s Setting) roles() ([]role, error) {
	declared, err := declarations(s.Classes)
	if err != nil {
		return nil, err
	}
	byARN := map[string][]Environment{}
	for _, environment := range s.Environments {
		if environment.Role != "" {
			byARN[environment.Role] = append(byARN[environment.Role], environment)
		}
	}
	var roles []role
	for arn, environments := range byARN {
		slices.SortFunc(environments, func(a, b Environment) int { return cmp.Compare(a.Name, b.Name) })
		made := role{Setting: s, declared: declared, arn: arn, environments: environments, account: s.inAccount(accountOf(arn))}
		if departures := made.which(Environment.departs); len(departures) > DeparturesPerRole {
			return nil, fmt.Errorf("%s has %d environments that depart from the convention (clusters, families, subnets or task_roles), and one operator role takes %d: give some of them another",
				arn, len(departures), DeparturesPerRole)
		}
		roles = append(roles, made)
	}
	slices.SortFunc(roles, func(a, b role) int { return cmp.Compare(a.arn, b.arn) })
	return roles, nil
}

// which are the names of the role's environments of which something holds.
func (r role) which(holds func(Environment) bool) Values {
	names := Values{}
	for _, environment := range r.environments {
		if holds(environment) {
			names = append(names, environment.Name)
		}
	}
	return names
}

// inAccount are all environments of an account, whichever role they have, sorted by name.
func (s Setting) inAccount(account string) []Environment {
	var environments []Environment
	for _, environment := range s.Environments {
		if accountOf(cmp.Or(environment.Role, s.Base)) == account {
			environments = append(environments, environment)
		}
	}
	slices.SortFunc(environments, func(a, b Environment) int { return cmp.Compare(a.Name, b.Name) })
	return environments
}

// resource is the pattern of a resource type in the role's account.
func (r role) resource(kind, name string) string { return resource(r.arn, "*", kind, name) }

// resources are the patterns of everything of some types.
func (r role) resources(kinds []string) Values {
	var patterns Values
	for _, kind := range kinds {
		patterns = append(patterns, r.resource(kind, "*"))
	}
	if len(patterns) == 0 {
		return Values{"*"}
	}
	return patterns
}

// resource is an ARN in the account of another one.
func resource(like, region, kind, name string) string {
	parts := strings.SplitN(like+":::::", ":", arnParts)
	partition, account := parts[1], parts[4]
	switch kind {
	case onLogGroup:
		return fmt.Sprintf("arn:%s:logs:%s:%s:log-group:%s", partition, region, account, name)
	case onScalableTarget:
		return fmt.Sprintf("arn:%s:application-autoscaling:%s:%s:scalable-target/%s", partition, region, account, name)
	case onRole:
		return fmt.Sprintf("arn:%s:iam::%s:role/%s", partition, account, name)
	}
	return fmt.Sprintf("arn:%s:ecs:%s:%s:%s/%s", partition, region, account, kind, name)
}

// slack is the pattern of what names one of the team's people.
func (s Setting) slack() string {
	return "slack-" + cmp.Or(s.Team, "?*") + "-?*"
}

// Condition keys. The session's own tags are always called so; those of resources have the
// key that the configuration names.
const (
	ownEnvironment = "${aws:PrincipalTag/Environment}"
	environmentTag = "aws:PrincipalTag/Environment"
	operationTag   = "aws:PrincipalTag/Operation"
	approvedTag    = "aws:PrincipalTag/Approved"
	approvedByTag  = "aws:PrincipalTag/ApprovedBy"
	clusterKey     = "ecs:cluster"
	definitionKey  = "ecs:task-definition"
	propagateKey   = "ecs:propagate-tags"
	tasksService   = "ecs-tasks.amazonaws.com"
)

func (s Setting) resourceTag() string { return "aws:ResourceTag/" + s.Tag }

func (s Setting) requestTag() string { return "aws:RequestTag/" + s.Tag }

// tags are the session tags that are always or sometimes sent.
func tags() Values { return Values{"Environment", "Operation", "Approved", "ApprovedBy", "RequestId"} }

// handedOn are the tags that a further session would inherit.
func handedOn() Values { return Values{"Environment", "Operation", "Approved", "ApprovedBy"} }

type (
	conditions = map[string]map[string]Values
	keys       = map[string]Values
)
