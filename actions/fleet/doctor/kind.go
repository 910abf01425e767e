package doctor

// Kind is one sort of trouble.
type Kind string

// The kinds of trouble.
const (
	TwoKeys         Kind = "two-keys"
	Conflict        Kind = "conflict"
	SharedInstance  Kind = "shared-instance"
	RoleOutside     Kind = "task-role"
	OperatorTagged  Kind = "operator-tagged"
	OperatorDiffers Kind = "operator-differs"
	Untagged        Kind = "untagged"
	NearMiss        Kind = "near-miss"
	NearKey         Kind = "near-key"
	ShortARN        Kind = "short-arn"
	NoPropagation   Kind = "no-propagation"
	OldTasks        Kind = "old-tasks"
	DefinitionTag   Kind = "definition-tag"
	LogGroupTag     Kind = "log-group"
	SharedCluster   Kind = "shared-cluster"
	DefaultRole     Kind = "execution-role"
	ExecOpen        Kind = "exec-open"
	UntaggedCluster Kind = "untagged-cluster"
	UnknownValue    Kind = "unknown-value"
	Prefix          Kind = "prefix"
)

// About is what is the same for all findings of a kind.
type About struct {
	Severity Severity
	Title    string
	Risk     string // what can go wrong
}

// About says how much a kind matters, and why.
func (k Kind) About() About { return kinds()[k] }

// Kinds lists all kinds in the order in which they are told: the worst first.
func Kinds() []Kind {
	return []Kind{
		SharedInstance, OperatorTagged, OperatorDiffers, TwoKeys, Conflict, RoleOutside,
		Untagged, NearMiss, NearKey, ShortARN, NoPropagation, OldTasks, DefinitionTag, LogGroupTag, ExecOpen, DefaultRole, SharedCluster,
		UntaggedCluster, UnknownValue, Prefix,
	}
}

func kinds() map[Kind]About {
	return map[Kind]About{
		SharedInstance: {
			Danger, "Instances that carry tasks of several environments",
			"a container that reaches the instance's metadata can obtain the roles of every task on the instance (ECScape), so the environments are not apart there; run and deploy from the unprotected one are refused",
		},
		OperatorTagged: {
			Danger, "Operator roles that carry tags of the session's names",
			"a role's own tag answers where a session leaves the tag out, so a session may count as approved that never was",
		},
		OperatorDiffers: {
			Danger, "Operator roles that differ from `ecsbot iam`",
			"AWS does not draw the line that the configuration says, or refuses what it allows",
		},
		TwoKeys: {
			Danger, "Resources with two tag keys that differ only by case",
			"IAM compares tag keys without case, so nobody can say which of the two decides; ecsbot refuses to touch it",
		},
		Conflict: {
			Danger, "Services whose tag and place contradict each other",
			"the tag says one environment, the cluster or the configuration another; ecsbot refuses to touch it",
		},
		RoleOutside: {
			Danger, "Task roles outside the environment's task_roles",
			"whoever runs code in the service acts with another environment's role; deploy, rollback and run are refused, and so is iam:PassRole",
		},
		Untagged: {
			Warning, "Services without the environment tag",
			"nobody can reach them with ecsbot",
		},
		NearMiss: {
			Warning, "Tag values that are nearly an environment's name",
			"names match letter by letter and case by case, so nobody can reach these services",
		},
		NearKey: {
			Warning, "Tag keys that are nearly the one that counts",
			"ecsbot reads exactly one key, but IAM compares keys without case: AWS lets through what ecsbot does not see",
		},
		ShortARN: {
			Warning, "Services with an ARN of the old short form",
			"they cannot be tagged, so nobody can reach them with ecsbot",
		},
		NoPropagation: {
			Warning, "Services that do not hand their tags to their tasks",
			"AWS decides on a task's own tag: logs, tasks and why are refused for tasks without it, and a task cannot be stopped",
		},
		OldTasks: {
			Warning, "Tasks whose tag is not that of their service",
			"tags are copied when a task starts; these are from before the service was tagged or tagged anew, and AWS decides on their old tag",
		},
		DefinitionTag: {
			Warning, "Task definitions whose tag is not that of their service",
			"AWS decides on the task definition's tag when a one-off task is run, so `run` is refused, or counts for another environment",
		},
		LogGroupTag: {
			Warning, "Log groups whose tag is not that of their service",
			"AWS decides on the log group's tag when logs are read, so `logs` is refused, or shows to another environment",
		},
		ExecOpen: {
			Warning, "Services with ECS Exec switched on",
			"a shell as root in a running container, past every approval, for whoever holds ecs:ExecuteCommand",
		},
		DefaultRole: {
			Warning, "Services with the account's default execution role",
			"it is shared by all environments, so each can read the others' images and secrets, and iam:PassRole by path does not let it through",
		},
		SharedCluster: {
			Warning, "Clusters with services of several environments",
			"ecs:cluster, the only condition that ListTasks and RunTask know, cannot tell the environments apart there",
		},
		UntaggedCluster: {
			Note, "Clusters without the environment tag",
			"a service that is put there with a wrong tag is not noticed",
		},
		UnknownValue: {
			Note, "Tag values that name no configured environment",
			"nobody can reach these services with ecsbot",
		},
		Prefix: {
			Note, "Environment names that are the beginning of others",
			"a pattern such as staging-* in a policy or a role's name takes in the other environment: write staging/*",
		},
	}
}
