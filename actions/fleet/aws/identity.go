package aws

import (
	"context"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// identity is the role that the bot itself has. It is asked for once and never changes.
type identity struct {
	mutex sync.Mutex
	known bool
	role  string
}

// OwnRole is the role under which the bot itself acts, as an ARN without a path; empty where its
// credentials are those of no role.
func (f *Fleet) OwnRole(ctx context.Context) (string, error) {
	f.identity.mutex.Lock()
	defer f.identity.mutex.Unlock()
	if f.identity.known {
		return f.identity.role, nil
	}
	answer, err := f.sts("").GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", readError("ask AWS who the bot is", err)
	}
	f.identity.role, f.identity.known = roleOf(aws.ToString(answer.Arn)), true
	return f.identity.role, nil
}

// roleOf is the role of a session's ARN, arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION.
func roleOf(arn string) string {
	head, rest, assumed := strings.Cut(arn, ":assumed-role/")
	if !assumed {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return strings.Replace(head, ":sts:", ":iam:", 1) + ":role/" + name
}
