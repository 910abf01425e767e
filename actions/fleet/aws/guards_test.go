package aws

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"ecsbot/actions/fleet"
	"ecsbot/authz/iam"
	sandbox "ecsbot/internal/sandbox/aws"
)

const (
	homeOperator  = "arn:aws:iam::111122223333:role/ecsbot-operator"
	otherOperator = "arn:aws:iam::444455556666:role/ecsbot-operator"
)

// boundary is the documents of three environments and every kind of operation, attached to
// the sandbox's roles. change may break them first.
func boundary(t *testing.T, change func([]iam.Named)) (*sandbox.Boundary, map[string][]string) {
	t.Helper()
	calls := map[string][]string{
		"status": {"ecs:DescribeServices", "ecs:ListTasks", "ecs:DescribeTasks", "ecs:DescribeTaskDefinition"}, "logs": {"logs:FilterLogEvents"},
		"restart": {"ecs:UpdateService"}, "stop": {"ecs:StopTask"}, "run": {"ecs:RunTask", "ecs:TagResource", "iam:PassRole"},
		"deploy": {"ecs:UpdateService", "ecs:RegisterTaskDefinition", "ecs:TagResource", "iam:PassRole"},
	}
	setting := iam.Setting{
		Tag: "Environment", Team: "T0ACME001", Base: sandbox.BaseRole(), Region: "eu-west-1", Platform: []string{"platform-admin"},
		Environments: []iam.Environment{
			{Name: "dev", Role: otherOperator}, {Name: "staging", Role: homeOperator, TaskRoles: []string{"ecs/staging/*", "ecsbot*"}}, {Name: "prod", Protected: true, BreakGlass: true, Role: homeOperator},
		},
	}
	for class, list := range calls {
		setting.Classes = append(setting.Classes, iam.Class{Name: class, Calls: list})
	}
	documents, err := iam.Documents(setting)
	if err != nil {
		t.Fatal(err)
	}
	change(documents)
	made := &sandbox.Boundary{Roles: map[string]sandbox.RoleDocuments{}}
	for _, each := range documents {
		policy, err := iam.Compile(each.Name, each.Document)
		if err != nil {
			t.Fatal(err)
		}
		attached := made.Roles[each.Role]
		switch {
		case each.Name == "scp":
			made.SCPs = append(made.SCPs, policy)
		case strings.HasSuffix(each.Name, "trust"):
			attached.Trust = append(attached.Trust, policy)
		case !strings.HasPrefix(each.Name, "developer"):
			attached.Identity = append(attached.Identity, policy)
		}
		if each.Role != "" {
			made.Roles[each.Role] = attached
		}
	}
	return made, calls
}

func asGenerated([]iam.Named) {}

// odd is the demo's fleet and what should not be: a service of staging in the cluster of
// prod, and one whose tasks have the roles of prod.
func odd() sandbox.Fleet {
	made := sandbox.DemoFleet()
	staging := map[string]string{"Environment": "staging"}
	for position := range made.Clusters {
		switch cluster := &made.Clusters[position]; cluster.Name {
		case "prod":
			cluster.Services = append(cluster.Services, sandbox.ServiceSpec{Name: "stray", Tags: staging, Desired: 1, TagTasks: true})
		case "staging":
			cluster.Services = append(cluster.Services, sandbox.ServiceSpec{Name: "odd", Tags: staging, Desired: 1, RolePath: "ecs/prod/", TagTasks: true}, sandbox.ServiceSpec{Name: "bare", Tags: staging, Desired: 1, TagTasks: true}, sandbox.ServiceSpec{Name: "mine", Tags: staging, Desired: 1, TaskRole: "ecsbot", TagTasks: true})
		}
	}
	return made
}

// held is a fleet on a sandbox that decides by documents. change may break what the fleet is
// made of.
func held(t *testing.T, broken func([]iam.Named), change func(*Settings)) (*Fleet, *sandbox.Server) {
	t.Helper()
	decides, calls := boundary(t, broken)
	server := sandbox.New(sandbox.Options{Fleet: odd(), Pace: sandbox.Swift(), Lag: sandbox.Consistent(), Authorize: decides.Authorize})
	listening := httptest.NewServer(server)
	t.Cleanup(func() { listening.Close(); server.Close() })
	id, secret := server.BaseKey()
	settings := Settings{
		Tag: "Environment", Region: "eu-west-1",
		Narrow: func(purpose fleet.Purpose) string {
			return iam.Session(calls[purpose.Operation], iam.Target{Service: purpose.Target, Task: purpose.Task})
		},
		LoadOptions: []func(*config.LoadOptions) error{
			config.WithSharedConfigFiles([]string{}), config.WithSharedCredentialsFiles([]string{}), config.WithBaseEndpoint(listening.URL),
			config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret, "")),
		},
	}
	change(&settings)
	made, err := New(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	return made, server
}

func asWired(*Settings) {}

// alice is what a bot that works would ask credentials for.
func alice(environment, operation, service string) fleet.Purpose {
	return fleet.Purpose{
		Environment: environment, Region: "eu-west-1", Role: homeOperator, Operation: operation, Changes: operation != "status" && operation != "logs",
		Team: "T0ACME001", User: "U0ALICE", Request: "op-1", Target: "arn:aws:ecs:eu-west-1:111122223333:service/" + service,
	}
}

// Each guard of the bot is off in turn: the purpose is what a bot without it would ask for, and
// the call goes to AWS past the checks of this package. What the guard would have refused, AWS
// refuses; and the same with the guard's consent it allows.
func TestWithEachGuardOffAWSRefusesAllTheSame(t *testing.T) {
	update := func(cluster, service string, change func(*ecs.UpdateServiceInput)) func(context.Context, *session) error {
		return func(ctx context.Context, with *session) error {
			input := &ecs.UpdateServiceInput{Cluster: &cluster, Service: &service, ForceNewDeployment: true}
			if change != nil {
				change(input)
			}
			_, err := with.changes().UpdateService(ctx, input)
			return err
		}
	}
	approved := func(by string) func(*fleet.Purpose) {
		return func(purpose *fleet.Purpose) { purpose.Approved, purpose.ApprovedBy = true, by }
	}
	one := func(task string) func(*fleet.Purpose) { return func(purpose *fleet.Purpose) { purpose.Task = task } }
	f, server := held(t, asGenerated, asWired)
	state, _ := server.Service("staging", "api")
	web, _ := server.Service("staging", "web")
	prodTask, _ := server.Service("prod", "api")
	stop := func(cluster, task string) func(context.Context, *session) error {
		return func(ctx context.Context, with *session) error {
			_, err := with.changes().StopTask(ctx, &ecs.StopTaskInput{Cluster: &cluster, Task: &task})
			return err
		}
	}
	for _, row := range []struct {
		guard   string
		purpose fleet.Purpose
		change  func(*fleet.Purpose)
		call    func(context.Context, *session) error
		refused string // by which call; empty: it is allowed
	}{
		{"none", alice("staging", "restart", "staging/api"), nil, update("staging", "api", nil), ""},
		{"the environment of the target", alice("staging", "restart", "prod/api"), nil, update("prod", "api", nil), "ecs:UpdateService"},
		{"the environment of the target, with an approval", alice("staging", "restart", "prod/api"), approved("U0BOB"), update("prod", "api", nil), "ecs:UpdateService"},
		{"its tag: there is none", alice("staging", "restart", "staging/legacy"), nil, update("staging", "legacy", nil), "ecs:UpdateService"},
		{"its tag: another case", alice("staging", "restart", "staging/reports"), nil, update("staging", "reports", nil), "ecs:UpdateService"},
		{"its tag: another environment", alice("staging", "restart", "staging/ledger"), nil, update("staging", "ledger", nil), "ecs:UpdateService"},
		{"its cluster", alice("staging", "restart", "prod/stray"), nil, update("prod", "stray", nil), "ecs:UpdateService"},
		{"the approval", alice("prod", "restart", "prod/api"), nil, update("prod", "api", nil), "ecs:UpdateService"},
		{"the approval, given", alice("prod", "restart", "prod/api"), approved("U0BOB"), update("prod", "api", nil), ""},
		{"the approval, of stopping", alice("prod", "stop", "prod/api"), nil, stop("prod", prodTask.Tasks[0].ID), "ecs:StopTask"},
		{"the second person", alice("prod", "restart", "prod/api"), approved("U0ALICE"), update("prod", "api", nil), "sts:AssumeRole"},
		{"breaking the glass, where it is meant", alice("prod", "restart", "prod/api"), func(p *fleet.Purpose) { p.BreakGlass = true }, update("prod", "api", nil), ""},
		{"breaking the glass, where it is not", alice("staging", "restart", "staging/api"), func(p *fleet.Purpose) { p.BreakGlass = true }, update("staging", "api", nil), "sts:AssumeRole"},
		{"the verb: a restart that stops", alice("staging", "restart", "staging/api"), nil, stop("staging", state.Tasks[0].ID), "ecs:StopTask"},
		{"the verb: a read that restarts", alice("staging", "status", "staging/api"), nil, update("staging", "api", nil), "ecs:UpdateService"},
		{"the verb: a class that is none", alice("staging", "everything", "staging/api"), nil, update("staging", "api", nil), "sts:AssumeRole"},
		{"the verb: a restart that deploys", alice("staging", "restart", "staging/api"), nil, update("staging", "api", func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String("staging-api") }), "ecs:UpdateService"},
		{"the task definition, of another environment", alice("staging", "deploy", "staging/api"), nil, update("staging", "api", func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String("prod-api") }), "ecs:UpdateService"},
		{"the task definition's roles", alice("staging", "deploy", "staging/odd"), nil, update("staging", "odd", func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String("staging-odd") }), "iam:PassRole"},
		{"the bot's own role, which task_roles reach", alice("staging", "deploy", "staging/mine"), nil, update("staging", "mine", func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String("staging-mine") }), "iam:PassRole"},
		{"the task definition's roles, its own", alice("staging", "deploy", "staging/api"), nil, update("staging", "api", func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String("staging-api") }), ""},
		{"the narrowing to one target", alice("staging", "restart", "staging/api"), nil, update("staging", "web", nil), "ecs:UpdateService"},
		{"the narrowing to one target, of reading", alice("staging", "status", "staging/api"), nil, func(ctx context.Context, with *session) error {
			_, err := with.reads().DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String("staging"), Services: []string{"web"}})
			return err
		}, "ecs:DescribeServices"},
		{"the narrowing to one task", alice("staging", "stop", "staging/api"), one(state.Tasks[0].ID), stop("staging", state.Tasks[1].ID), "ecs:StopTask"},
		{"the narrowing to one task, of another service", alice("staging", "stop", "staging/api"), one(state.Tasks[0].ID[:8]), stop("staging", web.Tasks[0].ID), "ecs:StopTask"},
		{"the narrowing to one task, by the start of its ID", alice("staging", "stop", "staging/api"), one(state.Tasks[0].ID[:8]), stop("staging", state.Tasks[0].ID), ""},
		{"nothing but the change: exec", alice("staging", "restart", "staging/api"), nil, update("staging", "api", func(in *ecs.UpdateServiceInput) { in.EnableExecuteCommand = aws.Bool(true) }), "ecs:UpdateService"},
		{"nothing but the change: the network", alice("staging", "restart", "staging/api"), nil, update("staging", "api", func(in *ecs.UpdateServiceInput) {
			in.NetworkConfiguration = &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}}
		}), "ecs:UpdateService"},
		{"nothing but the change: a revision whose tasks have no role", alice("staging", "restart", "staging/api"), nil, update("staging", "api", func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String("staging-bare") }), "ecs:UpdateService"},
		{"nothing but the change: other instances", alice("staging", "restart", "staging/api"), nil, update("staging", "api", func(in *ecs.UpdateServiceInput) {
			in.CapacityProviderStrategy = []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("shared-instances"), Weight: 1}}
		}), "ecs:UpdateService"},
		{"nothing but the change: the tags of its tasks", alice("staging", "restart", "staging/api"), nil, update("staging", "api", func(in *ecs.UpdateServiceInput) { in.PropagateTags = types.PropagateTagsNone }), "ecs:UpdateService"},
		{"the tags of what exists", alice("staging", "deploy", "staging/legacy"), nil, func(ctx context.Context, with *session) error {
			past := with.fleet.base.Copy() // the adapter itself knows no such call
			past.Credentials = with.credentials
			_, err := ecs.NewFromConfig(past).TagResource(ctx, &ecs.TagResourceInput{
				ResourceArn: aws.String("arn:aws:ecs:eu-west-1:111122223333:service/staging/legacy"), Tags: []types.Tag{{Key: aws.String("Environment"), Value: aws.String("staging")}},
			})
			return err
		}, "ecs:TagResource"},
		{"the logs of another environment", alice("staging", "logs", "prod/api"), nil, func(ctx context.Context, with *session) error {
			_, err := with.logs("eu-west-1").FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("/ecs/prod/api")})
			return err
		}, "logs:FilterLogEvents"},
		{"the person", alice("staging", "restart", "staging/api"), func(p *fleet.Purpose) { p.Team = "T0OTHER" }, update("staging", "api", nil), "sts:AssumeRole"},
		{"one role to a session", alice("staging", "restart", "staging/api"), nil, func(ctx context.Context, with *session) error {
			client := sts.NewFromConfig(with.fleet.reading("eu-west-1", "", with.credentials, false))
			_, err := client.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(otherOperator), RoleSessionName: aws.String("slack-T0ACME001-U0ALICE"), SourceIdentity: aws.String("slack-T0ACME001-U0ALICE")})
			return err
		}, "sts:AssumeRole"},
	} {
		purpose := row.purpose
		if row.change != nil {
			row.change(&purpose)
		}
		given, err := f.Assume(t.Context(), purpose)
		if err == nil {
			err = row.call(t.Context(), given.(*session))
		}
		switch {
		case row.refused == "" && err != nil:
			t.Errorf("%s: %v", row.guard, err)
		case row.refused != "" && (err == nil || !strings.Contains(err.Error(), "AccessDenied") || !strings.Contains(err.Error(), row.refused)):
			t.Errorf("%s: AWS says %v, and was to refuse %s", row.guard, err, row.refused)
		}
	}
}

// Credentials for one task stop no other, and those for none stop nothing: nothing is asked.
func TestATaskIsStoppedWithCredentialsForItAlone(t *testing.T) {
	f, server := held(t, asGenerated, asWired)
	state, _ := server.Service("staging", "api")
	ref := fleet.Ref{ARN: "arn:aws:ecs:eu-west-1:111122223333:service/staging/api", Cluster: "staging", Name: "api", Environment: "staging"}
	for _, row := range []struct {
		task, stops string
		wants       error
	}{
		{"", state.Tasks[0].ID, fleet.ErrDenied},
		{state.Tasks[1].ID, state.Tasks[0].ID, fleet.ErrDenied},
		{state.Tasks[0].ID[:6], state.Tasks[0].ID, nil},
	} {
		purpose := alice("staging", "stop", "staging/api")
		purpose.Task = row.task
		given, err := f.Assume(t.Context(), purpose)
		if err != nil {
			t.Fatal(err)
		}
		task := fleet.Task{ID: row.stops, ARN: "arn:aws:ecs:eu-west-1:111122223333:task/staging/" + row.stops}
		if _, err = f.Stop(t.Context(), given, fleet.Service{Ref: ref}, task, "test"); !errors.Is(err, row.wants) {
			t.Errorf("for %q: %v", row.task, err)
		}
	}
	if stopped := server.Counts()["ecs:StopTask"]; stopped != 1 {
		t.Errorf("%d tasks were stopped", stopped)
	}
}

// What AWS refused has the ID of its answer, for the entry.
func TestARefusedChangeHasItsRequestID(t *testing.T) {
	f, server := held(t, asGenerated, asWired)
	given, err := f.Assume(t.Context(), alice("prod", "restart", "prod/api"))
	if err != nil {
		t.Fatal(err)
	}
	ref := fleet.Ref{ARN: "arn:aws:ecs:eu-west-1:111122223333:service/prod/api", Cluster: "prod", Name: "api", Environment: "prod"}
	_, err = f.Restart(t.Context(), given, fleet.Service{Ref: ref})
	calls := server.Calls()
	if last := calls[len(calls)-1]; fleet.RequestID(err) == "" || last.Operation != "UpdateService" {
		t.Errorf("request %q of %s, error %v", fleet.RequestID(err), last.Operation, err)
	}
	if fleet.RequestID(context.Canceled) != "" {
		t.Error("a call without an answer has an ID")
	}
}

// The bot's own role changes nothing and reads nothing but services, whatever is attached.
func TestTheBotsOwnCredentialsOnlyLook(t *testing.T) {
	f, _ := held(t, asGenerated, asWired)
	own := &session{fleet: f, purpose: fleet.Purpose{Region: "eu-west-1"}, credentials: f.base.Credentials}
	_, err := own.changes().UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: aws.String("staging"), Service: aws.String("api"), ForceNewDeployment: true})
	if !answered(err).denied() {
		t.Errorf("a restart: %v", err)
	}
	_, err = own.reads().DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("staging-api")})
	if !answered(err).denied() {
		t.Errorf("a task definition: %v", err)
	}
}

// drop takes a statement out of documents.
func drop(kind, sid string) func([]iam.Named) {
	return func(documents []iam.Named) {
		for position := range documents {
			if documents[position].Name == kind {
				documents[position].Document.Statement = slices.DeleteFunc(documents[position].Document.Statement, func(each iam.Statement) bool { return each.Sid == sid })
			}
		}
	}
}

func TestWhatKeepsARoleFromBeingAssumedIsNamed(t *testing.T) {
	denying := func(call string) func([]iam.Named) {
		return func(documents []iam.Named) {
			last := &documents[len(documents)-1].Document // the SCP
			last.Statement = append(last.Statement, iam.Statement{Effect: iam.Deny, Action: iam.Values{call}, Resource: iam.Values{"*"}})
		}
	}
	keyed := func(id, secret, token string) func(*Settings) {
		return func(settings *Settings) {
			settings.LoadOptions = append(settings.LoadOptions, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret, token)))
		}
	}
	for _, row := range []struct {
		says   string
		broken func([]iam.Named)
		change func(*Settings)
		role   string
		want   string
	}{
		{"a role that does not exist", asGenerated, asWired, "arn:aws:iam::111122223333:role/gone", "the role does not exist"},
		{"a trust without Assume", drop("trust", "Assume"), asWired, homeOperator, "the role's trust lacks the statement Assume (sts:AssumeRole)"},
		{"a trust without Tag", drop("trust", "Tag"), asWired, homeOperator, "the role's trust lacks the statement Tag (sts:TagSession)"},
		{"a trust without SourceIdentity", drop("trust", "SourceIdentity"), asWired, homeOperator, "the role's trust lacks the statement SourceIdentity (sts:SetSourceIdentity)"},
		{"a base without AssumeOperator", drop("base", "AssumeOperator"), asWired, otherOperator, "the bot's own role lacks the statement AssumeOperator (sts:AssumeRole)"},
		{"a base without TagOperatorSession", drop("base", "TagOperatorSession"), asWired, otherOperator, "the bot's own role lacks the statement TagOperatorSession (sts:TagSession)"},
		{"a base without NameTheSlackUser", drop("base", "NameTheSlackUser"), asWired, otherOperator, "the bot's own role lacks the statement NameTheSlackUser (sts:SetSourceIdentity)"},
		{"an account that denies tagging", denying("sts:TagSession"), asWired, homeOperator, "organisation denies tagging sessions"},
		{"an account that denies source identities", denying("sts:SetSourceIdentity"), asWired, homeOperator, "organisation denies source identities"},
		{"an account that denies assuming", denying("sts:AssumeRole"), asWired, homeOperator, "organisation denies assuming roles"},
		{"an unknown key", asGenerated, keyed("AKIA"+strings.Repeat("NONE", 4), "made-up", ""), homeOperator, "AWS does not know the bot's own credentials"},
		{"a policy too large", asGenerated, func(settings *Settings) {
			settings.Narrow = func(fleet.Purpose) string { return `"` + strings.Repeat("x", 9000) + `"` }
		}, homeOperator, "session policy and tags are too large together"},
		{"a policy that is none", asGenerated, func(settings *Settings) { settings.Narrow = func(fleet.Purpose) string { return "{" } }, homeOperator, "does not take the session policy"},
		{"a wrong clock", asGenerated, func(settings *Settings) { settings.HTTP = &http.Client{Transport: late{}} }, homeOperator, "the clock of the bot's machine is wrong"},
	} {
		t.Run(row.says, func(t *testing.T) {
			f, _ := held(t, row.broken, row.change)
			purpose := alice("staging", "restart", "staging/api")
			if purpose.Role = row.role; row.role == otherOperator {
				purpose.Environment = "dev"
			}
			_, err := f.Assume(t.Context(), purpose)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want %q in it", err, row.want)
			}
		})
	}
}

// What is wrong with the bot itself is named whatever it asks for, by the words of each service.
func TestWhatIsWrongWithTheBotItselfIsNamed(t *testing.T) {
	for _, row := range []struct{ code, message, want string }{
		{"SignatureDoesNotMatch", "Signature expired: 20260131T140500Z is now earlier than 20260131T150000Z (20260131T150500Z - 5 min.)", wrongClock},
		{"InvalidSignatureException", "Signature not yet current: 20260131T160500Z is still later than 20260131T151000Z (20260131T150500Z + 5 min.)", wrongClock},
		{"RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", wrongClock},
		{"SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.", "the bot's own secret key does not belong to its access key"},
		{"InvalidSignatureException", "The request signature we calculated does not match the signature you provided.", "the bot's own secret key does not belong to its access key"},
		{"InvalidSignatureException", "Credential should be scoped to correct service: 'ecs'.", ""},
		{"ExpiredTokenException", "The security token included in the request is expired", "the bot's own credentials have expired"},
		{"UnrecognizedClientException", "The security token included in the request is invalid.", "AWS does not know the bot's own credentials"},
		{"AccessDeniedException", "User: … is not authorized to perform: ecs:ListServices", ""},
	} {
		named, is := errors.AsType[*fleet.Unassumable](readError("read", &smithy.GenericAPIError{Code: row.code, Message: row.message}))
		if is != (row.want != "") || is && (!strings.Contains(named.Missing, row.want) || !errors.Is(named, fleet.ErrDenied)) {
			t.Errorf("%s %q: %v", row.code, row.message, named)
		}
	}
}

func TestExpiredBaseCredentialsAreNamed(t *testing.T) {
	const key = "ASIA-EXPIRED-BASE"
	server := sandbox.New(sandbox.Options{Fleet: odd(), Keys: map[string]sandbox.Principal{
		key: {Account: sandbox.HomeAccount, Role: sandbox.BaseRole(), ARN: "arn:aws:sts::111122223333:assumed-role/ecsbot/x", Expires: time.Now().Add(-time.Hour)},
	}})
	listening := httptest.NewServer(server)
	defer func() { listening.Close(); server.Close() }()
	f, _ := held(t, asGenerated, func(settings *Settings) {
		settings.LoadOptions = append(settings.LoadOptions, config.WithBaseEndpoint(listening.URL),
			config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(key, "made-up", "")))
	})
	_, err := f.Assume(t.Context(), alice("staging", "restart", "staging/api"))
	if err == nil || !strings.Contains(err.Error(), "the bot's own credentials have expired") {
		t.Errorf("error %v", err)
	}
}

// late dates every request an hour back, as a machine does whose clock is wrong.
type late struct{}

func (late) RoundTrip(request *http.Request) (*http.Response, error) {
	request.Header.Set("X-Amz-Date", time.Now().Add(-time.Hour).UTC().Format("20060102T150405Z"))
	return http.DefaultTransport.RoundTrip(request)
}

// What was kept of a person's is dropped; others' stays.
func TestForgottenCredentialsAreObtainedAgain(t *testing.T) {
	f, server := held(t, asGenerated, asWired)
	assumed := func() int {
		return len(slices.DeleteFunc(server.Calls(), func(call sandbox.Call) bool { return call.Operation != "AssumeRole" }))
	}
	reading, bob := alice("staging", "status", "staging/api"), alice("staging", "status", "staging/api")
	bob.User = "U0BOB"
	for _, row := range []struct {
		forget func()
		want   int
	}{
		{func() {}, 2},
		{func() {}, 2},
		{func() { f.Forget("U0ALICE") }, 3},
		{func() { f.Forget("") }, 5},
	} {
		row.forget()
		for _, purpose := range []fleet.Purpose{reading, bob} {
			if _, err := f.Assume(t.Context(), purpose); err != nil {
				t.Fatal(err)
			}
		}
		if got := assumed(); got != row.want {
			t.Errorf("%d assumptions, want %d", got, row.want)
		}
	}
}

// A client of its own is a pool of connections of its own: a TLS handshake before every change,
// and a connection left over from each. AWS_DEFAULTS_MODE would have the SDK make one each.
func TestSessionsShareTheirConnections(t *testing.T) {
	f, _ := held(t, asGenerated, func(settings *Settings) {
		settings.LoadOptions = append(settings.LoadOptions, config.WithDefaultsMode(aws.DefaultsModeStandard))
	})
	var clients []any
	for _, service := range []string{"staging/api", "staging/worker"} {
		assumed, err := f.Assume(t.Context(), alice("staging", "restart", service))
		if err != nil {
			t.Fatal(err)
		}
		own := assumed.(*session)
		clients = append(clients, own.changes().Options().HTTPClient, own.reads().Options().HTTPClient, own.logs("eu-west-1").Options().HTTPClient)
	}
	clients = append(clients, f.sts("eu-west-1").Options().HTTPClient, f.scope(fleet.Scope{Region: "eu-west-1"}).reads.Options().HTTPClient)
	for i, each := range clients {
		if each != clients[0] {
			t.Errorf("client %d of %d goes by connections of its own", i, len(clients))
		}
	}
}
