package doctor

import (
	"fmt"
	"strings"
)

// defaultExecutionRole is what ECS's console makes for everybody (ECS developer guide, Task
// execution IAM role).
const defaultExecutionRole = "ecsTaskExecutionRole"

// roles judges the roles of a task definition.
func (s sick) roles(definition Definition) {
	environment := s.begun.Environment
	for _, each := range []struct{ what, arn string }{{"task role", definition.TaskRole}, {"execution role", definition.ExecutionRole}} {
		name := roleName(each.arn)
		switch {
		case each.arn == "" || s.rules.mayUse(environment, name):
		case shortName(name) == defaultExecutionRole:
			s.tell(DefaultRole, fmt.Sprintf("%s %s", each.what, name),
				fmt.Sprintf("aws iam create-role --path /ecs/%s/ --role-name %s-execution …, and name it in the task definition", environment, s.service.Name),
				fmt.Sprintf(`execution_role_arn = aws_iam_role.%s_execution.arn # path = "/ecs/%s/"`, strings.ReplaceAll(s.service.Name, "-", "_"), environment))
		default:
			s.tell(RoleOutside, fmt.Sprintf("%s %s", each.what, name),
				fmt.Sprintf("give it a role that matches %s, or name the role in environments.%s.task_roles of ecsbot.yaml", strings.Join(s.rules.patterns(environment), ", "), environment),
				fmt.Sprintf(`path = "/ecs/%s/"`, environment))
		}
	}
}

// patterns are the role names that an environment's tasks may have.
func (r Rules) patterns(environment string) []string {
	if own := r.Environments[environment].TaskRoles; len(own) > 0 {
		return own
	}
	return []string{"ecs/" + environment + "/*"}
}

func (r Rules) mayUse(environment, role string) bool {
	for _, pattern := range r.patterns(environment) {
		if matches(pattern, role) {
			return true
		}
	}
	return false
}

// roleName is a role's path and name, as iam:PassRole's resource has them after role/.
func roleName(arn string) string {
	_, name, _ := strings.Cut(arn, ":role/")
	return name
}

// matches says whether a text is of a pattern in which * is any run of characters.
func matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	rest, begins := strings.CutPrefix(text, parts[0])
	if !begins {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

// Document is an IAM policy as JSON, by the name that people call it.
type Document struct {
	Name string
	JSON string
}
