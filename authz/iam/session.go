package iam

import (
	"slices"
	"strings"
)

// longName is from where on names of a target are cut, should a session policy not fit.
const longName = 60

// Session is the inline policy of one operation's session: its class's calls, on its one
// target as far as AWS decides them on something that belongs to the target. It only takes
// away from what the role's own policies allow. The target is a service's ARN; without one,
// the calls alone are narrowed; without a call, nothing is allowed.
func Session(calls []string, target string) string {
	if len(calls) == 0 {
		return Document{Version: Version, Statement: []Statement{{Effect: Deny, Action: Values{"*"}, Resource: Values{"*"}}}}.Compact()
	}
	parts := strings.SplitN(target, ":", arnParts)
	names := strings.Split(strings.TrimPrefix(lastOf(parts), onService+"/"), "/")
	if len(parts) != arnParts || !strings.HasPrefix(parts[arnParts-1], onService+"/") {
		return Document{Version: Version, Statement: []Statement{{Effect: Allow, Action: sorted(calls), Resource: Values{"*"}}}}.Compact()
	}
	cluster, service := "*", names[len(names)-1]
	if len(names) > 1 {
		cluster = names[0]
	}
	narrowed := narrow(calls, target, cluster, service)
	if len(narrowed) > LargestSession {
		narrowed = narrow(calls, target, shortened(cluster), shortened(service))
	}
	return narrowed
}

func lastOf(parts []string) string { return parts[len(parts)-1] }

func shortened(name string) string {
	if len(name) > longName {
		return name[:longName] + "*"
	}
	return name
}

func sorted(calls []string) Values {
	list := slices.Clone(Values(calls))
	slices.Sort(list)
	return slices.Compact(list)
}

// narrow writes two statements: the calls that AWS decides on what belongs to the target, and
// the others, held to its cluster where they name one.
func narrow(calls []string, target, cluster, service string) string {
	known := reference()
	var on, inCluster, anywhere Values
	var kinds []string
	for _, name := range sorted(calls) {
		decided := known[name]
		types := union(decided.tagged, decided.beside)
		own := len(types) > 0 && !slices.ContainsFunc(types, func(kind string) bool { return !belongs(kind) })
		switch {
		case own:
			on = append(on, name)
			kinds = union(kinds, types)
		case decided.fenced:
			inCluster = append(inCluster, name)
		default:
			anywhere = append(anywhere, name)
		}
	}
	region := strings.SplitN(target, ":", arnParts)[3]
	document := Document{Version: Version}
	if len(on) > 0 {
		document.Statement = append(document.Statement, Statement{Effect: Allow, Action: on, Resource: belongings(kinds, target, region, cluster, service)})
	}
	if len(inCluster) > 0 {
		document.Statement = append(document.Statement, Statement{
			Effect: Allow, Action: inCluster, Resource: Values{"*"},
			Condition: conditions{"ArnLike": keys{clusterKey: {resource(target, region, onCluster, cluster)}}},
		})
	}
	if len(anywhere) > 0 {
		document.Statement = append(document.Statement, Statement{Effect: Allow, Action: anywhere, Resource: Values{"*"}})
	}
	return document.Compact()
}

// belongs says whether a resource of that type is found from the ARN of its service.
func belongs(kind string) bool {
	return slices.Contains([]string{onService, onDeployment, onRevision, onTask, onCluster, onInstance}, kind)
}

// belongings are the service and what of it has an ARN of its own.
func belongings(kinds []string, target, region, cluster, service string) Values {
	var patterns Values
	for _, kind := range kinds {
		switch kind {
		case onService:
			name := cluster + "/" + service
			if !strings.Contains(lastOf(strings.SplitN(target, ":", arnParts))[len(onService)+1:], "/") {
				name = service // the old format, without the cluster
			}
			patterns = append(patterns, resource(target, region, kind, name))
		case onCluster:
			patterns = append(patterns, resource(target, region, kind, cluster))
		case onDeployment, onRevision:
			patterns = append(patterns, resource(target, region, kind, cluster+"/"+service+"/*"))
		default:
			patterns = append(patterns, resource(target, region, kind, cluster+"/*"))
		}
	}
	return patterns
}
