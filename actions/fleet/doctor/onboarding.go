package doctor

import (
	"fmt"
	"strings"

	"ecsbot/actions/fleet"
)

// Step is one thing to do for an environment that is only just configured.
type Step struct {
	What    string
	Command string
}

// Onboarding is what to do for an environment that has nothing yet, in order: first what AWS
// refuses without, last what is only tidier with it.
func (r Rules) Onboarding(environment string) []Step {
	own := r.Environments[environment]
	region := own.Scope.Region
	partition, account := homeOf(own.OperatorRole)
	cluster := environment
	if len(own.Clusters) > 0 {
		cluster = own.Clusters[0]
	}
	tag := quoted(r.Tag) + ",value=" + quoted(environment)
	place := fmt.Sprintf("arn:%s:ecs:%s:%s", partition, region, account)
	steps := []Step{
		{
			"Tag its cluster, so that a service with a wrong tag is noticed there.",
			fmt.Sprintf("aws ecs tag-resource --region %s --resource-arn %s:cluster/%s --tags key=%s", region, place, quoted(cluster), tag),
		},
		{
			"Tag each service: this is what decides. Tag the task definition in its next revision as well (register-task-definition --tags).",
			fmt.Sprintf("aws ecs tag-resource --region %s --resource-arn %s:service/%s/SERVICE --tags key=%s", region, place, quoted(cluster), tag),
		},
		{
			"Have each service hand the tag to its tasks. Tags are copied when a task starts, so this comes after the tag, and replaces the tasks.",
			fmt.Sprintf("aws ecs update-service --region %s --cluster %s --service SERVICE --propagate-tags SERVICE --force-new-deployment", region, quoted(cluster)),
		},
		{
			"Tag the log groups of its tasks, or AWS refuses to show their lines.",
			fmt.Sprintf("aws logs tag-resource --region %s --resource-arn %s --tags %s", region, fleet.GroupARN(own.OperatorRole, region, "GROUP"), quoted(r.Tag+"="+environment)),
		},
		{
			fmt.Sprintf("Name the roles of its tasks %s: only these may be handed to them.", strings.Join(r.patterns(environment), ", ")),
			fmt.Sprintf("aws iam create-role --path /ecs/%s/ --role-name SERVICE-task --assume-role-policy-document …", quoted(environment)),
		},
	}
	if own.OperatorRole == "" {
		return append(steps, Step{
			"Nothing draws a line around it on AWS: its operator_role is none. Make the role, and name it in ecsbot.yaml.",
			"ecsbot iam operator --config ecsbot.yaml",
		})
	}
	return append(steps, Step{
		"See that its operator role lets it in: the documents name the environments.",
		"ecsbot iam trust --config ecsbot.yaml, then ecsbot check --config ecsbot.yaml",
	})
}

// homeOf is the partition and the account of a role's ARN, or the usual one and a word to fill in.
func homeOf(role string) (partition, account string) {
	if parts := strings.SplitN(role, ":", 6); len(parts) == 6 {
		return parts[1], parts[4]
	}
	return "aws", "ACCOUNT"
}
