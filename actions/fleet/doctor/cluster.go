package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ecsbot/actions/fleet"
)

// Cluster is a cluster as AWS has it.
type Cluster struct {
	Scope fleet.Scope
	ARN   string
	Name  string
	Tags  map[string]string
}

// Cluster judges a cluster's tags.
func (e *Examination) Cluster(cluster Cluster) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.clusters++
	home := e.rules.home(cluster)
	found := Finding{Environment: home, Resource: "cluster " + cluster.Name}
	value, tagged := cluster.Tags[e.rules.Tag]
	keys := e.rules.keys(cluster.Tags)
	switch {
	case len(keys) > 1:
		found.Kind, found.Seen = TwoKeys, strings.Join(keys, " and ")
		found.Mend = untagCommand(cluster.ARN, other(keys, e.rules.Tag))
	case tagged && e.rules.near(value) != "":
		found.Kind, found.Environment, found.Seen = NearMiss, e.rules.near(value), fmt.Sprintf("%s=%s", e.rules.Tag, value)
		found.Mend, found.Terraform = tagCommand(cluster.ARN, e.rules.Tag, found.Environment), e.rules.tagLine(found.Environment)
	case !tagged && e.rules.nearKey(cluster.Tags) != "":
		key := e.rules.nearKey(cluster.Tags)
		found.Kind, found.Seen = NearKey, fmt.Sprintf("%s=%s", key, cluster.Tags[key])
		found.Mend = tagCommand(cluster.ARN, e.rules.Tag, e.rules.meant(cluster.Tags[key])) + " && " + untagCommand(cluster.ARN, key)
	case !tagged:
		found.Kind = UntaggedCluster
		found.Mend, found.Terraform = tagCommand(cluster.ARN, e.rules.Tag, e.rules.meant(home)), e.rules.tagLine(e.rules.meant(home))
	default:
		return
	}
	e.add(found)
}

// home is the environment whose cluster it is, by its own tag or by its place in the
// configuration; empty where neither says so.
func (r Rules) home(cluster Cluster) string {
	if value := cluster.Tags[r.Tag]; value != "" {
		if _, known := r.Environments[value]; known {
			return value
		}
	}
	for _, name := range r.names() {
		if slices.Contains(r.Environments[name].Clusters, cluster.Name) && r.Environments[name].Scope == cluster.Scope {
			return name
		}
	}
	return ""
}

// placeholder stands in a command where nobody but its reader knows the environment.
const placeholder = "ENVIRONMENT"

// meant is what to write in a command for a value: the environment that it names or nearly
// names, or a word to fill in.
func (r Rules) meant(value string) string {
	if _, known := r.Environments[value]; known {
		return value
	}
	if near := r.near(value); near != "" {
		return near
	}
	return placeholder
}

// other is a key that is not the one that counts.
func other(keys []string, counts string) string {
	for _, key := range keys {
		if key != counts {
			return key
		}
	}
	return ""
}

// use notes that an environment has a service on a cluster, and on its instances.
func (e *Examination) use(cluster Cluster, environment string, service Service) {
	clusters := e.places[cluster.Scope]
	if clusters == nil {
		clusters = map[string]*shared{}
		e.places[cluster.Scope] = clusters
	}
	at := clusters[cluster.Name]
	if at == nil {
		at = &shared{name: cluster.Name, users: map[string]string{}, hosts: map[string]string{}}
		clusters[cluster.Name] = at
	}
	named := cluster.Name + "/" + service.Name
	if home := e.rules.home(cluster); home == "" || home == environment { // else it is out of place, and told as that
		note(at.users, environment, named)
	}
	if service.OnInstances {
		note(at.hosts, environment, named)
	}
	for _, task := range service.Tasks {
		if task.Instance == "" {
			continue
		}
		instance := e.instances[task.Instance]
		if instance == nil {
			instance = &shared{name: task.Instance, users: map[string]string{}}
			e.instances[task.Instance] = instance
		}
		note(instance.users, environment, named)
	}
}

// note keeps of an environment's services the first by name, so that the same fleet is told in
// the same words.
func note(users map[string]string, environment, named string) {
	if known, found := users[environment]; !found || named < known {
		users[environment] = named
	}
}

// sharing tells which clusters and instances carry several environments. Which these are is
// told to those alone who may see everything: each side would learn of the other. That there
// is another one is told to each.
func (e *Examination) sharing() {
	seen := map[string]bool{} // clusters of which an instance is told already
	for _, arn := range slices.Sorted(maps.Keys(e.instances)) {
		if instance := e.instances[arn]; len(instance.users) > 1 {
			cluster := clusterOf(arn)
			seen[cluster] = true
			e.exposed(instance.users)
			e.add(Finding{
				Kind: SharedInstance, Resource: "instance " + arn[strings.LastIndexByte(arn, '/')+1:] + " of cluster " + cluster,
				Seen: usersOf(instance.users), Mend: apart(cluster, instance.users),
				Terraform: "a cluster, or a capacity provider with instances of its own, for each environment; or launch_type = \"FARGATE\"",
			})
		}
	}
	for _, clusters := range e.places {
		for _, name := range slices.Sorted(maps.Keys(clusters)) {
			cluster := clusters[name]
			if len(cluster.users) > 1 {
				e.add(Finding{
					Kind: SharedCluster, Resource: "cluster " + name, Seen: usersOf(cluster.users),
					Mend: apart(name, cluster.users), Terraform: "one aws_ecs_cluster for each environment",
				})
			}
			if len(cluster.hosts) > 1 && !seen[name] {
				e.exposed(cluster.hosts)
				e.add(Finding{
					Kind: SharedInstance, Resource: "instances of cluster " + name, Seen: usersOf(cluster.hosts) + "; which tasks share an instance could not be read, but nothing keeps them apart",
					Mend:      apart(name, cluster.hosts),
					Terraform: "a cluster, or a capacity provider with instances of its own, for each environment; or launch_type = \"FARGATE\"",
				})
			}
		}
	}
}

// exposed tells each environment of an instance that it is not alone there.
func (e *Examination) exposed(users map[string]string) {
	for _, environment := range slices.Sorted(maps.Keys(users)) {
		e.add(Finding{
			Kind: SharedInstance, Environment: environment, Service: users[environment][strings.LastIndexByte(users[environment], '/')+1:],
			Resource: users[environment], Seen: "shares instances with another environment", Mend: "move it to instances of its own, or to Fargate",
			Terraform: `launch_type = "FARGATE"`,
		})
	}
}

// usersOf says which environments are there, each with one of its services.
func usersOf(users map[string]string) string {
	parts := make([]string, 0, len(users))
	for _, environment := range slices.Sorted(maps.Keys(users)) {
		parts = append(parts, environment+" ("+users[environment]+")")
	}
	return strings.Join(parts, ", ")
}

// apart is the command that begins to take the environments of a cluster apart.
func apart(cluster string, users map[string]string) string {
	last := slices.Sorted(maps.Keys(users))[len(users)-1]
	return fmt.Sprintf("aws ecs create-cluster --cluster-name %s --tags key=Environment,value=%s, then create its services there and delete them from %s", quoted(last), quoted(last), quoted(cluster))
}

// clusterOf reads the cluster's name from the ARN of a container instance or a task.
func clusterOf(arn string) string {
	parts := strings.Split(arn, "/")
	if len(parts) < 3 {
		return ""
	}
	return parts[1]
}

// prefixes tells which environment's name is the beginning of another's.
func (e *Examination) prefixes() {
	names := e.rules.names()
	for _, name := range names {
		var longer []string
		for _, other := range names {
			if other != name && strings.HasPrefix(other, name) {
				longer = append(longer, other)
			}
		}
		if len(longer) > 0 {
			e.add(Finding{
				Kind: Prefix, Resource: "environment " + name, Seen: "the beginning of " + strings.Join(longer, ", "),
				Mend: fmt.Sprintf("look for %s-* and %s* in roles and policies, and write %s/* instead", name, name, name),
			})
		}
	}
}
