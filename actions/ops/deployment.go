package ops

import (
	"context"
	"strings"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/authz"
)

// Follower reads what deployments of a service have been like.
type Follower interface {
	Usual(ctx context.Context, session fleet.Session, service fleet.Service) (time.Duration, error)
	Pauses(ctx context.Context, session fleet.Session, service fleet.Service) ([]fleet.Pause, error)
}

// ImageReader reads where images lead.
type ImageReader interface {
	// Running is the revision that the service runs.
	Running(ctx context.Context, session fleet.Session, service fleet.Service) (fleet.Definition, error)
	// Digest is ErrUnknown where there is no such image and ErrDenied where its registry may not be read.
	Digest(ctx context.Context, session fleet.Session, service fleet.Service, image fleet.Image) (string, error)
}

// usual is how long a deployment of the service takes; 0 where that is not known, which stops
// nothing.
func usual(ctx context.Context, aws Follower, call actions.Call) time.Duration {
	took, err := aws.Usual(ctx, call.Reader(), call.Service())
	if err != nil {
		return 0
	}
	return took
}

// deployable refuses a service whose deployments somebody else controls, or that is going away.
func deployable(call actions.Call) error {
	now := call.Service()
	switch now.Controller {
	case "CODE_DEPLOY":
		return actions.Refuse(authz.CodeDenied, "deployed by CodeDeploy", actions.Message{
			Title: actions.Textf("%v is deployed by CodeDeploy: ECS takes no deployment of it from anybody else.", actions.Named(now.Name)),
			Body:  []actions.Block{actions.Note{Text: actions.Textf("Begin a deployment in CodeDeploy, or in the pipeline that does.")}},
		})
	case "EXTERNAL":
		return actions.Refuse(authz.CodeDenied, "deployed by an external controller", actions.Message{
			Title: actions.Textf("%v is deployed by an external controller: ECS has no deployments of it.", actions.Named(now.Name)),
			Body:  []actions.Block{actions.Note{Text: actions.Textf("Use the tool that makes its task sets.")}},
		})
	}
	return active(call)
}

// active refuses a service that is going away.
func active(call actions.Call) error {
	if now := call.Service(); now.Status != "ACTIVE" {
		return actions.Refuse(authz.CodeDenied, "the service is "+now.Status, actions.Say(actions.Refusal,
			"%v is %v: nothing can be changed about it any more.", actions.Named(now.Name), strings.ToLower(now.Status)))
	}
	return nil
}

// outages are what people should know before every task is replaced.
func outages(now fleet.Service) []actions.Text {
	var warnings []actions.Text
	if now.Desired == 0 && now.Scheduling != "DAEMON" {
		warnings = append(warnings, actions.Textf("its desired count is 0: nothing will run after it, as nothing runs now"))
	}
	if now.Desired == 1 && now.MinHealthy < 100 {
		warnings = append(warnings, actions.Textf("it has one task and may go below it while it deploys: expect a short outage"))
	}
	if primary := now.Primary(); primary.Rollout == fleet.InProgress {
		warnings = append(warnings, actions.Textf("a deployment is under way (%v): this one takes its place", primary.ID))
	}
	return warnings
}

// awsCommand is what one would type for the aws command, quoted for a shell.
func awsCommand(service fleet.Service, operation string, arguments ...string) string {
	words := []string{"aws", "ecs", operation, "--cluster", service.Cluster}
	if service.Scope.Region != "" {
		words = append(words, "--region", service.Scope.Region)
	}
	words = append(words, arguments...)
	for position, word := range words {
		words[position] = shellQuoted(word)
	}
	return strings.Join(words, " ")
}

// shellQuoted is a word as a shell reads it back.
func shellQuoted(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@=+,%"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
