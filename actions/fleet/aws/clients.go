package aws

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	tagging "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"

	"ecsbot/actions/fleet"
)

// The deadlines of calls, waiting and trying again included.
const (
	readDeadline       = 10 * time.Second
	backgroundDeadline = time.Minute
	changeDeadline     = 20 * time.Second
)

const (
	// readAttempts is how often a read is tried, as the SDK's standard retryer does it.
	readAttempts = 5
	// readPause is the longest between two of them, so that all fit into the deadline.
	readPause = 2 * time.Second
)

// scope is one place's clients: those whom a person waits for and those of the background.
type scope struct {
	reads *ecs.Client
	walks *ecs.Client
	tags  *tagging.Client
	trail *cloudtrail.Client
	iam   *iam.Client

	// deniedUntil is when the tagging API may be asked again, in Unix nanoseconds.
	deniedUntil atomic.Int64
}

func (s *scope) taggingDenied() bool { return time.Now().UnixNano() < s.deniedUntil.Load() }

func (s *scope) denyTagging() { s.deniedUntil.Store(time.Now().Add(taggingDeniedFor).UnixNano()) }

// scope builds the clients of a scope when they are wanted first.
func (f *Fleet) scope(wanted fleet.Scope) *scope {
	f.building.Lock()
	defer f.building.Unlock()
	built := f.scopes[wanted]
	if built == nil {
		credentials := f.discoveryCredentials(wanted)
		reads := f.reading(wanted.Region, wanted.Role, credentials, false)
		walks := f.reading(wanted.Region, wanted.Role, credentials, true)
		built = &scope{
			reads: ecs.NewFromConfig(reads),
			walks: ecs.NewFromConfig(walks),
			tags:  tagging.NewFromConfig(walks),
			trail: cloudtrail.NewFromConfig(walks),
			iam:   iam.NewFromConfig(walks),
		}
		f.scopes[wanted] = built
	}
	return built
}

// discoveryCredentials are those of the scope's role. A role that the bot's own role assumes
// ends after an hour at most (STS, AssumeRole: role chaining); a quarter is asked for.
func (f *Fleet) discoveryCredentials(scope fleet.Scope) aws.CredentialsProvider {
	if scope.Role == "" {
		return f.base.Credentials
	}
	provider := stscreds.NewAssumeRoleProvider(f.sts(scope.Region), scope.Role,
		func(options *stscreds.AssumeRoleOptions) {
			options.RoleSessionName = "ecsbot-discovery"
			options.Duration = 15 * time.Minute
		})
	return aws.NewCredentialsCache(provider, func(options *aws.CredentialsCacheOptions) {
		options.ExpiryWindow = time.Minute
	})
}

func (f *Fleet) sts(region string) *sts.Client {
	return sts.NewFromConfig(f.reading(region, "", f.base.Credentials, false))
}

// reading is the configuration of calls that change nothing.
func (f *Fleet) reading(region, role string, credentials aws.CredentialsProvider, background bool) aws.Config {
	deadline, longestPause := readDeadline, readPause
	if background {
		deadline, longestPause = backgroundDeadline, retry.DefaultMaxBackoff
	}
	configured := f.configured(region, role, credentials, deadline, background)
	configured.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(options *retry.StandardOptions) {
			options.MaxAttempts, options.MaxBackoff = readAttempts, longestPause
		})
	}
	return configured
}

// changing is the configuration of calls that change something: the SDK never sends one twice,
// whatever the environment says.
func (f *Fleet) changing(region, role string, credentials aws.CredentialsProvider) aws.Config {
	configured := f.configured(region, role, credentials, changeDeadline, false)
	configured.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return configured
}

func (f *Fleet) configured(
	region, role string, credentials aws.CredentialsProvider, deadline time.Duration, background bool,
) aws.Config {
	configured := f.base.Copy()
	configured.Credentials = credentials
	configured.RetryMaxAttempts = 0
	if region != "" {
		configured.Region = region
	}
	configured.APIOptions = append(configured.APIOptions,
		within(deadline), f.limits.pass(account(role), configured.Region, background))
	return configured
}

// account is the one of the role's ARN, whose throttles its credentials use.
func account(role string) string {
	parts := strings.Split(role, ":")
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}

// within bounds a whole call: its turn, its attempts and its answer.
func within(deadline time.Duration) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ecsbot.Deadline",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
				middleware.InitializeOutput, middleware.Metadata, error,
			) {
				ctx, cancel := context.WithTimeout(ctx, deadline)
				defer cancel()
				return next.HandleInitialize(ctx, in)
			}), middleware.Before)
	}
}
