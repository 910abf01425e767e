package ops

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/authz"
)

// Deployer registers a revision that differs in one image from the one that runs, and lets the
// service run it.
type Deployer interface {
	Deploy(ctx context.Context, session, reader fleet.Session, service fleet.Service, container, image string) (fleet.Change, error)
}

// version is an image as somebody named it: by tag, or by digest.
type version struct{ tag, digest string }

// chosen is what a deployment brings.
type chosen struct{ container, image string }

// deploy brings another image into a service, and changes nothing else of its task definition.
func deploy(aws AWS, apart isolation) actions.Action {
	environment, service := actions.Environment(), actions.Service()
	image := actions.Word("image", "the image's tag, or its digest", "2026.11.4", readVersion)
	container := actions.Flag("container", "whose image it is, where the task has several", "api", readContainer)
	return actions.Action{
		Name: "deploy", Summary: "Bring another image into a service.", Example: "deploy staging api 2026.11.4",
		Parameters: []actions.Parameter{environment, service, image, container},
		Changes:    true, Undo: true,
		AWS:   []string{"ecs:RegisterTaskDefinition", "ecs:TagResource", "ecs:UpdateService", "iam:PassRole"},
		Reads: []string{"ecs:DescribeTaskDefinition", "ecs:ListServiceDeployments", "ecr:DescribeImages"},
		Plan: func(ctx context.Context, call actions.Call) (actions.Plan, error) {
			if err := apart.guard(ctx, call); err != nil {
				return actions.Plan{}, err
			}
			return planDeploy(ctx, aws, call, image.Of(call), container.Of(call))
		},
		Run: func(ctx context.Context, call actions.Call) (actions.Outcome, error) {
			what, _ := call.Plan().Subject.(chosen)
			change, err := aws.Deploy(ctx, call.Session(), call.Reader(), call.Service(), what.container, what.image)
			if err != nil {
				return actions.Outcome{}, fmt.Errorf("deploy %s: %w", call.Service(), err)
			}
			return actions.Outcome{Change: &change}, nil
		},
	}
}

// readVersion reads a tag or a digest as registries have them (OCI distribution specification).
func readVersion(text string) (version, error) {
	tag := regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)
	digest := regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	switch {
	case digest.MatchString(text):
		return version{digest: text}, nil
	case strings.HasPrefix(text, "sha256:"):
		return version{}, errors.New("a digest is sha256: and 64 hexadecimal digits in lower case")
	case tag.MatchString(text):
		return version{tag: text}, nil
	}
	return version{}, fmt.Errorf("an image is named by its tag (letters, digits, dots, dashes and underscores, at most 128) or its digest, not %q", cut(text, 60))
}

// readContainer reads a container's name (ECS API reference, ContainerDefinition).
func readContainer(text string) (string, error) {
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`).MatchString(text) {
		return "", fmt.Errorf("a container is named by letters, digits, dashes and underscores, not %q", cut(text, 60))
	}
	return text, nil
}

func planDeploy(ctx context.Context, aws AWS, call actions.Call, wanted version, named string) (actions.Plan, error) {
	now := call.Service()
	if err := deployable(call); err != nil {
		return actions.Plan{}, err
	}
	reach, err := readGuarded(ctx, aws, call, now.Revision)
	if err != nil {
		return actions.Plan{}, err
	}
	container, err := containerOf(call, reach, named)
	if err != nil {
		return actions.Plan{}, err
	}
	was := fleet.ParseImage(container.Image)
	image := fleet.Image{Repository: was.Repository, Tag: wanted.tag, Digest: wanted.digest}
	plan := actions.Plan{Usual: usual(ctx, aws, call), Warnings: outages(now)}
	pinned, err := pin(ctx, aws, call, image, &plan)
	if err != nil {
		return plan, err
	}
	if pinned.String() == container.Image {
		return plan, actions.Refuse(authz.CodeDenied, "that image runs already", actions.Say(actions.Refusal,
			"%v runs that image already. To replace its tasks, use restart.", actions.Named(now.Name)))
	}
	plan.Lines = []actions.Text{
		actions.Textf("%v: %v → %v", actions.Named(container.Name), actions.Named(container.Image), actions.Named(strings.TrimPrefix(asTagged(image, pinned), was.Repository))),
		actions.Textf("a new revision of %v, like %v but for that image", actions.Named(fleet.FamilyOf(now.Revision)), actions.Named(fleet.ShortRevision(now.Revision))),
	}
	plan.Bound = []string{actions.Bind("container", container.Name), actions.Bind("image", pinned.String())}
	plan.Command = deployCommand(now, container.Name, pinned.String())
	plan.Expect = actions.Expect{Revision: actions.NewRevision(fleet.FamilyOf(now.Revision))}
	plan.Subject = chosen{container.Name, pinned.String()}
	return plan, nil
}

// containerOf is the container that was named, or the only essential one, or the one that is
// called like the service.
func containerOf(call actions.Call, reach fleet.Reach, named string) (fleet.ContainerReach, error) {
	if named == "" && len(reach.Containers) == 1 {
		return reach.Containers[0], nil
	}
	var all []string
	var essential []fleet.ContainerReach
	for _, container := range reach.Containers {
		if container.Name == named || named == "" && container.Name == call.Service().Name {
			return container, nil
		}
		if all = append(all, container.Name); container.Essential {
			essential = append(essential, container)
		}
	}
	if named == "" && len(essential) == 1 {
		return essential[0], nil
	}
	title := actions.Textf("%v has several containers: say which with --container.", actions.Named(call.Service().Name))
	if named != "" {
		title = actions.Textf("%v has no container %v.", actions.Named(call.Service().Name), actions.Named(named))
	}
	return fleet.ContainerReach{}, actions.Refuse(authz.CodeUnknown, "which container", actions.Message{
		Title: title, Body: []actions.Block{actions.Paragraph{Text: append(actions.Textf("It has: "), listed(all)...)}},
	})
}

// pin finds the digest behind a tag, so that what was approved is what runs. It is only
// possible where the registry is ECR and may be read; there the image must exist.
func pin(ctx context.Context, aws ImageReader, call actions.Call, image fleet.Image, plan *actions.Plan) (fleet.Image, error) {
	if _, _, _, private := image.Registry(); !private {
		plan.Warnings = append(plan.Warnings, actions.Textf("the registry is none of ECR's: whether the image exists is not known, and a tag may lead elsewhere later"))
		return image, nil
	}
	digest, err := aws.Digest(ctx, call.Reader(), call.Service(), image)
	switch {
	case errors.Is(err, fleet.ErrUnknown):
		return image, actions.Refuse(authz.CodeUnknown, "no such image", actions.Say(actions.Refusal,
			"There is no image %v in the registry.", actions.Named(image.String())))
	case errors.Is(err, fleet.ErrDenied):
		plan.Warnings = append(plan.Warnings, actions.Textf("the registry may not be read: whether the image exists is not known, and the tag may lead elsewhere later"))
		return image, nil
	case err != nil:
		return image, fmt.Errorf("plan of %s: %w", call.Service(), err)
	}
	return fleet.Image{Repository: image.Repository, Digest: digest}, nil
}

// asTagged shows a pinned image with the tag that somebody named.
func asTagged(asked, pinned fleet.Image) string {
	if asked.Tag == "" || pinned.Digest == "" {
		return pinned.String()
	}
	return asked.String() + " (" + shortDigest(pinned.Digest) + ")"
}

// deployCommand does the same with the aws command and jq.
func deployCommand(now fleet.Service, container, image string) string {
	filter := fmt.Sprintf(`.taskDefinition | (.containerDefinitions[] | select(.name == "%s") | .image) = "%s" | `+
		`del(.taskDefinitionArn, .revision, .status, .requiresAttributes, .compatibilities, .registeredAt, .registeredBy)`, container, image)
	return "aws ecs describe-task-definition --task-definition " + shellQuoted(fleet.ShortRevision(now.Revision)) +
		" | jq " + shellQuoted(filter) + " > revision.json\n" +
		"aws ecs register-task-definition --cli-input-json file://revision.json\n" +
		awsCommand(now, "update-service", "--service", now.Name, "--task-definition", fleet.FamilyOf(now.Revision))
}
