package iam

import (
	"slices"
	"strings"
)

// longName is from where on names of a target are cut, should a session policy not fit.
const longName = 60

// Target is the one thing that a session is for.
type Target struct {
	Service string // ARN; empty: nothing but the calls is narrowed
	Task    string // ID of the one task of it, or the start of it; empty: any of the cluster's
}

// Session is the inline policy of one operation's session: its class's calls, on its one
// target as far as AWS decides them on something that belongs to the target. It only takes
// away from what the role's own policies allow. Without a call, and with a task whose ID is
// none, nothing is allowed.
func Session(calls []string, target Target) string {
	if len(calls) == 0 || strings.Trim(target.Task, "0123456789abcdef-") != "" {
		return Document{Version: Version, Statement: []Statement{{Effect: Deny, Action: Values{"*"}, Resource: Values{"*"}}}}.Compact()
	}
	parts := strings.SplitN(target.Service, ":", arnParts)
	path, isService := strings.CutPrefix(parts[len(parts)-1], onService+"/")
	if len(parts) != arnParts || !isService {
		return Document{Version: Version, Statement: []Statement{{Effect: Allow, Action: sorted(calls), Resource: Values{"*"}}}}.Compact()
	}
	own := one{like: target.Service, region: parts[3], cluster: "*", service: path, task: target.Task}
	if cluster, service, long := strings.Cut(path, "/"); long {
		own.cluster, own.service, own.isLong = cluster, service, true
	}
	narrowed := own.narrow(calls)
	if len(narrowed) > LargestSession {
		own.cluster, own.service = shortened(own.cluster), shortened(own.service)
		narrowed = own.narrow(calls)
	}
	return narrowed
}

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

// one is a target in pieces.
type one struct {
	like, region, cluster, service, task string

	isLong bool // the service's ARN names its cluster
}

// narrow writes two statements: the calls that AWS decides on what belongs to the target, and
// the others, held to its cluster where they name one.
func (o one) narrow(calls []string) string {
	known := reference
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
	document := Document{Version: Version}
	if len(on) > 0 {
		document.Statement = append(document.Statement, Statement{Effect: Allow, Action: on, Resource: o.belongings(kinds)})
	}
	if len(inCluster) > 0 {
		document.Statement = append(document.Statement, Statement{
			Effect: Allow, Action: inCluster, Resource: Values{"*"},
			Condition: conditions{"ArnLike": keys{clusterKey: {o.pattern(onCluster, o.cluster)}}},
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

func (o one) pattern(kind, name string) string { return resource(o.like, o.region, kind, name) }

// belongings are the service and what of it has an ARN of its own.
func (o one) belongings(kinds []string) Values {
	var patterns Values
	for _, kind := range kinds {
		name := o.cluster + "/*"
		switch {
		case kind == onService && !o.isLong:
			name = o.service // the old format, without the cluster
		case kind == onService:
			name = o.cluster + "/" + o.service
		case kind == onCluster:
			name = o.cluster
		case kind == onDeployment || kind == onRevision:
			name = o.cluster + "/" + o.service + "/*"
		case kind == onTask && o.task != "":
			name = o.cluster + "/" + o.task + "*"
		}
		patterns = append(patterns, o.pattern(kind, name))
	}
	return patterns
}
