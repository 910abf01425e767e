package aws

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsbot/actions/fleet"
)

// ErrOpen says that AWS let through what it must refuse.
var ErrOpen = errors.New("AWS did not refuse it")

// noTask is the ID of a task that does not exist: what is asked of it can do no harm.
func noTask() string { return strings.Repeat("0", 32) }

// TrespassRead tries, with credentials for one environment, to read a service of another. That
// AWS denies it is nil; that AWS does anything else is ErrOpen, or what kept AWS from judging.
func (f *Fleet) TrespassRead(ctx context.Context, given fleet.Session, ref fleet.Ref) error {
	intruder, err := intruding(given, ref)
	if err != nil {
		return err
	}
	_, err = intruder.reads().DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: aws.String(clusterARN(ref)), Services: []string{ref.Name}})
	return denied("read "+ref.String(), err)
}

// TrespassStop tries, with credentials for one environment, to stop a task in a cluster of
// another. The task does not exist.
func (f *Fleet) TrespassStop(ctx context.Context, given fleet.Session, ref fleet.Ref) error {
	intruder, err := intruding(given, ref)
	if err != nil {
		return err
	}
	_, err = intruder.changes().StopTask(ctx, &ecs.StopTaskInput{
		Cluster: aws.String(clusterARN(ref)), Task: aws.String(strings.Replace(clusterARN(ref), ":cluster/", ":task/", 1) + "/" + noTask()),
		Reason: aws.String("ecsbot check: this must be refused"),
	})
	return denied("stop a task in "+ref.Cluster, err)
}

// intruding takes credentials of an environment that is not the target's: what is tried with
// them must fail.
func intruding(given fleet.Session, ref fleet.Ref) (*session, error) {
	intruder, ok := given.(*session)
	if !ok || intruder == nil || intruder.accessKeyID == "" || intruder.purpose.Environment == ref.Environment {
		return nil, fmt.Errorf("%w: these credentials are not for another environment", fleet.ErrDenied)
	}
	return intruder, nil
}

func denied(doing string, err error) error {
	said := answered(err)
	switch {
	case err == nil:
		return fmt.Errorf("%s: %w", doing, ErrOpen)
	case said.refusesAccess():
		return nil
	case said.throttled() || said.denied() || !said.refusedForSure():
		return readError(doing, err)
	}
	return fmt.Errorf("%s: %w, but answered %s", doing, ErrOpen, said)
}
