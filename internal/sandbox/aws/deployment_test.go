package aws_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsbot/internal/sandbox/aws"
)

func TestARestartReplacesEveryTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := demo(t)
		before := c.describe(t, "staging", "api")
		begun := time.Now()
		after := c.restart(t, "staging", "api")
		if len(after.Deployments) != 2 || *after.Deployments[0].Status != "PRIMARY" || *after.Deployments[1].Status != "ACTIVE" {
			t.Fatalf("deployments %+v", after.Deployments)
		}
		if *after.TaskDefinition != *before.TaskDefinition {
			t.Error("a restart changed the version")
		}
		least := int32(3)
		for c.describe(t, "staging", "api").Deployments[0].RolloutState == ecstypes.DeploymentRolloutStateInProgress {
			<-c.Changed()
			least = min(least, c.describe(t, "staging", "api").RunningCount)
		}
		done := c.describe(t, "staging", "api")
		if took := time.Since(begun); took < 10*time.Second || took > 20*time.Second {
			t.Errorf("a restart took %v, want about 15 s", took)
		}
		if least < 3 {
			t.Errorf("only %d tasks ran meanwhile, want the minimum of 3", least)
		}
		if len(done.Deployments) != 1 || *done.Deployments[0].Id != *after.Deployments[0].Id || done.RunningCount != 3 {
			t.Errorf("in the end: %+v", done.Deployments)
		}
		if text := *done.Events[0].Message; text != "(service api) has reached a steady state." {
			t.Errorf("last event %q", text)
		}
		tasks, err := c.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: sdk.String("staging"), StartedBy: after.Deployments[0].Id})
		if err != nil || len(tasks.TaskArns) != 3 {
			t.Errorf("tasks of the deployment: %v, %v", tasks, err)
		}
	})
}

func TestScalingIsNoDeployment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := demo(t)
		before := c.describe(t, "staging", "api").Deployments[0]
		for _, count := range []int32{5, 1, 0} {
			_, err := c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: sdk.String("staging"), Service: sdk.String("api"), DesiredCount: &count})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(30 * time.Second)
			after := c.describe(t, "staging", "api")
			if after.RunningCount != count || *after.Deployments[0].Id != *before.Id || len(after.Deployments) != 1 {
				t.Errorf("scaled to %d: %d running, deployments %+v", count, after.RunningCount, after.Deployments)
			}
		}
	})
}

func TestDeploymentsFailInTheirOwnWay(t *testing.T) {
	for _, row := range []struct {
		kind aws.Failure
		code ecstypes.TaskStopCode
		text string
		exit int32
	}{
		{aws.FailExit, ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited", 1},
		{aws.FailMemory, ecstypes.TaskStopCodeEssentialContainerExited, "Essential container in task exited", 137},
		{aws.FailHealth, ecstypes.TaskStopCodeServiceSchedulerInitiated, "Task failed container health checks", 143},
		{aws.FailImage, ecstypes.TaskStopCodeTaskFailedToStart, "CannotPullContainerError", -1},
	} {
		t.Run(string(row.kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := demo(t)
				if err := c.FailNext("staging", "web", row.kind); err != nil {
					t.Fatal(err)
				}
				c.restart(t, "staging", "web")
				time.Sleep(5 * time.Minute)
				web := c.describe(t, "staging", "web")
				if d := web.Deployments[0]; d.RolloutState != ecstypes.DeploymentRolloutStateInProgress || d.FailedTasks < 4 {
					t.Errorf("without a breaker it goes on: %s, %d failed", d.RolloutState, d.FailedTasks)
				}
				if web.Deployments[1].RunningCount != 2 {
					t.Errorf("the old tasks stay: %+v", web.Deployments[1])
				}
				stopped := c.stopped(t, "staging", "web")
				task := stopped[0]
				if task.StopCode != row.code || !strings.Contains(*task.StoppedReason, row.text) {
					t.Errorf("stopped: %s %q", task.StopCode, *task.StoppedReason)
				}
				if exit := task.Containers[0].ExitCode; row.exit < 0 && exit != nil || row.exit >= 0 && (exit == nil || *exit != row.exit) {
					t.Errorf("exit code %v, want %d", exit, row.exit)
				}
			})
		})
	}
}

func (c cloud) stopped(t *testing.T, cluster, service string) []ecstypes.Task {
	t.Helper()
	list, err := c.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: &cluster, ServiceName: &service, DesiredStatus: ecstypes.DesiredStatusStopped})
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: list.TaskArns})
	if err != nil {
		t.Fatal(err)
	}
	return out.Tasks
}

func TestTheBreakerFailsADeployment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := demo(t)
		if err := c.FailNext("staging", "billing", aws.FailExit); err != nil {
			t.Fatal(err)
		}
		begun := c.restart(t, "staging", "billing").Deployments[0]
		time.Sleep(2 * time.Minute)
		billing := c.describe(t, "staging", "billing")
		if d := billing.Deployments[0]; *d.Id != *begun.Id || d.RolloutState != ecstypes.DeploymentRolloutStateFailed || *d.RolloutStateReason != "ECS deployment circuit breaker: tasks failed to start." {
			t.Errorf("deployment %+v", d)
		}
		if billing.RunningCount != 2 {
			t.Errorf("%d tasks run, want the 2 old ones", billing.RunningCount)
		}
	})
}

func TestTheBreakerRollsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := demo(t)
		before := c.describe(t, "staging", "api")
		if err := c.FailNext("staging", "api", aws.FailImage); err != nil {
			t.Fatal(err)
		}
		begun := c.restart(t, "staging", "api").Deployments[0]
		time.Sleep(3 * time.Minute)
		after := c.describe(t, "staging", "api")
		if len(after.Deployments) != 1 || *after.Deployments[0].Id != *before.Deployments[0].Id || after.RunningCount != 3 {
			t.Errorf("after the rollback: %+v", after.Deployments)
		}
		list, err := c.ecs.ListServiceDeployments(t.Context(), &ecs.ListServiceDeploymentsInput{Cluster: sdk.String("staging"), Service: sdk.String("api")})
		if err != nil || list.ServiceDeployments[0].Status != ecstypes.ServiceDeploymentStatusRollbackSuccessful {
			t.Errorf("service deployments %+v, %v", list, err)
		}
		if state, _ := c.Service("staging", "api"); !hasEvent(state, "(deployment "+*begun.Id+") deployment failed") {
			t.Errorf("events %q", state.Events)
		}
	})
}

func hasEvent(state aws.ServiceState, text string) bool {
	for _, event := range state.Events {
		if strings.Contains(event, text) {
			return true
		}
	}
	return false
}

func TestADeploymentCanBeStoppedAndRolledBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := demo(t)
		out, err := c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{
			Cluster: sdk.String("dev"), Service: sdk.String("worker"), TaskDefinition: sdk.String("dev-worker:41"),
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Second)
		arn := out.Service.CurrentServiceDeployment
		if _, err := c.ecs.StopServiceDeployment(t.Context(), &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: arn}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		worker := c.describe(t, "dev", "worker")
		if !strings.HasSuffix(*worker.TaskDefinition, "dev-worker:42") || len(worker.Deployments) != 1 {
			t.Errorf("after the rollback: %s, %+v", *worker.TaskDefinition, worker.Deployments)
		}
		full, err := c.ecs.DescribeServiceDeployments(t.Context(), &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{*arn}})
		if err != nil || full.ServiceDeployments[0].Status != ecstypes.ServiceDeploymentStatusRollbackSuccessful || full.ServiceDeployments[0].Rollback == nil {
			t.Errorf("service deployment %+v, %v", full, err)
		}
		_, err = c.ecs.StopServiceDeployment(t.Context(), &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: arn})
		wantCode(t, err, "ConflictException")
	})
}

func TestANewerDeploymentSupersedes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := demo(t)
		first := c.restart(t, "staging", "web").Deployments[0]
		time.Sleep(3 * time.Second)
		second := c.restart(t, "staging", "web").Deployments[0]
		time.Sleep(time.Minute)
		web := c.describe(t, "staging", "web")
		if len(web.Deployments) != 1 || *web.Deployments[0].Id != *second.Id || *first.Id == *second.Id {
			t.Errorf("deployments %+v", web.Deployments)
		}
	})
}

func TestACrashedTaskIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := demo(t)
		state, _ := c.Service("staging", "web")
		if err := c.Crash(state.Tasks[0].ID, 139); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if web := c.describe(t, "staging", "web"); web.RunningCount != 2 || len(web.Deployments) != 1 {
			t.Errorf("%d running, %+v", web.RunningCount, web.Deployments)
		}
		if stopped := c.stopped(t, "staging", "web"); len(stopped) != 1 || *stopped[0].Containers[0].ExitCode != 139 {
			t.Errorf("stopped %+v", stopped)
		}
		time.Sleep(time.Hour)
		list, err := c.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: sdk.String("staging"), DesiredStatus: ecstypes.DesiredStatusStopped})
		if err != nil || len(list.TaskArns) != 0 {
			t.Errorf("still listed after an hour: %v, %v", list, err)
		}
	})
}

func TestDescribeMayBeBehindAnUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := serve(t, aws.Options{Fleet: aws.DemoFleet()})
		begun := c.restart(t, "dev", "api").Deployments[0]
		if seen := c.describe(t, "dev", "api").Deployments[0]; *seen.Id == *begun.Id {
			t.Error("the new deployment is seen at once")
		}
		time.Sleep(aws.DefaultLag().Describe)
		if seen := c.describe(t, "dev", "api").Deployments[0]; *seen.Id != *begun.Id {
			t.Error("the new deployment is not seen after the lag")
		}
	})
}
