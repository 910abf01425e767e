package main

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"ecsbot/internal/sandbox"
)

// thief is as whom a stolen key comes in: what it tries is not the bot's doing.
const thief = "slack-T0SANDBOX-U0THIEF"

// stolen restarts the service prod/api in us-east-1 as somebody would who has the bot's own key:
// "stolen ACCOUNT ROLE CLASS ENVIRONMENT approved|unapproved TEXT" assumes that role, with these
// session tags or, for the class none, without any, and AWS must answer one of both with the text.
func (s *scene) stolen(rest string) {
	fields := strings.SplitN(rest, " ", 6)
	if len(fields) < 6 {
		s.t.Fatalf("%s: account, role, class, environment, approved or unapproved, text?", s.line)
	}
	want := strings.Trim(fields[5], "'")
	err := s.restartAs(theftOf("arn:aws:iam::"+fields[0]+":role/"+fields[1], fields[2], fields[3], fields[4] == "approved"))
	if err == nil || !strings.Contains(err.Error(), want) {
		s.t.Errorf("%s: AWS answered %v", s.line, err)
	}
}

// theftOf is the session that a thief asks for.
func theftOf(role, class, environment string, isApproved bool) *sts.AssumeRoleInput {
	asked := &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String(thief)}
	if class == "none" {
		return asked
	}
	tag := func(key, value string) {
		asked.Tags = append(asked.Tags, types.Tag{Key: &key, Value: &value})
		asked.TransitiveTagKeys = append(asked.TransitiveTagKeys, key)
	}
	asked.SourceIdentity = asked.RoleSessionName
	tag("Environment", environment)
	tag("Operation", class)
	if isApproved {
		tag("Approved", "true")
		tag("ApprovedBy", "slack-T0SANDBOX-U0BOB")
	} else {
		tag("Approved", "false")
	}
	return asked
}

func (s *scene) restartAs(asked *sts.AssumeRoleInput) error {
	address := s.local.address + sandbox.AWSPath
	key, secret := s.local.AWS.BaseKey()
	bot := sts.New(sts.Options{
		Region: sandbox.Region, BaseEndpoint: &address, HTTPClient: s.parts.awsHTTP, Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
	answer, err := bot.AssumeRole(context.Background(), asked)
	if err != nil {
		return err
	}
	taken := answer.Credentials
	there := ecs.New(ecs.Options{
		Region: "us-east-1", BaseEndpoint: &address, HTTPClient: s.parts.awsHTTP,
		Credentials: credentials.NewStaticCredentialsProvider(*taken.AccessKeyId, *taken.SecretAccessKey, *taken.SessionToken),
	})
	_, err = there.UpdateService(context.Background(), &ecs.UpdateServiceInput{
		Cluster: aws.String("prod"), Service: aws.String("api"), ForceNewDeployment: true,
	})
	return err
}
