package iam

import (
	"fmt"
	"slices"
)

// fences tie an environment to its clusters, families and subnets, which no tag reaches. By
// convention one statement with a variable does it for all environments; those that depart
// have statements of their own. Each is small, so that many fit; what does not fit into one
// document goes into the next.
func (r role) fences() []Statement {
	var statements []Statement
	if fenced := r.calls(func(each call) bool { return each.fenced }); len(fenced) > 0 {
		statements = append(statements, Statement{
			Sid: "NoCluster", Effect: Deny, Action: fenced, Resource: Values{"*"},
			Condition: conditions{"Null": keys{clusterKey: {"true"}}},
			Why:       "A call that does not say in which cluster is refused, not waved through.", Closes: []int{3},
		})
	}
	statements = append(statements, r.clusterFences()...)
	statements = append(statements, r.familyFences()...)
	statements = append(statements, r.within(Values{"ecs:RegisterTaskDefinition", "ecs:RunTask"}, Values{"ecs:UpdateService"})...)
	statements = append(statements, r.subnetFences()...)
	if changes := r.calls(func(each call) bool { return each.changes }); len(changes) > 0 {
		statements = append(statements, r.protectedSessions(changes, len(r.environments), fewNames+1)...)
	}
	return named(statements)
}

// fence is one aspect in which environments follow the convention or depart.
type fence struct {
	departs func(Environment) bool
	common  func(others conditions) []Statement // for those that follow it; others excludes the rest
	single  func(Environment) []Statement
}

// build makes the statements of a fence.
func (r role) build(f fence) []Statement {
	departing := r.which(f.departs)
	var statements []Statement
	if len(departing) < len(r.environments) {
		others := conditions{}
		if len(departing) > 0 {
			others["StringNotEquals"] = keys{environmentTag: departing}
		}
		statements = append(statements, f.common(others)...)
	}
	for _, environment := range r.environments {
		if f.departs(environment) {
			statements = append(statements, f.single(environment)...)
		}
	}
	return statements
}

// with is a condition and one more key.
func with(condition conditions, operator, key string, values ...string) conditions {
	made := conditions{}
	for name, pairs := range condition {
		made[name] = keys{}
		for each, list := range pairs {
			made[name][each] = list
		}
	}
	if made[operator] == nil {
		made[operator] = keys{}
	}
	made[operator][key] = values
	return made
}

func only(environment Environment) conditions {
	return conditions{"StringEquals": keys{environmentTag: {environment.Name}}}
}

func (r role) clusterFences() []Statement {
	deny := func(sid string, condition conditions, clusters []string) []Statement {
		return []Statement{{
			Sid: sid, Effect: Deny, Action: Values{"ecs:*"}, Resource: Values{"*"},
			Condition: with(with(condition, "Null", clusterKey, "false"), "ArnNotLike", clusterKey, clusters...),
			Why:       "Whatever names a cluster names one of the session's environment. Null keeps calls without one out: a negated comparison holds for a missing key.", Closes: []int{3},
		}}
	}
	return r.build(fence{
		departs: func(e Environment) bool { return e.clusters() != nil },
		common: func(others conditions) []Statement {
			return deny("Cluster", others, []string{r.resource(onCluster, ownEnvironment)})
		},
		single: func(e Environment) []Statement {
			return deny("Cluster"+word(e.Name), only(e), r.each(onCluster, e.clusters()))
		},
	})
}

func (r role) each(kind string, names []string) []string {
	var patterns []string
	for _, name := range names {
		patterns = append(patterns, r.resource(kind, name))
	}
	return patterns
}

func (r role) familyFences() []Statement {
	var making Values
	for _, name := range []string{"ecs:RegisterTaskDefinition", "ecs:RunTask"} {
		if slices.Contains(r.names, name) {
			making = append(making, name)
		}
	}
	deny := func(sid string, condition conditions, families []string) []Statement {
		var statements []Statement
		if slices.Contains(r.names, "ecs:UpdateService") {
			statements = append(statements, Statement{
				Sid: "Revision" + sid, Effect: Deny, Action: Values{"ecs:UpdateService"}, Resource: Values{"*"},
				Condition: with(with(condition, "Null", definitionKey, "false"), "ArnNotLike", definitionKey, families...),
				Why:       "A service runs revisions of its own environment. Null lets restart and scale pass, which send none.", Closes: []int{4},
			})
		}
		if len(making) > 0 {
			statements = append(statements, Statement{
				Sid: "Family" + sid, Effect: Deny, Action: making, NotResource: families, Condition: condition,
				Why: "Nothing of another environment's family is run or registered.", Closes: []int{3},
			})
		}
		return statements
	}
	return r.build(fence{
		departs: func(e Environment) bool { return e.families() != nil },
		common: func(others conditions) []Statement {
			return deny("", others, []string{r.resource(onDefinition, ownEnvironment+"-*")})
		},
		single: func(e Environment) []Statement {
			return deny(word(e.Name), only(e), r.each(onDefinition, e.families()))
		},
	})
}

func (r role) subnetFences() []Statement {
	if !slices.Contains(r.names, "ecs:UpdateService") {
		return nil
	}
	deny := func(sid string, condition conditions) []Statement {
		return []Statement{{
			Sid: sid, Effect: Deny, Action: Values{"ecs:UpdateService"}, Resource: Values{"*"}, Condition: condition,
			Why: "A service stays in its environment's network. The bot itself never sends a network.", Closes: []int{4},
		}}
	}
	return r.build(fence{
		departs: func(e Environment) bool { return e.Subnets != nil },
		common: func(others conditions) []Statement {
			return deny("Subnet", with(others, "Null", "ecs:subnet", "false"))
		},
		single: func(e Environment) []Statement {
			return deny("Subnet"+word(e.Name), with(only(e), "ForAnyValue:StringNotEquals", "ecs:subnet", e.Subnets...))
		},
	})
}

// pack puts statements into as few documents as AWS's size allows, in their order.
func pack(statements []Statement, largest int) ([]Document, error) {
	var documents []Document
	for _, statement := range statements {
		if at := len(documents) - 1; at >= 0 {
			grown := documents[at]
			grown.Statement = append(slices.Clip(grown.Statement), statement)
			if len(grown.Compact()) <= largest {
				documents[at] = grown
				continue
			}
		}
		documents = append(documents, Document{Version: Version, Statement: []Statement{statement}})
		if size := len(documents[len(documents)-1].Compact()); size > largest {
			return nil, fmt.Errorf("the statement %s alone has %d characters, and AWS takes %d: give some environments another role", statement.Sid, size, largest)
		}
	}
	return documents, nil
}
