// Package ops has every operation, one file each, in domain words: no SDK, no Slack. To add
// one, write its file, add a line to Catalog, and a scenario.
package ops

import (
	"context"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/doctor"
	"ecsbot/internal/redact"
)

// AWS is what operations need of AWS, each by its own small interface.
type AWS interface {
	Restarter
	LogReader
	Gauge
	Mortician
	DefinitionReader
	Examiner
	Follower
	ImageReader
	Scaler
	Stopper
	GuardReader
	Returner
	Continuer
	Deployer
	Launcher
}

// Needs is what the operations are made of.
type Needs struct {
	Finder   actions.Finder
	Reader   actions.Reader
	AWS      AWS
	History  History
	Redactor *redact.Redactor
	LiveTail bool                // a followed log may be sent by CloudWatch
	Rules    func() doctor.Rules // by which the doctor judges
}

// Catalog is the list of all operations.
func Catalog(needs Needs) (*actions.Catalog, error) {
	var catalog *actions.Catalog
	all := func() *actions.Catalog { return catalog }
	var err error
	catalog, err = actions.NewCatalog([]actions.Action{
		help(all),
		whoami(),
		can(all, needs.Finder),
		services(needs.Finder),
		status(needs.Finder, needs.Reader, needs.AWS, needs.History, needs.Redactor),
		tasks(needs.AWS, needs.Redactor),
		diff(needs.AWS),
		why(needs.AWS, needs.History, needs.Redactor),
		logs(needs.AWS, needs.Redactor, needs.LiveTail),
		inspect(needs.Finder, needs.AWS, needs.Rules),
		restart(needs.AWS),
		audit(needs.History),
		deploy(needs.AWS, isolation{needs.Finder, needs.Reader}),
		rollback(needs.AWS),
		proceed(needs.AWS),
		scale(needs.AWS),
		stop(needs.AWS),
		run(needs.AWS, needs.Redactor, isolation{needs.Finder, needs.Reader}),
		hold(),
		release(),
		request(),
	})
	return catalog, err
}

// visible are the services of an environment that the caller may know of.
func visible(call actions.Call, finder actions.Finder, environment string) []fleet.Ref {
	var own []fleet.Ref
	for _, ref := range finder.Services(environment) {
		if call.Covers(environment, ref.Name) {
			own = append(own, ref)
		}
	}
	return own
}

// instant makes an action's Run of a function that only remembers.
func instant(answer func(actions.Call) actions.Message) func(context.Context, actions.Call) (actions.Outcome, error) {
	return func(_ context.Context, call actions.Call) (actions.Outcome, error) {
		return actions.Outcome{Message: answer(call)}, nil
	}
}
