package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/ops"
	sandboxaws "ecsbot/internal/sandbox/aws"
)

// occasions are those on which actions make, all taken together, every call that they declare:
// by action, what has happened before, and then what bob asks. Whose example is enough has none.
func occasions() map[string][][]string {
	return map[string][][]string{
		"status":  {{"bob /ecs status staging api"}},
		"why":     {{"fail staging/api exit", "deploy staging/api", "wait 2m", "bob /ecs why staging api"}},
		"doctor":  {{`fault aws {"operation": "GetResources", "kind": "deny"}`, "bob /ecs doctor staging"}},
		"restart": {{"bob /ecs restart staging worker"}},
		"deploy":  {{"bob /ecs deploy staging worker 2026.11.4"}},
		"rollback": {
			{"bob /ecs rollback staging api"},
			{"deploy staging/api", "wait 2s", "bob /ecs rollback staging api"},
		},
		"scale":    {{"bob /ecs scale staging web 3"}},
		"stop":     {{"bob /ecs stop staging api {task staging/api}"}},
		"continue": {{"deploy staging/shop", "wait 1m", "bob /ecs continue staging shop"}},
	}
}

// question is one thing that AWS decided on: one call may be several, as RunTask passes roles.
type question struct{ who, class, name string }

// decided keeps what was asked of AWS, in order.
type decided struct {
	mutex sync.Mutex
	all   []question
}

// keep has everything go on as it does, and written down.
func (d *decided) keep(options *sandboxaws.Options) {
	decide := options.Authorize
	options.Authorize = func(request sandboxaws.Request) error {
		d.mutex.Lock()
		d.all = append(d.all, question{request.Principal.SourceIdentity, request.Principal.Tags["Operation"], request.Action})
		d.mutex.Unlock()
		return decide(request)
	}
}

// of are the calls of bob's sessions of a class; until the first of another class, where one is named.
func (d *decided) of(class, until string) map[string]bool {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	made := map[string]bool{}
	for _, each := range d.all {
		isBobs := strings.HasSuffix(each.who, "-U0BOB")
		if isBobs && until != "" && each.class == until {
			break
		}
		if isBobs && each.class == class {
			made[each.name] = true
		}
	}
	return made
}

// watched is what AWS was asked after somebody has gone through the lines of an occasion.
func watched(t *testing.T, lines []string) *decided {
	t.Helper()
	fleet := sandboxaws.DemoFleet()
	for position := range fleet.Clusters {
		if fleet.Clusters[position].Name == "staging" {
			fleet.Clusters[position].Services = append(fleet.Clusters[position].Services, sandboxaws.ServiceSpec{
				Name: "shop", Tags: map[string]string{"Environment": "staging"}, Desired: 2, TagTasks: true, Strategy: "BLUE_GREEN", PauseAt: []string{"POST_SCALE_UP"},
			})
		}
	}
	kept := &decided{}
	synctest.Test(t, func(t *testing.T) {
		s := &scene{world: newWorld(t, demoConfig, fleet, kept.keep), channel: "C01OPS"}
		for _, line := range lines {
			s.line = line
			s.act(line)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
	})
	return kept
}

// TestEachActionMakesTheCallsThatItDeclares carries every action out, and as a plan too, and
// holds what AWS was asked against its declaration, both ways: nothing else is asked, and nothing
// is declared in vain. What follows a change is the runner's, and begins after it.
func TestEachActionMakesTheCallsThatItDeclares(t *testing.T) {
	catalog, err := ops.Catalog(ops.Needs{})
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range catalog.Actions() {
		if len(action.AWS)+len(action.Reads) == 0 {
			continue
		}
		t.Run(action.Name, func(t *testing.T) {
			lines := occasions()[action.Name]
			if lines == nil {
				lines = [][]string{{"bob /ecs " + action.Example}}
			}
			own, reads := map[string]bool{}, map[string]bool{}
			for _, each := range lines {
				made, read := made(t, action, each)
				maps.Copy(own, made)
				maps.Copy(reads, read)
			}
			same(t, "under its own class", own, action.AWS)
			if class := cmp.Or(action.Operation, action.Name); class != actions.StatusClass {
				same(t, "under the class of reads", reads, action.Reads)
			}
		})
	}
}

// made is what an action asks AWS under its own class, and what it reads beside.
func made(t *testing.T, action *actions.Action, lines []string) (own, reads map[string]bool) {
	t.Helper()
	class := cmp.Or(action.Operation, action.Name)
	done := watched(t, lines)
	if !action.Changes {
		return done.of(class, ""), done.of(actions.StatusClass, "")
	}
	planned := slices.Clone(lines)
	last := &planned[len(planned)-1]
	*last = strings.Replace(*last, "bob /ecs "+action.Name, "bob /ecs "+action.Name+" --plan", 1)
	plan := watched(t, planned)
	if called := plan.of(class, ""); len(called) > 0 {
		t.Errorf("as a plan it calls %v", called)
	}
	reads = plan.of(actions.StatusClass, "")
	maps.Copy(reads, done.of(actions.StatusClass, class))
	for name := range done.of(actions.StatusClass, "") {
		if !reads[name] && !slices.Contains(actions.Following(), name) {
			t.Errorf("%s is called after the change, and is no call of following one", name)
		}
	}
	return done.of(class, ""), reads
}

func same(t *testing.T, where string, made map[string]bool, declared []string) {
	t.Helper()
	for name := range made {
		if !slices.Contains(declared, name) {
			t.Errorf("%s is called %s, and not declared", name, where)
		}
	}
	for _, name := range declared {
		if !made[name] {
			t.Errorf("%s is declared %s, and never called", name, where)
		}
	}
}
