package aws_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"ecsbot/actions/fleet"
)

// taskList is a wire with so many tasks of staging/api, each of the given revision.
func taskList(count int, revision string) *wire {
	var arns []string
	for i := range count {
		arns = append(arns, fmt.Sprintf("arn:aws:ecs:eu-west-1:111122223333:task/staging/%04d", i))
	}
	w := &wire{}
	w.answers = map[string]func(call) (int, any){
		"AssumeRole": w.assumed,
		"ListTasks": func(asked call) (int, any) {
			part, next := page(arns, asked.body["nextToken"], int(asked.body["maxResults"].(float64)))
			return http.StatusOK, object{"taskArns": part, "nextToken": next}
		},
		"DescribeTasks": func(asked call) (int, any) {
			list := []object{}
			for _, arn := range asked.body["tasks"].([]any) {
				list = append(list, object{
					"taskArn": arn, "taskDefinitionArn": revision, "lastStatus": "STOPPED", "startedBy": "ecs-svc/1",
					"startedAt": 1.7e9 + float64(len(list)), "stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited",
					"containers": []object{{"name": "web", "image": "web:1", "exitCode": 137, "reason": "OutOfMemoryError"}, {"name": "side"}},
				})
			}
			return http.StatusOK, object{"tasks": list, "failures": []object{{"arn": "x", "reason": "MISSING"}}}
		},
	}
	return w
}

func TestTasksAreListedInHundreds(t *testing.T) {
	w := taskList(250, "api:1")
	f := newFleet(t, w)
	session, err := f.Assume(t.Context(), reading("status"))
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := f.Tasks(t.Context(), session, api(), "STOPPED")
	if err != nil {
		t.Fatal(err)
	}
	if len(tasks) != 250 || len(w.asked("ListTasks")) != 3 || len(w.asked("DescribeTasks")) != 3 {
		t.Errorf("%d tasks by %d and %d calls", len(tasks), len(w.asked("ListTasks")), len(w.asked("DescribeTasks")))
	}
	asked := w.asked("ListTasks")[0]
	if fmt.Sprint(asked.body["cluster"], asked.body["serviceName"], asked.body["desiredStatus"]) != "arn:aws:ecs:eu-west-1:111122223333:cluster/stagingapiSTOPPED" {
		t.Errorf("asked for %v", asked.body)
	}
	newest := tasks[0]
	if newest.ID != "0099" || !newest.Started.Equal(time.Unix(1_700_000_099, 0)) {
		t.Errorf("the first is %s of %s, want the newest", newest.ID, newest.Started)
	}
	if newest.StopCode != "EssentialContainerExited" || newest.StartedBy != "ecs-svc/1" || newest.Revision != "api:1" {
		t.Errorf("task %+v", newest)
	}
	web, side := newest.Containers[0], newest.Containers[1]
	if web.ExitCode == nil || *web.ExitCode != 137 || web.Reason != "OutOfMemoryError" || side.ExitCode != nil {
		t.Errorf("containers %+v", newest.Containers)
	}
}

func TestTasksNeedCredentialsOfTheEnvironment(t *testing.T) {
	w := taskList(1, "api:1")
	f := newFleet(t, w)
	purpose := reading("status")
	purpose.Environment = "prod"
	session, err := f.Assume(t.Context(), purpose)
	if err != nil {
		t.Fatal(err)
	}
	for says, given := range map[string]fleet.Session{"none": nil, "of another environment": session} {
		if _, err := f.Tasks(t.Context(), given, api(), "RUNNING"); !errors.Is(err, fleet.ErrDenied) {
			t.Errorf("credentials %s: error %v", says, err)
		}
		if _, err := f.Logs(t.Context(), given, api(), fleet.LogQuery{}); !errors.Is(err, fleet.ErrDenied) {
			t.Errorf("logs with credentials %s: error %v", says, err)
		}
	}
	if len(w.asked("ListTasks")) != 0 {
		t.Error("ECS was asked")
	}
}
