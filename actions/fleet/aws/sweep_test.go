package aws_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/aws"
	sandbox "ecsbot/internal/sandbox/aws"
)

// caught is what a sweep gave away.
type caught struct {
	mutex sync.Mutex
	parts map[int][][]fleet.Line
	most  int // lines that are wanted of a stretch
}

func (c *caught) take(stretch int, part fleet.Lines) (bool, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.parts == nil {
		c.parts = map[int][][]fleet.Line{}
	}
	c.parts[stretch] = append(c.parts[stretch], slices.Clone(part.Lines))
	return c.most == 0 || c.count(stretch) < c.most, nil
}

func (c *caught) count(stretch int) (count int) {
	for _, part := range c.parts[stretch] {
		count += len(part)
	}
	return count
}

// lines are all of them in order of time: the parts of a stretch come from its end.
func (c *caught) lines(stretches int) (lines []fleet.Line) {
	for number := stretches - 1; number >= 0; number-- {
		for _, part := range slices.Backward(c.parts[number]) {
			lines = append(lines, part...)
		}
	}
	return lines
}

// busy is a service of twenty tasks that write a million lines an hour.
func busy() sandbox.Options {
	tags := map[string]string{"Environment": "staging"}
	fleet := sandbox.Fleet{Roles: sandbox.DemoFleet().Roles, Clusters: []sandbox.ClusterSpec{{
		Name: "staging", Tags: tags, Services: []sandbox.ServiceSpec{{Name: "api", Tags: tags, Desired: 20, LogEvery: 72 * time.Millisecond, Sidecars: map[string]string{"proxy": "proxy:1"}}},
	}}}
	return sandbox.Options{Fleet: fleet, Pace: sandbox.Swift(), Lag: sandbox.Consistent()}
}

func reader(t *testing.T, f *aws.Fleet, ref fleet.Ref) fleet.Session {
	t.Helper()
	purpose := reading("logs")
	purpose.Target = ref.ARN
	session, err := f.Assume(t.Context(), purpose)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// The last lines of a busy service cost what it takes to judge its tag, side by side, and one
// call for its log group, however much it logs.
func TestTheLastLinesOfABusyServiceCostOneCallForEachGroup(t *testing.T) {
	f, server := inSandbox(t, busy())
	ref := find(t, staging(t, f), "staging", "api")
	read := func() fleet.Lines {
		service, err := f.Read(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := f.Logs(t.Context(), reader(t, f, ref), service, fleet.LogQuery{Lines: 100, From: time.Now().Add(-time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		return lines
	}
	read()
	before := len(server.Calls())
	if lines := read(); len(lines.Lines) != 100 || !lines.More || lines.Tasks != 20 {
		t.Errorf("%d lines of %d tasks, more %v", len(lines.Lines), lines.Tasks, lines.More)
	}
	var made []string
	for _, call := range server.Calls()[before:] {
		made = append(made, call.Operation)
	}
	slices.Sort(made)
	if !slices.Equal(made, []string{"DescribeClusters", "DescribeServices", "FilterLogEvents"}) {
		t.Errorf("calls %v", made)
	}
}

func TestASweepHasEveryLineOnceInOrder(t *testing.T) {
	f, server := inSandbox(t, busy())
	ref := find(t, staging(t, f), "staging", "api")
	service := fleet.Service{Ref: ref}
	to := time.Now().Add(-time.Minute)
	query := fleet.LogQuery{From: to.Add(-20 * time.Second), To: to}
	var got caught
	before := len(sentTo(server, "FilterLogEvents"))
	swept, err := f.Sweep(t.Context(), reader(t, f, ref), service, query, got.take)
	if err != nil {
		t.Fatal(err)
	}
	calls := len(sentTo(server, "FilterLogEvents")) - before
	lines := got.lines(swept.Stretches)
	if swept.Whole != swept.Stretches || swept.Tasks != 20 {
		t.Errorf("swept %+v", swept)
	}
	if !slices.IsSortedFunc(lines, func(a, b fleet.Line) int { return a.Time.Compare(b.Time) }) {
		t.Error("the lines are not in order of time")
	}
	var all caught
	query.Grep = "1" // nearly all of them, in one stretch
	if _, err := f.Sweep(t.Context(), reader(t, f, ref), service, query, all.take); err != nil {
		t.Fatal(err)
	}
	want := all.lines(1)
	with := slices.DeleteFunc(slices.Clone(lines), func(line fleet.Line) bool { return !strings.Contains(line.Text, "1") })
	if len(want) < 5_000 || len(with) != len(want) {
		t.Errorf("%d lines, %d where they are read in one", len(with), len(want))
	}
	if most := len(lines)/9_000 + swept.Stretches + 2; calls > most {
		t.Errorf("%d calls for %d lines", calls, len(lines))
	}
}

// What CloudWatch filters is read page by page, and costs no call more than that.
func TestAFilteredSweepCostsNoCallMore(t *testing.T) {
	w := logging(1, awslogs("web", to("/ecs/web")))
	pages := 0
	w.answers["FilterLogEvents"] = func(asked call) (int, any) {
		pages++
		if token, _ := asked.body["nextToken"].(string); pages > 1 && token != fmt.Sprint(pages-1) {
			t.Errorf("page %d with the token %q", pages, token)
		}
		said := object{"events": []object{}}
		if pages%3 == 0 {
			said["events"] = []object{{"logStreamName": "ecs/web/0000", "timestamp": time.Now().Add(-time.Duration(pages) * time.Minute).UnixMilli(), "message": fmt.Sprint("text ", pages)}}
		}
		if pages < 12 {
			said["nextToken"] = fmt.Sprint(pages)
		}
		return http.StatusOK, said
	}
	f := newFleet(t, w)
	var got caught
	swept, err := f.Sweep(t.Context(), reader(t, f, apiRef()), api(), fleet.LogQuery{From: time.Now().Add(-time.Hour), Grep: "text"}, got.take)
	if err != nil || swept.Stretches != 1 || pages != 12 {
		t.Fatalf("%d pages, %+v, %v", pages, swept, err)
	}
	var texts []string
	for _, line := range got.lines(1) {
		texts = append(texts, line.Text)
	}
	if !slices.Equal(texts, []string{"text 12", "text 9", "text 6", "text 3"}) {
		t.Errorf("lines %q", texts)
	}
}

func TestASweepMergesGroupsAndLeavesOutWhatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := logging(2, awslogs("web", to("/ecs/web")), awslogs("side", to("/ecs/side")), awslogs("gone", to("/ecs/gone")))
		begun := time.Now()
		w.answers["FilterLogEvents"] = func(asked call) (int, any) {
			group, limit := asked.body["logGroupName"].(string), 1000.0
			if group == "/ecs/gone" {
				return 400, failure("ResourceNotFoundException", "The specified log group does not exist.")
			}
			if slices.Contains(asked.body["logStreamNames"].([]any), any("ecs/side/0001")) {
				return 400, failure("ResourceNotFoundException", "The specified log stream does not exist.")
			}
			if given, is := asked.body["limit"].(float64); is {
				limit = given
			}
			first, last := int64(asked.body["startTime"].(float64)), int64(asked.body["endTime"].(float64))
			if token, is := asked.body["nextToken"].(string); is {
				_, _ = fmt.Sscan(token, &last)
			}
			events := []object{}
			for at := last / 100 * 100; at >= first; at -= 100 {
				if float64(len(events)) == limit {
					return http.StatusOK, object{"events": events, "nextToken": fmt.Sprint(at)}
				}
				events = append(events, object{"logStreamName": asked.body["logStreamNames"].([]any)[0], "timestamp": at, "message": fmt.Sprint(group, " ", at)})
			}
			return http.StatusOK, object{"events": events}
		}
		f := newFleet(t, w)
		var got caught
		swept, err := f.Sweep(t.Context(), reader(t, f, apiRef()), api(), fleet.LogQuery{From: begun.Add(-time.Hour), To: begun}, got.take)
		if err != nil || len(swept.Notes) != 2 || swept.Stretches < 2 {
			t.Fatalf("%+v, %v", swept, err)
		}
		lines := got.lines(swept.Stretches)
		if len(lines) != 2*36_001 || !slices.IsSortedFunc(lines, func(a, b fleet.Line) int { return a.Time.Compare(b.Time) }) {
			t.Errorf("%d lines, of which %d are wanted, in order", len(lines), 2*36_001)
		}
		seen := map[string]bool{}
		for _, line := range lines {
			seen[line.Text] = true
		}
		if len(seen) != len(lines) {
			t.Errorf("%d of %d lines are different", len(seen), len(lines))
		}
		few := caught{most: 1}
		if swept, err = f.Sweep(t.Context(), reader(t, f, apiRef()), api(), fleet.LogQuery{From: begun.Add(-time.Hour), To: begun}, few.take); err != nil || len(few.parts[0]) != 1 || swept.Whole != swept.Stretches {
			t.Errorf("%d parts of the newest stretch, %+v, %v", len(few.parts[0]), swept, err)
		}
	})
}

func TestASweepThatFailsSaysHowFarItIsWhole(t *testing.T) {
	w := logging(1, awslogs("web", to("/ecs/web")))
	good := w.answers["FilterLogEvents"]
	w.answers["FilterLogEvents"] = func(asked call) (int, any) {
		if asked.body["limit"] == nil {
			return 400, failure("AccessDeniedException", "not authorized")
		}
		_, said := good(asked)
		said.(object)["nextToken"] = "more"
		return http.StatusOK, said
	}
	f := newFleet(t, w)
	var got caught
	swept, err := f.Sweep(t.Context(), reader(t, f, apiRef()), api(), fleet.LogQuery{From: time.Now().Add(-24 * time.Hour)}, got.take)
	if !errors.Is(err, fleet.ErrDenied) || swept.Stretches == 0 || swept.Whole != 0 {
		t.Errorf("%+v, %v", swept, err)
	}
	if _, err := f.Sweep(t.Context(), reader(t, f, apiRef()), api(), fleet.LogQuery{Task: "beefbeef"}, got.take); err == nil {
		t.Error("a task that is not there is swept")
	}
	if _, err := f.Sweep(t.Context(), nil, api(), fleet.LogQuery{}, got.take); err == nil {
		t.Error("nobody's session reads")
	}
}
