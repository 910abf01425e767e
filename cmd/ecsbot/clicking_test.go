package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsbot/actions"
	"ecsbot/authz"
	"ecsbot/internal/sandbox"
	sandboxslack "ecsbot/internal/sandbox/slack"
)

// button is where a button stands.
type button struct{ channel, message string }

// withButton finds the newest message with buttons, anywhere.
func (s *scene) withButton() button {
	var found button
	s.await("a message with buttons", func() bool {
		state, err := s.local.Slack.State(s.who)
		s.must(err)
		for _, channel := range state.Channels {
			for _, message := range channel.Messages {
				for _, each := range append([]sandboxslack.Message{message}, message.Replies...) {
					if hasButtons(each) && each.TS > found.message {
						found = button{channel.ID, each.TS}
					}
				}
			}
		}
		return found != button{}
	})
	return found
}

func hasButtons(message sandboxslack.Message) bool {
	return slices.ContainsFunc(message.Blocks, func(block any) bool {
		fields, isObject := block.(map[string]any)
		return isObject && fields["type"] == "actions"
	})
}

// click presses a button of the newest message that has one, or of the card that was kept.
func (s *scene) click(action string) {
	at := s.card
	if at == (button{}) {
		at = s.withButton()
	} else {
		s.old(action)
		return
	}
	s.must(s.local.Slack.Click(s.who, sandboxslack.Click{Channel: at.channel, MessageTS: at.message, ActionID: action}))
}

// old presses a button that Slack does not show any more: a client that was not told.
func (s *scene) old(action string) {
	operation := s.read()[0].Operation
	s.forge(strings.ToLower(strings.TrimPrefix(s.who, "U0")) + " " + action + " " + operation)
}

// forge sends a click with a value of the person's own making, straight to the core, as a
// client that was tampered with would.
func (s *scene) forge(rest string) {
	fields := strings.SplitN(rest, " ", 3)
	s.who = "U0" + strings.ToUpper(fields[0])
	s.forged++
	reply := &told{scene: s, who: s.who}
	s.program.runner.Click(context.Background(), actions.Click{
		ID: fmt.Sprintf("forged-%d", s.forged), Actor: authz.Actor{Team: "T0SANDBOX", User: s.who}, Button: fields[1], Value: strings.Trim(fields[2], "'"),
		Where: actions.Where{Channel: s.channel},
	}, reply)
	synctest.Wait()
}

// form waits until the person is shown a form with the text.
func (s *scene) form(want string) {
	if !s.await(s.who+" to be shown a form with "+want, func() bool {
		return strings.Contains(s.forms(), want)
	}) {
		s.t.Errorf("%s: shown is %s", s.line, s.forms())
	}
}

// forms are the texts of all forms that the person has before them.
func (s *scene) forms() string {
	var texts []string
	for _, view := range s.local.Slack.Views(s.who) {
		texts = append(texts, leaves(view["blocks"])...)
	}
	return strings.Join(texts, " ")
}

// submit sends the form that the person is shown, with a reason.
func (s *scene) submit(reason string) {
	views := s.local.Slack.Views(s.who)
	if len(views) == 0 {
		s.t.Errorf("%s: %s is shown no form", s.line, s.who)
		return
	}
	s.must(s.local.Slack.Submit(s.who, views[len(views)-1].ID(), map[string]map[string]any{"reason": {"reason": reason}}))
}

// deploy is a deployment that somebody makes outside of ecsbot, of another revision where one is
// named: "deploy CLUSTER/SERVICE [REVISION]".
func (s *scene) deploy(rest string) {
	s.bare = true
	service, revision, isNamed := strings.Cut(rest, " ")
	cluster, name, _ := strings.Cut(service, "/")
	key, secret := s.local.AWS.AdminKey()
	address := s.local.address + sandbox.AWSPath
	client := ecs.New(ecs.Options{
		Region: sandbox.Region, BaseEndpoint: &address, HTTPClient: s.parts.awsHTTP,
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
	input := &ecs.UpdateServiceInput{Cluster: &cluster, Service: &name, ForceNewDeployment: true}
	if isNamed {
		input.TaskDefinition = &revision
	}
	_, err := client.UpdateService(context.Background(), input)
	s.must(err)
}

// bound moves the bounds of Auto Scaling: "bound CLUSTER/SERVICE MIN MAX".
func (s *scene) bound(rest string) {
	var service string
	var least, most int
	_, err := fmt.Sscan(rest, &service, &least, &most)
	s.must(err)
	cluster, name, _ := strings.Cut(service, "/")
	s.must(s.local.AWS.Bound(cluster, name, least, most))
}

func (s *scene) join(rest string) {
	who, channel, _ := strings.Cut(rest, " ")
	s.must(s.local.Slack.Join(who, channel))
}

// told keeps what a forged click was answered as if it had come by Slack.
type told struct {
	scene *scene
	who   string
}

func (t *told) Tell(_ context.Context, message actions.Message) error {
	t.scene.said = append(t.scene.said, message.Title.Plain())
	return nil
}

func (t *told) Share(ctx context.Context, message actions.Message) error { return t.Tell(ctx, message) }
func (t *told) Ask(context.Context, actions.Form) error                  { return nil }
func (t *told) Thread(ctx context.Context, message actions.Message, _ actions.Snippet) error {
	return t.Tell(ctx, message)
}

func (t *told) Open(context.Context, actions.Message, bool) (actions.Thread, error) {
	return nil, errors.New("a forged click has no thread")
}
