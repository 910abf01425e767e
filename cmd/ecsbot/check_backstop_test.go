package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"ecsbot/internal/config"
	sandboxaws "ecsbot/internal/sandbox/aws"
)

// fenced is an AWS that lets a session touch what carries its own environment's tag, and the
// bot's own credentials everything; its roles have the demo's documents.
func fenced(options *sandboxaws.Options) {
	loaded, err := config.Parse("demo", demoConfig)
	if err != nil {
		panic(err)
	}
	boundary, err := boundaryOf(loaded)
	if err != nil {
		panic(err)
	}
	options.Roles = boundary.Texts()
	options.Authorize = func(request sandboxaws.Request) error {
		own := request.Context["aws:PrincipalTag/Environment"]
		scoped := strings.HasPrefix(request.Action, "ecs:DescribeS") || strings.HasSuffix(request.Action, "Tasks") && request.Action != "ecs:ListTasks" || request.Action == "ecs:StopTask"
		if len(own) > 0 && scoped && !slices.Equal(own, request.Context["aws:ResourceTag/Environment"]) {
			return errors.New("no identity-based policy allows the " + request.Action + " action")
		}
		return nil
	}
}

func TestCheckProvesTheBackstopAndChangesNothing(t *testing.T) {
	open := func(action string) func(*sandboxaws.Options) {
		return func(options *sandboxaws.Options) {
			fence := options.Authorize
			options.Authorize = func(request sandboxaws.Request) error {
				if request.Action == action {
					return nil
				}
				return fence(request)
			}
		}
	}
	shut := func(options *sandboxaws.Options) {
		fence := options.Authorize
		options.Authorize = func(request sandboxaws.Request) error {
			if slices.Equal(request.Context["aws:RequestTag/Operation"], []string{"stop"}) {
				return errors.New("no resource-based policy allows it")
			}
			return fence(request)
		}
	}
	for _, row := range []struct {
		name   string
		change func(*sandboxaws.Options)
		status int
		want   string
	}{
		{"it holds", func(*sandboxaws.Options) {}, exitDone, "ok: ecsbot.yaml:10: environment dev: AWS itself refuses its credentials in prod"},
		{"another environment can be read", open("ecs:DescribeServices"), exitFailed, "error: ecsbot.yaml:10: environment dev: THE BACKSTOP DOES NOT HOLD: with its credentials: read prod/api: AWS did not refuse it"},
		{"another environment's tasks can be stopped", open("ecs:StopTask"), exitFailed, "error: ecsbot.yaml:10: environment dev: THE BACKSTOP DOES NOT HOLD: with its credentials: stop a task in prod: AWS did not refuse it, but answered InvalidParameterException"},
		{"it cannot be tried", shut, exitDone, "warning: ecsbot.yaml:10: environment dev: the backstop is not proven: a session for stop: "},
	} {
		t.Run(row.name, func(t *testing.T) {
			var asked *local
			got := checked(t, string(demoConfig), func(_ *testing.T, local *local, _ map[string]string) { asked = local }, row.change)
			if got.status != row.status || !strings.Contains(got.stdout, row.want) {
				t.Errorf("status %d, want %d and %q in\n%s", got.status, row.status, row.want, got.stdout)
			}
			for _, cluster := range []string{"dev", "staging", "prod"} {
				state, _ := asked.AWS.Service(cluster, "api")
				if state.Running != state.Desired || len(state.Deployments) != 1 {
					t.Errorf("%s changed: %+v", cluster, state)
				}
			}
		})
	}
}
