package aws

import (
	"slices"
	"sort"
	"time"
)

// where is one account's part of one region.
type where struct{ account, region string }

// place holds what exists in one account and region; nothing is shared between places.
type place struct {
	where
	server       *Server
	clusters     map[string]*cluster
	definitions  map[string]*family
	groups       map[string]*logGroup
	groupNames   []string             // sorted
	taggable     map[string]*resource // by ARN
	arns         []string             // of taggable resources, sorted; nil: to be sorted again
	repositories map[string]*repository
	runs         map[string][]*task // one-off tasks by client token
	tails        int                // Live Tail sessions that are open
}

// resource is anything that can be tagged.
type resource struct {
	kind string // as the tagging API filters: ecs:service, ecs:cluster, logs:log-group …
	tags *tagSet
}

// cluster is an ECS cluster with its services and tasks.
type cluster struct {
	place    *place
	name     string
	arn      string
	tags     tagSet
	services map[string]*service
	names    []string // of services, sorted
	tasks    map[string]*task
}

// place returns the account's part of the region, empty when nothing is there yet.
func (s *Server) place(account, region string) *place {
	at := where{account, region}
	if known, ok := s.places[at]; ok {
		return known
	}
	fresh := &place{
		where: at, server: s,
		clusters: map[string]*cluster{}, definitions: map[string]*family{}, groups: map[string]*logGroup{},
		repositories: map[string]*repository{}, taggable: map[string]*resource{}, runs: map[string][]*task{},
	}
	s.places[at] = fresh
	return fresh
}

// beside is the same account in another region; none named is this one.
func (p *place) beside(region string) *place {
	return p.server.place(p.account, orElse(region, p.region))
}

// inOrder are the places by account and region.
func (s *Server) inOrder() []*place {
	places := make([]*place, 0, len(s.places))
	for _, place := range s.places {
		places = append(places, place)
	}
	sort.Slice(places, func(i, j int) bool {
		if places[i].account != places[j].account {
			return places[i].account < places[j].account
		}
		return places[i].region < places[j].region
	})
	return places
}

func (p *place) register(arn, kind string, tags *tagSet) {
	p.taggable[arn] = &resource{kind: kind, tags: tags}
	p.arns = nil
}

// sortedARNs are the ARNs of all that can be tagged.
func (p *place) sortedARNs() []string {
	if p.arns == nil {
		p.arns = make([]string, 0, len(p.taggable))
		for arn := range p.taggable {
			p.arns = append(p.arns, arn)
		}
		slices.Sort(p.arns)
	}
	return p.arns
}

// retag changes a resource's tags.
func (p *place) retag(r *resource, tags map[string]string, now time.Time) {
	r.tags.change(tags, now, p.server.options.Lag.Tags)
}

// cluster finds a cluster by name or ARN; empty is "default", as everywhere in ECS.
func (p *place) cluster(named string) (*cluster, error) {
	if named == "" {
		named = "default"
	}
	found, ok := p.clusters[shortName(named)]
	if !ok || named != found.name && named != found.arn {
		return nil, refuse("ClusterNotFoundException", "Cluster not found.")
	}
	return found, nil
}

// service finds a service of the cluster by name or ARN.
func (c *cluster) service(named string) (*service, bool) {
	found, ok := c.services[shortName(named)]
	if !ok || named != found.name && named != found.arn {
		return nil, false
	}
	return found, true
}

// task finds a task of the cluster by ID or ARN.
func (c *cluster) task(named string) (*task, bool) {
	found, ok := c.tasks[shortName(named)]
	if !ok || named != found.id && named != found.arn {
		return nil, false
	}
	return found, true
}

// page cuts one page out of a sorted list. The token is the last entry of the page before.
func page[T any](list []T, key func(T) string, token string, size int) (part []T, next string, err error) {
	start := 0
	if token != "" {
		after, ok := readToken(token)
		if !ok {
			return nil, "", invalid("Invalid token.")
		}
		start = sort.Search(len(list), func(i int) bool { return key(list[i]) > after })
	}
	end := min(start+size, len(list))
	if end < len(list) {
		next = writeToken(key(list[end-1]))
	}
	return list[start:end], next, nil
}
