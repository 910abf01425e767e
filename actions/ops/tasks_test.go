package ops

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
)

// lister has tasks of one state, and cannot list those of another.
type lister map[string]error

func (l lister) Tasks(_ context.Context, _ fleet.Session, _ fleet.Service, status string) ([]fleet.Task, error) {
	return nil, l[status]
}

// What has stopped is not what somebody asks for who wants to know what runs: where it alone cannot be
// read, that is said, and nobody is told that nothing has stopped.
func TestWhatRunsIsToldWithoutWhatHasStopped(t *testing.T) {
	away := errors.New("AWS is away")
	nothing := actions.Paragraph{Text: actions.Textf("No task runs, and none has stopped within the last hour.")}
	unread := actions.Note{Text: actions.Textf("Could not be read now: what has stopped")}
	for name, test := range map[string]struct {
		aws     lister
		says    actions.Block
		missing error
		fails   error
	}{
		"both are read":     {lister{}, nothing, nil, nil},
		"no stopped ones":   {lister{"STOPPED": away}, unread, away, nil},
		"no running ones":   {lister{"RUNNING": away}, nil, nil, away},
		"neither of either": {lister{"RUNNING": away, "STOPPED": away}, nil, nil, away},
	} {
		outcome, err := tasks(test.aws, nil).Run(t.Context(), actions.Call{})
		if !errors.Is(err, test.fails) || !errors.Is(outcome.Missing, test.missing) || test.says != nil && !reflect.DeepEqual(outcome.Message.Body, []actions.Block{test.says}) {
			t.Errorf("%s: %+v, %v", name, outcome, err)
		}
	}
}
