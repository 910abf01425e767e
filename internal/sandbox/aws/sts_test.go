package aws_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"ecsbot/internal/sandbox/aws"
)

const operator = "arn:aws:iam::111122223333:role/ecsbot-operator"

// assume is the cloud with a session of a role.
func (c cloud) assume(t *testing.T, role string, edit ...func(*sts.AssumeRoleInput)) cloud {
	t.Helper()
	in := &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: sdk.String("slack-T01-U0ALICE"), DurationSeconds: sdk.Int32(900)}
	for _, edit := range edit {
		edit(in)
	}
	out, err := c.sts.AssumeRole(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return c.as(*out.Credentials.AccessKeyId, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
}

func forAlice(in *sts.AssumeRoleInput) {
	in.SourceIdentity = sdk.String("slack-T01-U0ALICE")
	in.Tags = []ststypes.Tag{{Key: sdk.String("Environment"), Value: sdk.String("staging")}, {Key: sdk.String("RequestId"), Value: sdk.String("r-1")}}
	in.TransitiveTagKeys = []string{"Environment"}
	in.Policy = sdk.String(`{"Version":"2012-10-17","Statement":[]}`)
}

func TestASessionIsKnownByItsPerson(t *testing.T) {
	c := demo(t)
	alice := c.assume(t, operator, forAlice)
	who, err := alice.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || *who.Arn != "arn:aws:sts::111122223333:assumed-role/ecsbot-operator/slack-T01-U0ALICE" || *who.Account != aws.HomeAccount {
		t.Errorf("identity %+v, %v", who, err)
	}
	alice.restart(t, "staging", "api")
	calls := c.Calls()
	last := calls[len(calls)-1]
	if last.Operation != "UpdateService" || last.Resource != "staging/api" || last.Principal.SourceIdentity != "slack-T01-U0ALICE" ||
		last.Principal.Tags["Environment"] != "staging" || last.Principal.Policy == "" || last.Error != "" {
		t.Errorf("recorded %+v", last)
	}
	if !strings.Contains(string(last.Params), `"forceNewDeployment":true`) {
		t.Errorf("parameters %s", last.Params)
	}
	if counts := c.Counts(); counts["sts:AssumeRole"] != 1 || counts["ecs:UpdateService"] != 1 {
		t.Errorf("counts %v", counts)
	}
}

func TestAChainKeepsIdentityAndTransitiveTags(t *testing.T) {
	c := demo(t)
	alice := c.assume(t, operator, forAlice)
	_, err := alice.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: sdk.String(operator), RoleSessionName: sdk.String("next"), SourceIdentity: sdk.String("slack-T01-U0BOB")})
	wantCode(t, err, "AccessDenied")
	next := alice.assume(t, operator, func(in *sts.AssumeRoleInput) { in.SourceIdentity = sdk.String("slack-T01-U0ALICE") })
	if _, err := next.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{}); err != nil {
		t.Fatal(err)
	}
	calls := c.Calls()
	if tags := calls[len(calls)-1].Principal.Tags; len(tags) != 1 || tags["Environment"] != "staging" {
		t.Errorf("inherited tags %v", tags)
	}
}

func TestAssumeRoleIsStrict(t *testing.T) {
	c := demo(t)
	for _, row := range []struct {
		what string
		edit func(*sts.AssumeRoleInput)
		code string
	}{
		{"unknown role", func(in *sts.AssumeRoleInput) { in.RoleArn = sdk.String(operator + "-other") }, "AccessDenied"},
		{"session name with a colon", func(in *sts.AssumeRoleInput) { in.RoleSessionName = sdk.String("a:b") }, "ValidationError"},
		{"session name of one letter", func(in *sts.AssumeRoleInput) { in.RoleSessionName = sdk.String("a") }, "ValidationError"},
		{"source identity with a space", func(in *sts.AssumeRoleInput) { in.SourceIdentity = sdk.String("a b") }, "ValidationError"},
		{"too short", func(in *sts.AssumeRoleInput) { in.DurationSeconds = sdk.Int32(899) }, "ValidationError"},
		{"longer than a chain may be", func(in *sts.AssumeRoleInput) { in.DurationSeconds = sdk.Int32(3601) }, "ValidationError"},
		{"long policy", func(in *sts.AssumeRoleInput) { in.Policy = sdk.String(`"` + strings.Repeat("x", 2048) + `"`) }, "ValidationError"},
		{"policy that is no JSON", func(in *sts.AssumeRoleInput) { in.Policy = sdk.String("{") }, "MalformedPolicyDocument"},
		{"51 tags", func(in *sts.AssumeRoleInput) {
			for i := range 51 {
				in.Tags = append(in.Tags, ststypes.Tag{Key: sdk.String(fmt.Sprint("key-", i)), Value: sdk.String("v")})
			}
		}, "ValidationError"},
		{"transitive key without its tag", func(in *sts.AssumeRoleInput) { in.TransitiveTagKeys = []string{"Environment"} }, "ValidationError"},
	} {
		in := &sts.AssumeRoleInput{RoleArn: sdk.String(operator), RoleSessionName: sdk.String("session")}
		row.edit(in)
		_, err := c.sts.AssumeRole(t.Context(), in)
		t.Run(row.what, func(t *testing.T) { wantCode(t, err, row.code) })
	}
}

func TestUnknownAndExpiredCredentialsAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := demo(t)
		stranger := c.as("AKIA"+"STRANGER", "secret", "")
		_, err := stranger.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})
		wantCode(t, err, "UnrecognizedClientException")
		_, err = stranger.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		wantCode(t, err, "InvalidClientTokenId")
		alice := c.assume(t, operator)
		if _, err := alice.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{}); err != nil {
			t.Error(err)
		}
		held, err := alice.config.Credentials.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.as(held.AccessKeyID, held.SecretAccessKey, "").ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})
		wantCode(t, err, "UnrecognizedClientException")
		time.Sleep(15*time.Minute + time.Second)
		_, err = alice.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})
		wantCode(t, err, "ExpiredTokenException")
	})
}

func TestEveryAuthorisationIsAsked(t *testing.T) {
	var asked []aws.Request
	c := serve(t, aws.Options{Fleet: aws.DemoFleet(), Authorize: func(r aws.Request) error {
		asked = append(asked, r)
		if r.Action == "iam:PassRole" {
			return errors.New("no identity-based policy allows it")
		}
		return nil
	}})
	alice := c.assume(t, operator, forAlice)
	_, err := alice.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: sdk.String("staging"), Service: sdk.String("api"), TaskDefinition: sdk.String("staging-api:42")})
	wantCode(t, err, "AccessDeniedException")
	alice.restart(t, "staging", "api")
	var actions []string
	for _, request := range asked {
		actions = append(actions, request.Action)
	}
	want := "sts:AssumeRole sts:TagSession sts:SetSourceIdentity ecs:UpdateService iam:PassRole ecs:UpdateService"
	if got := strings.Join(actions, " "); got != want {
		t.Errorf("asked %q\nwant  %q", got, want)
	}
	last := asked[len(asked)-1]
	for key, want := range map[string]string{
		"aws:ResourceTag/Environment": "staging", "aws:PrincipalTag/Environment": "staging",
		"aws:SourceIdentity": "slack-T01-U0ALICE", "ecs:cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/staging",
	} {
		if values := last.Context[key]; len(values) != 1 || values[0] != want {
			t.Errorf("%s is %v, want %s", key, values, want)
		}
	}
	if _, ok := last.Context["ecs:task-definition"]; ok {
		t.Error("a restart has no task definition")
	}
}
