package iam

import "slices"

// parameters close what a permitted call could bring along.
func (r role) parameters() []Statement {
	has := func(name string) bool { return slices.Contains(r.names, name) }
	var statements []Statement
	if has("ecs:RegisterTaskDefinition") {
		statements = append(statements, Statement{
			Sid: "NoPrivileged", Effect: Deny, Action: Values{"ecs:RegisterTaskDefinition"}, Resource: Values{"*"},
			Condition: conditions{"StringEquals": keys{"ecs:privileged": {"true"}}},
			Why:       "A privileged container owns its machine, and so every task on it.",
		})
	}
	var running Values
	for _, name := range []string{"ecs:UpdateService", "ecs:RunTask"} {
		if has(name) {
			running = append(running, name)
		}
	}
	if len(running) > 0 {
		statements = append(statements, Statement{
			Sid: "NoSilentExec", Effect: Deny, Action: running, Resource: Values{"*"},
			Condition: conditions{"StringEquals": keys{"ecs:enable-execute-command": {"true"}}},
			Why:       "Nobody opens a shell into tasks by the way.", Closes: []int{3, 4},
		})
	}
	if has("ecs:UpdateService") {
		statements = append(statements, r.updates()...)
	}
	return statements
}

// updates are what no update of a service brings along. Null lets those pass that say nothing
// of it.
func (r role) updates() []Statement {
	deny := func(sid, why string, condition conditions) Statement {
		return Statement{Sid: sid, Effect: Deny, Action: Values{"ecs:UpdateService"}, Resource: Values{"*"}, Condition: condition, Why: why, Closes: []int{4}}
	}
	sends := func(key string) conditions { return conditions{"Null": keys{key: {"false"}}} }
	revision := sends(definitionKey)
	if classes := r.deploying(); len(classes) > 0 {
		revision["StringNotEquals"] = keys{operationTag: classes}
	}
	return []Statement{
		deny("NoPublicIp", "A service is not put on the internet by the way.", conditions{"Bool": keys{"ecs:auto-assign-public-ip": {"true"}}}),
		deny("NoSilentRevision", "A restart is no deploy: Pass alone would not see a revision whose tasks have no role.", revision),
		deny("NoOtherInstances", "A service is not moved onto other instances, where other environments' tasks may run.", sends("ecs:capacity-provider")),
		deny("NoLostTags", "Tasks go on having their service's tags: without them they are out of everybody's reach.", with(sends(propagateKey), "StringNotEquals", propagateKey, "SERVICE")),
	}
}

// deploying are the classes that may give a service another revision: they pass its roles.
func (r role) deploying() Values {
	var classes Values
	for _, class := range r.classes["ecs:UpdateService"] {
		if slices.Contains(r.classes["iam:PassRole"], class) {
			classes = append(classes, class)
		}
	}
	return classes
}
