package iam

import (
	"slices"
)

// passes allow handing task roles of the own environment to tasks, and to nothing else.
func (r role) passes(g group) []Statement {
	pass := func(sid string, roles Values, condition conditions) Statement {
		equals := condition["StringEquals"]
		equals["iam:PassedToService"], equals[operationTag] = Values{tasksService}, g.classes
		return Statement{
			Sid: sid, Effect: Allow, Action: g.calls, Resource: roles, Condition: condition,
			Why: "Task roles by path, so that no environment's name is the beginning of another's, and to tasks alone.", Closes: []int{5},
		}
	}
	departing := r.which(func(e Environment) bool { return e.taskRoles() != nil })
	var statements []Statement
	if len(departing) < len(r.environments) {
		own := conditions{"StringEquals": keys{}}
		if len(departing) > 0 {
			own["StringNotEquals"] = keys{environmentTag: departing}
		}
		statements = append(statements, pass("Pass", Values{r.resource(onRole, "ecs/"+ownEnvironment+"/*")}, own))
	}
	for _, environment := range r.environments {
		if environment.taskRoles() != nil {
			statements = append(statements, pass("Pass"+word(environment.Name), r.taskRoles(environment),
				conditions{"StringEquals": keys{environmentTag: {environment.Name}}}))
		}
	}
	return statements
}

func (r role) taskRoles(environment Environment) Values {
	var roles Values
	for _, name := range environment.taskRoles() {
		roles = append(roles, r.resource(onRole, name))
	}
	return roles
}

// passOnly bound which roles are handed to what.
func (r role) passOnly() []Statement {
	if !slices.Contains(r.names, "iam:PassRole") {
		return nil
	}
	deny := func(sid string, but Values, condition conditions) Statement {
		return Statement{
			Sid: sid, Effect: Deny, Action: Values{"iam:PassRole"}, NotResource: but, Condition: condition,
			Why: "No task runs with a role of another environment.", Closes: []int{4, 5},
		}
	}
	departing := r.which(func(e Environment) bool { return e.taskRoles() != nil })
	var statements []Statement
	if len(departing) < len(r.environments) {
		var but conditions
		if len(departing) > 0 {
			but = conditions{"StringNotEquals": keys{environmentTag: departing}}
		}
		statements = append(statements, deny("PassOwnOnly", Values{r.resource(onRole, "ecs/"+ownEnvironment+"/*")}, but))
	}
	for _, environment := range r.environments {
		if environment.taskRoles() != nil {
			statements = append(statements, deny("PassOwnOnly"+word(environment.Name), r.taskRoles(environment),
				conditions{"StringEquals": keys{environmentTag: {environment.Name}}}))
		}
	}
	statements = append(statements, r.neverTheBots()...)
	return append(statements, Statement{
		Sid: "PassToTasksOnly", Effect: Deny, Action: Values{"iam:PassRole"}, Resource: Values{"*"},
		Condition: conditions{"StringNotEquals": keys{"iam:PassedToService": {tasksService}}},
		Why:       "A task role is for tasks, not for a function or a machine.", Closes: []int{5},
	})
}

// neverTheBots keeps the roles by which the bot acts from tasks, as far as anybody's task_roles
// reach them: its own, the one by which ECS starts it, operator and discovery roles. The
// convention reaches none.
func (r role) neverTheBots() []Statement {
	acting := slices.Concat(
		Values{r.Base, r.Execution},
		r.arns(func(e Environment) string { return e.Role }), r.arns(func(e Environment) string { return e.Discovery }),
	)
	slices.Sort(acting)
	acting = slices.DeleteFunc(slices.Compact(acting), func(arn string) bool {
		return !slices.ContainsFunc(r.environments, func(e Environment) bool { return r.reaches(e, arn) })
	})
	if len(acting) == 0 {
		return nil
	}
	return []Statement{{
		Sid: "NeverTheBotsRole", Effect: Deny, Action: Values{"iam:PassRole"}, Resource: acting,
		Why: "A task with a role by which the bot acts could do whatever the bot may, for everybody.",
	}}
}

// reaches says whether tasks of an environment may have a role, by the names of its roles alone.
func (r role) reaches(environment Environment, arn string) bool {
	return slices.ContainsFunc(environment.passes(), func(name string) bool { return glob(wild(r.resource(onRole, name), true), arn) })
}
