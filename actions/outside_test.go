package actions

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
)

func TestWhoChangedAServiceFromOutsideIsTold(t *testing.T) {
	jane := fleet.TrailEvent{Name: "UpdateService", Principal: "arn:aws:sts::111122223333:assumed-role/admin/jane", Time: time.Unix(0, 0), AccessKeyID: "ASIAJANE"}
	own := fleet.TrailEvent{Name: "UpdateService", Principal: "arn:aws:sts::111122223333:assumed-role/operator/x", SourceIdentity: "slack-T1-BOB"}
	for _, row := range []struct {
		name   string
		looks  [][]fleet.TrailEvent // the answers, one look after the other
		err    error
		events string
		asked  int
		told   bool
	}{
		{"at the first look", [][]fleet.TrailEvent{{own, jane}}, nil, "started accepted failed read", 1, true},
		{"CloudTrail was late", [][]fleet.TrailEvent{nil, {own}, {jane}}, nil, "started accepted failed read", 3, true},
		{"nobody is found", nil, nil, "started accepted failed", 3, false},
		{"ecsbot did it itself", [][]fleet.TrailEvent{{own}, {own}, {own}}, nil, "started accepted failed", 3, false},
		{"it may not be read", nil, fleet.ErrDenied, "started accepted failed", 1, false},
		{"it cannot be read", nil, errors.New("away"), "started accepted failed", 3, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.fleet.updates, w.fleet.updatesErr = row.looks, row.err
				w.says("ALICE", "restart staging api")
				w.fleet.supersede()
				time.Sleep(time.Hour)
				synctest.Wait()
				entries := w.entries(len(strings.Fields(row.events)))
				if events(entries) != row.events || w.fleet.updatesAsked != row.asked {
					t.Errorf("entries %s after %d looks", events(entries), w.fleet.updatesAsked)
				}
				notice := w.slack.notice("ALICE")
				if told := strings.Contains(notice, "api in staging was changed outside ecsbot by "+jane.Principal); told != row.told {
					t.Errorf("told %q", notice)
				}
				last := entries[len(entries)-1]
				if row.told && (last.Action != outsideAction || last.AWS.AccessKeyID != "ASIAJANE" || !strings.Contains(auditLine(last).Plain(), "changed outside ecsbot by "+jane.Principal)) {
					t.Errorf("entry %+v", last)
				}
			})
		})
	}
}

func TestNobodyIsLookedForByAProgramThatStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.says("ALICE", "restart staging api")
		w.fleet.supersede()
		time.Sleep(time.Minute)
		w.runner.Stop(t.Context())
		time.Sleep(time.Hour)
		if w.fleet.updatesAsked != 0 {
			t.Errorf("%d looks", w.fleet.updatesAsked)
		}
		w.runner.trace(&watched{}, fleet.Service{}) // nothing begins any more
	})
}

// Updates is what CloudTrail has by this look.
func (f *fakeFleet) Updates(context.Context, fleet.Ref, time.Time, time.Time) ([]fleet.TrailEvent, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.updatesAsked++
	if f.updatesAsked > len(f.updates) {
		return nil, f.updatesErr
	}
	return f.updates[f.updatesAsked-1], f.updatesErr
}

// overtake is somebody's deployment of staging/api while another one is under way.
func (f *fakeFleet) overtake(revision string) {
	f.set("arn:staging/api", func(service *fleet.Service) {
		for number := range service.Deployments {
			service.Deployments[number].Status = "ACTIVE"
		}
		theirs := fleet.Deployment{ID: "ecs-svc/theirs", Status: "PRIMARY", Rollout: fleet.InProgress, Revision: revision, Created: time.Now().Add(time.Second)}
		service.Deployments = append([]fleet.Deployment{theirs}, service.Deployments...)
	})
}

// supersede is somebody's deployment of staging/api past ecsbot.
func (f *fakeFleet) supersede() {
	f.set("arn:staging/api", func(service *fleet.Service) {
		service.Deployments = []fleet.Deployment{{ID: "ecs-svc/theirs", Status: "PRIMARY", Rollout: fleet.InProgress, Created: time.Now()}}
	})
}
