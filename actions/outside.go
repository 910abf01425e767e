package actions

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
)

// TrailReader finds in CloudTrail who updated a service between two times, the oldest first.
type TrailReader interface {
	Updates(ctx context.Context, ref fleet.Ref, from, to time.Time) ([]fleet.TrailEvent, error)
}

// outsideAction is the name under which a change that ecsbot did not make stands in the ledger.
const outsideAction = "outside"

// How an update that was not ecsbot's is looked for: CloudTrail is some minutes late, 15 at
// most.
const (
	outsideSlack = time.Minute // between a deployment's creation and the call that made it
	outsideLimit = time.Minute // for one look
)

func outsidePauses() []time.Duration {
	return []time.Duration{6 * time.Minute, 5 * time.Minute, 6 * time.Minute}
}

// trace finds out who changed a service while ecsbot followed it, and tells it where the
// requester reads and in the ledger. It is done once for each operation that was superseded,
// three looks at most, and given up where the program stops or CloudTrail may not be read.
func (r *Runner) trace(one *watched, service fleet.Service) {
	if !r.begin() {
		return
	}
	go func() {
		defer r.open.Done()
		for _, pause := range outsidePauses() {
			select {
			case <-time.After(pause):
			case <-r.stopping:
				return
			}
			if r.traced(one, service) {
				return
			}
		}
		r.Log.Info("who changed a service is not in CloudTrail", "operation", one.task.id, "service", service.String())
	}()
}

// traced says whether nothing is left to look for.
func (r *Runner) traced(one *watched, service fleet.Service) bool {
	ctx, cancel := context.WithTimeout(context.Background(), outsideLimit)
	defer cancel()
	created := service.Primary().Created
	updates, err := r.Trail.Updates(ctx, service.Ref, created.Add(-outsideSlack), created.Add(outsideSlack))
	if errors.Is(err, fleet.ErrDenied) {
		r.Log.Info("CloudTrail may not be read: who changed a service from outside is not known", "operation", one.task.id, "error", err)
		return true
	}
	if err != nil {
		r.Log.Warn("CloudTrail cannot be read; trying again", "operation", one.task.id, "error", err)
		return false
	}
	for position := len(updates) - 1; position >= 0; position-- {
		if by := updates[position]; !isOwn(by) {
			r.tellOutside(ctx, one, service, by)
			return true
		}
	}
	return false
}

// isOwn says whether an update was made in a session of ecsbot's.
func isOwn(by fleet.TrailEvent) bool {
	return strings.HasPrefix(by.SourceIdentity, sourcePrefix)
}

// sourcePrefix begins the source identity of every session of ecsbot's (fleet.Purpose).
const sourcePrefix = "slack-"

func (r *Runner) tellOutside(ctx context.Context, one *watched, service fleet.Service, by fleet.TrailEvent) {
	who := flat(by.Principal, 200)
	entry := ledger.Entry{
		Operation: r.NewID(), Event: ledger.Read, Action: outsideAction, Environment: service.Environment, Service: service.Name, Target: service.ARN,
		Arguments: map[string]string{"operation": one.task.id},
		Result:    fmt.Sprintf("changed outside ecsbot by %s: %s at %s", who, by.Name, by.Time.UTC().Format(time.RFC3339)),
		AWS:       &ledger.AWS{RequestID: by.RequestID, AccessKeyID: by.AccessKeyID, SourceIdentity: by.SourceIdentity},
	}
	one.task.record(entry)
	_ = r.notify(ctx, one.task.request.Actor, one.task.id, Message{
		Tone: Warning, Title: Textf("%v in %v was changed outside ecsbot by %v.", Bold(service.Name), Bold(service.Environment), Named(who)),
		Body: []Block{
			Paragraph{Textf("%v at %v, as CloudTrail has it: that superseded your %v.", Named(by.Name), MomentSpan(by.Time), one.task.command.action.Name)},
			Note{Textf("Operation %v", one.task.id)},
		},
	})
}
