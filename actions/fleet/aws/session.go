package aws

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"ecsbot/actions/fleet"
)

// sessionLife is the shortest that STS grants (STS API reference, AssumeRole).
const sessionLife = 15 * time.Minute

// session is the credentials of one purpose, and how its clients are made.
type session struct {
	fleet       *Fleet
	purpose     fleet.Purpose
	credentials aws.CredentialsProvider
	accessKeyID string
	identity    string
	expires     time.Time
}

// AccessKeyID is the public half of the credentials; empty for the bot's own.
func (s *session) AccessKeyID() string { return s.accessKeyID }

// SourceIdentity is the person whom AWS sees; empty for the bot's own credentials.
func (s *session) SourceIdentity() string { return s.identity }

// String keeps the credentials out of whatever prints a session.
func (s *session) String() string {
	return fmt.Sprintf("session for %s in %s", s.purpose.Operation, s.purpose.Environment)
}

// GoString is String.
func (s *session) GoString() string { return s.String() }

func (s *session) reads() *ecs.Client {
	return ecs.NewFromConfig(s.fleet.reading(s.purpose.Region, s.purpose.Role, s.credentials, false))
}

func (s *session) changes() *ecs.Client {
	return ecs.NewFromConfig(s.fleet.changing(s.purpose.Region, s.purpose.Role, s.credentials))
}

func (s *session) logs(region string) *cloudwatchlogs.Client {
	return cloudwatchlogs.NewFromConfig(s.fleet.reading(region, s.purpose.Role, s.credentials, false))
}

// Assume obtains credentials for one purpose, in which AWS sees the person, the environment
// and the operation. A purpose without a role gets the bot's own. Those for a change are
// always new; those for a read may be the same person's of a few minutes ago.
func (f *Fleet) Assume(ctx context.Context, purpose fleet.Purpose) (fleet.Session, error) {
	if purpose.Region == "" {
		purpose.Region = f.base.Region
	}
	if purpose.Role == "" {
		return &session{fleet: f, purpose: purpose, credentials: f.base.Credentials}, nil
	}
	if !purpose.Changes { // what was approved is a change; nothing that reads goes by it
		purpose.Approved, purpose.ApprovedBy, purpose.BreakGlass = false, "", false
	}
	if known, ok := f.sessions.get(purpose); ok {
		return known, nil
	}
	input, err := assumption(purpose, f.settings.Narrow(purpose))
	if err != nil {
		return nil, fmt.Errorf("assume %s: %w: %w", purpose.Role, fleet.ErrDenied, err)
	}
	asked := time.Now()
	output, err := f.sts(purpose.Region).AssumeRole(ctx, input)
	if err != nil {
		return nil, assumeError(purpose.Role, err)
	}
	issued := output.Credentials
	if issued == nil {
		return nil, fmt.Errorf("assume %s: %w: an answer without credentials", purpose.Role, fleet.ErrUnavailable)
	}
	assumed := &session{
		fleet:   f,
		purpose: purpose,
		credentials: credentials.NewStaticCredentialsProvider(
			aws.ToString(issued.AccessKeyId), aws.ToString(issued.SecretAccessKey), aws.ToString(issued.SessionToken)),
		accessKeyID: aws.ToString(issued.AccessKeyId),
		identity:    purpose.SourceIdentity(),
		expires:     asked.Add(sessionLife),
	}
	f.sessions.put(assumed)
	return assumed, nil
}

// Forget drops the credentials that are kept of one person, or of everybody where user is
// empty: somebody may have lost the right for which they were obtained.
func (f *Fleet) Forget(user string) { f.sessions.forget(user) }

// assumption is what AWS is asked for. What the tags say is what the role's policies are
// about, so that a bug here meets a refusal there.
func assumption(purpose fleet.Purpose, policy string) (*sts.AssumeRoleInput, error) {
	person := purpose.SourceIdentity()
	if err := validIdentity(purpose.Team, purpose.User, person); err != nil {
		return nil, err
	}
	input := &sts.AssumeRoleInput{
		RoleArn:           aws.String(purpose.Role),
		RoleSessionName:   aws.String(person),
		SourceIdentity:    aws.String(person),
		DurationSeconds:   aws.Int32(int32(sessionLife / time.Second)),
		Policy:            aws.String(policy),
		TransitiveTagKeys: []string{"Environment", "Operation", "Approved"},
		Tags: []types.Tag{
			tag("Environment", purpose.Environment),
			tag("Operation", purpose.Operation),
			tag("Approved", approved(purpose)),
		},
	}
	if purpose.Approved {
		approver := fmt.Sprintf("slack-%s-%s", purpose.Team, purpose.ApprovedBy)
		if err := validIdentity(purpose.Team, purpose.ApprovedBy, approver); err != nil {
			return nil, fmt.Errorf("approved: %w", err)
		}
		input.Tags = append(input.Tags, tag("ApprovedBy", approver))
		input.TransitiveTagKeys = append(input.TransitiveTagKeys, "ApprovedBy")
	}
	if purpose.Request != "" {
		input.Tags = append(input.Tags, tag("RequestId", purpose.Request))
	}
	return input, nil
}

// validIdentity holds a person against what STS takes as a source identity (STS API
// reference, AssumeRole: 2 to 64 of these characters).
func validIdentity(team, user, identity string) error {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-"
	strange := strings.Trim(identity, allowed) != ""
	if team == "" || user == "" || strange || len(identity) > 64 {
		return fmt.Errorf("%q names nobody", identity)
	}
	return nil
}

func tag(key, value string) types.Tag {
	return types.Tag{Key: aws.String(key), Value: aws.String(value)}
}

// approved is the session tag that says how a change came to be allowed.
func approved(purpose fleet.Purpose) string {
	if purpose.BreakGlass {
		return "break-glass"
	}
	return strconv.FormatBool(purpose.Approved)
}
