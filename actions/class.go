package actions

import (
	"cmp"
	"slices"
)

// StatusClass is the operation class under which AWS sees every reading of services, tasks
// and their definitions, whatever asks for it.
const StatusClass = "status"

// Class is one kind of session as AWS sees it: the tag Operation, and the calls that some
// action declares under it.
type Class struct {
	Name    string
	Changes bool // some action of it changes something
	Calls   []string
}

// Following are the calls by which the runner follows changes, and looks for what failed, under
// StatusClass. The last lines of what failed it reads as the class logs does.
func Following() []string {
	return []string{"ecs:DescribeServiceDeployments", "ecs:DescribeServices", "ecs:DescribeTaskDefinition", "ecs:DescribeTasks", "ecs:ListTasks"}
}

// Classes are the operation classes of all actions, by name, with the calls of each: what
// AWS has to allow, and no more. The runner itself follows
// deployments, and looks for what failed, under StatusClass.
func (c *Catalog) Classes() []Class {
	status := Class{Name: StatusClass, Calls: Following()}
	classes := map[string]*Class{StatusClass: &status}
	for _, action := range c.actions {
		status.Calls = append(status.Calls, action.Reads...)
		if len(action.AWS) == 0 {
			continue
		}
		class := classes[action.class()]
		if class == nil {
			class = &Class{Name: action.class()}
			classes[class.Name] = class
		}
		class.Changes = class.Changes || action.Changes
		class.Calls = append(class.Calls, action.AWS...)
	}
	list := make([]Class, 0, len(classes))
	for _, class := range classes {
		slices.Sort(class.Calls)
		class.Calls = slices.Compact(class.Calls)
		list = append(list, *class)
	}
	slices.SortFunc(list, func(a, b Class) int { return cmp.Compare(a.Name, b.Name) })
	return list
}
