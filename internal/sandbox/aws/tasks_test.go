package aws_test

import (
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestTasksAreListedByStatus(t *testing.T) {
	c := demo(t)
	staging := sdk.String("staging")
	running, err := c.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: staging, ServiceName: sdk.String("api")})
	if err != nil || len(running.TaskArns) != 3 {
		t.Fatalf("running %v, %v", running, err)
	}
	pending, err := c.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: staging, DesiredStatus: ecstypes.DesiredStatusPending})
	if err != nil || len(pending.TaskArns) != 0 {
		t.Errorf("pending %v, %v: AWS never finds any", pending, err)
	}
	_, err = c.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: staging, StartedBy: sdk.String("x"), ServiceName: sdk.String("api")})
	wantCode(t, err, "InvalidParameterException")
	_, err = c.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: staging, ServiceName: sdk.String("nowhere")})
	wantCode(t, err, "ServiceNotFoundException")
	out, err := c.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: staging, Tasks: append(running.TaskArns, "0123"), Include: []ecstypes.TaskField{ecstypes.TaskFieldTags}})
	if err != nil || len(out.Tasks) != 3 || len(out.Failures) != 1 || *out.Failures[0].Reason != "MISSING" {
		t.Fatalf("described %v, %v", out, err)
	}
	if task := out.Tasks[0]; *task.LastStatus != "RUNNING" || task.HealthStatus != ecstypes.HealthStatusHealthy || len(task.Tags) != 4 || *task.Group != "service:api" {
		t.Errorf("task %+v", task)
	}
	_, err = c.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: staging, Tasks: make([]string, 101)})
	wantCode(t, err, "InvalidParameterException")
}

func TestAStoppedTaskSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := demo(t)
		state, _ := c.Service("staging", "web")
		out, err := c.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: sdk.String("staging"), Task: &state.Tasks[0].ID, Reason: sdk.String("stuck")})
		if err != nil || *out.Task.DesiredStatus != "STOPPED" {
			t.Fatalf("%v, %v", out, err)
		}
		time.Sleep(time.Minute)
		stopped := c.stopped(t, "staging", "web")
		if len(stopped) != 1 || stopped[0].StopCode != ecstypes.TaskStopCodeUserInitiated || *stopped[0].StoppedReason != "stuck" {
			t.Errorf("stopped %+v", stopped)
		}
		if web := c.describe(t, "staging", "web"); web.RunningCount != 2 {
			t.Errorf("%d running", web.RunningCount)
		}
		_, err = c.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: sdk.String("staging"), Task: sdk.String("0123")})
		wantCode(t, err, "InvalidParameterException")
	})
}

func TestAOneOffTaskRunsAsLongAsItSleeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := demo(t)
		begun, err := c.ecs.RunTask(t.Context(), &ecs.RunTaskInput{
			Cluster: sdk.String("staging"), TaskDefinition: sdk.String("staging-api"), NetworkConfiguration: c.describe(t, "staging", "api").NetworkConfiguration,
			Overrides: &ecstypes.TaskOverride{ContainerOverrides: []ecstypes.ContainerOverride{{Name: sdk.String("api"), Command: []string{"sh", "-c", "sleep 3600; exit 4"}}}},
		})
		if err != nil || len(begun.Tasks) != 1 {
			t.Fatalf("%v, %v", begun, err)
		}
		for _, want := range []string{"RUNNING", "STOPPED"} {
			time.Sleep(50 * time.Minute)
			out, err := c.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: sdk.String("staging"), Tasks: []string{*begun.Tasks[0].TaskArn}})
			if err != nil || *out.Tasks[0].LastStatus != want {
				t.Errorf("%+v, %v; want %s", out, err, want)
			}
		}
	})
}

func TestAOneOffTaskRunsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := demo(t)
		in := ecs.RunTaskInput{
			Cluster: sdk.String("staging"), TaskDefinition: sdk.String("staging-api"), StartedBy: sdk.String("slack/U0ALICE"), ClientToken: sdk.String("once"),
			Overrides: &ecstypes.TaskOverride{ContainerOverrides: []ecstypes.ContainerOverride{{Name: sdk.String("api"), Command: []string{"sh", "-c", "migrate; exit 3"}}}},
		}
		_, err := c.ecs.RunTask(t.Context(), &in)
		wantCode(t, err, "InvalidParameterException") // no network configuration
		in.NetworkConfiguration = c.describe(t, "staging", "api").NetworkConfiguration
		begun, err := c.ecs.RunTask(t.Context(), &in)
		if err != nil || len(begun.Tasks) != 1 {
			t.Fatalf("%v, %v", begun, err)
		}
		again, err := c.ecs.RunTask(t.Context(), &in)
		if err != nil || *again.Tasks[0].TaskArn != *begun.Tasks[0].TaskArn {
			t.Errorf("the same client token started another task: %v, %v", again, err)
		}
		time.Sleep(time.Minute)
		out, err := c.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: sdk.String("staging"), Tasks: []string{*begun.Tasks[0].TaskArn}})
		if err != nil || *out.Tasks[0].LastStatus != "STOPPED" || *out.Tasks[0].Containers[0].ExitCode != 3 {
			t.Errorf("in the end %+v, %v", out, err)
		}
		in.Overrides.ContainerOverrides[0].Name = sdk.String("other")
		_, err = c.ecs.RunTask(t.Context(), &in)
		wantCode(t, err, "InvalidParameterException")
	})
}
