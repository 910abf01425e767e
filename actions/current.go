package actions

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// errSlow says that whatever was read was too old, or worth nothing any more, when it was there.
var errSlow = errors.New("what Slack says of somebody is too old before it is there")

// current reads the person as recently as a change demands, and after a click or a confirmation
// anew. That it cannot be read is no error of the path: the decision refuses on it.
func (t *task) current(ctx context.Context) (authz.Person, bool) {
	ctx, cancel := context.WithTimeout(ctx, changeAge)
	defer cancel()
	age := personAge
	if t.request.pressed || t.request.Confirmed {
		age = 0
	}
	if _, err := t.runner.People.Read(ctx, t.request.Actor, age); err != nil {
		t.runner.Log.Warn("groups are not fresh", "operation", t.id, "error", err)
		return t.person, false
	}
	return t.still(ctx)
}

// still is the person after something slow: as known, where that is recent enough for a change,
// else read once more.
func (t *task) still(ctx context.Context) (authz.Person, bool) {
	ctx, cancel := context.WithTimeout(ctx, changeAge)
	defer cancel()
	persons, err := t.runner.recent(ctx, t.request.Actor)
	if err != nil {
		t.runner.Log.Warn("groups are not fresh", "operation", t.id, "error", err)
		return t.person, false
	}
	return persons[0], true
}

// rereadings is how often people are read again until nothing about any of them is too old.
const rereadings = 2

// recent are people as a change may be judged by: nothing about any of them is older than
// changeAge when it returns.
func (r *Runner) recent(ctx context.Context, actors ...authz.Actor) ([]authz.Person, error) {
	for range rereadings + 1 {
		persons := make([]authz.Person, len(actors))
		reading, readingCtx := errgroup.WithContext(ctx)
		areRecent := true
		for position, actor := range actors {
			known, isRecent := r.People.Recall(actor, changeAge)
			if persons[position] = known; !isRecent {
				areRecent = false
				reading.Go(func() error {
					_, err := r.People.Read(readingCtx, actor, changeAge/2)
					return err
				})
			}
		}
		if err := reading.Wait(); err != nil {
			return nil, err
		}
		if areRecent {
			return persons, nil
		}
	}
	return nil, errSlow
}

// approversOf are those who have approved an operation so far.
func approversOf(operation ledger.Operation) []authz.Actor {
	var actors []authz.Actor
	for _, entry := range operation.Approvals {
		actors = append(actors, entry.Actor)
	}
	return actors
}

// renew has everybody in a question as Slack says now, after whatever AWS took, and decides again.
func (c clicked) renew(ctx context.Context, operation ledger.Operation, asked *task, question *authz.Question) (authz.Decision, error) {
	ctx, cancel := context.WithTimeout(ctx, changeAge)
	defer cancel()
	actors := append([]authz.Actor{asked.request.Actor}, approversOf(operation)...)
	persons, err := c.runner.recent(ctx, append(actors, c.request.Actor)...)
	if err != nil {
		return authz.Decision{}, err
	}
	question.Person, question.Approvers = persons[0], persons[1:]
	asked.person, c.person = persons[0], persons[len(persons)-1]
	return c.rules.Policy.Decide(*question), nil
}
