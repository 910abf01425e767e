package policytest

import (
	"fmt"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v4"

	"ecsbot/authz"
	"ecsbot/internal/config"
)

// Members says who is in which group: user IDs by group ID.
type Members map[string][]string

// The shapes of Slack's IDs.
var (
	groupID = regexp.MustCompile(`^S[A-Z0-9]{2,20}$`)
	userID  = regexp.MustCompile(`^[UW][A-Z0-9]{2,20}$`)
)

// ReadMembers reads a YAML file such as {S0BACKEND: [U0ALICE]}. What is wrong with it comes as
// config.Problems.
func ReadMembers(path string) (Members, error) {
	page, err := open(path)
	if err != nil {
		return nil, err
	}
	members := Members{}
	if page.body.Kind != yaml.MappingNode {
		page.problem(page.body.Line, "members are a map of groups to users, such as {S0BACKEND: [U0ALICE]}")
		return nil, page.problems
	}
	for position := 0; position+1 < len(page.body.Content); position += 2 {
		page.group(members, page.body.Content[position], page.body.Content[position+1])
	}
	if len(page.problems) > 0 {
		return nil, page.problems
	}
	return members, nil
}

func (p *page) group(members Members, key, value *yaml.Node) {
	group := key.Value
	if !groupID.MatchString(group) {
		p.problem(key.Line, "%q is no user group ID: take the ID that begins with S, not the handle", group)
	}
	if _, twice := members[group]; twice {
		p.problem(key.Line, "%s stands here twice", group)
	}
	var users []string
	if err := value.Decode(&users); err != nil {
		p.problem(value.Line, "%s takes a list of user IDs, such as [U0ALICE]", group)
	}
	for _, user := range users {
		if !userID.MatchString(user) {
			p.problem(value.Line, "%q is no user ID: take the ID that begins with U or W, not the name", user)
		}
	}
	slices.Sort(users)
	members[group] = slices.Compact(users)
}

// Live are the members as Slack has them: everybody with what they are to the company.
func (i Inquiry) Live(people []authz.Person) Inquiry {
	i.Members, i.Standings = Members{}, map[string]authz.Standing{}
	for _, person := range people {
		i.Standings[person.Actor.User] = person.Standing
		for _, group := range person.Groups {
			i.Members[group] = append(i.Members[group], person.Actor.User)
		}
	}
	return i
}

// Person is somebody with their groups, sorted; somebody whom no group lists is in none. An
// error is a mistake of whoever asks.
func (i Inquiry) Person(user string) (authz.Person, error) {
	person, err := i.Members.person(user)
	if standing, known := i.Standings[user]; known && err == nil {
		person.Standing = standing
	}
	return person, err
}

// people are all whom some group lists, sorted.
func (i Inquiry) people() []authz.Person {
	people := i.Members.people()
	for at := range people {
		if standing, known := i.Standings[people[at].Actor.User]; known {
			people[at].Standing = standing
		}
	}
	return people
}

func (m Members) person(user string) (authz.Person, error) {
	if !userID.MatchString(user) {
		return authz.Person{}, fmt.Errorf("%q is no user ID: take the ID that begins with U or W, not the name", user)
	}
	if m == nil {
		return authz.Person{}, fmt.Errorf("who is in which group is not known: give --members FILE with {S0BACKEND: [%s]}, or --live, or groups instead of a user", user)
	}
	var groups []string
	for _, group := range sortedKeys(m) {
		if slices.Contains(m[group], user) {
			groups = append(groups, group)
		}
	}
	return member(user, groups), nil
}

// Somebody is a member of the company who is in these groups alone.
func Somebody(groups []string) (authz.Person, error) {
	for _, group := range groups {
		if !groupID.MatchString(group) {
			return authz.Person{}, fmt.Errorf("%q is no user group ID: take the ID that begins with S, not the handle", group)
		}
	}
	return member("", union(groups, nil)), nil
}

func member(user string, groups []string) authz.Person {
	return authz.Person{Actor: authz.Actor{User: user}, Standing: authz.Insider, Groups: groups}
}

func (m Members) people() []authz.Person {
	groups := map[string][]string{}
	for _, group := range sortedKeys(m) {
		for _, user := range m[group] {
			groups[user] = append(groups[user], group)
		}
	}
	var people []authz.Person
	for _, user := range sortedKeys(groups) {
		people = append(people, member(user, groups[user]))
	}
	return people
}

// Missing are the groups that the configuration names and the members do not: nobody is in them.
func (m Members) Missing(loaded *config.Config) []string {
	return slices.DeleteFunc(loaded.Policy.Groups(), func(group string) bool { _, listed := m[group]; return listed })
}
