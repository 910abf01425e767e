package aws

import (
	"fmt"
	"strings"
	"time"
)

// reconcile is the service scheduler: it stops what is too much, starts what is missing and
// says when the deployment has come to its end. It runs after every change of a task.
func (s *service) reconcile(now time.Time) {
	primary := s.primary()
	if primary == nil || s.status != "ACTIVE" {
		return
	}
	primary.proceed(now)
	if !primary.keepsOld() {
		s.retire(primary, now)
	}
	s.shrink(primary, now)
	s.fill(primary, now)
	s.finish(primary, now)
}

// retire stops tasks of older deployments while enough healthy ones remain.
func (s *service) retire(primary *deployment, now time.Time) {
	least := (s.desired*s.settings.minHealthy() + 99) / 100
	healthy := len(s.tasksThat(func(t *task) bool { return t.desired == "RUNNING" && t.healthy() }))
	var stopped []*task
	for _, task := range s.live() {
		if task.deployment == primary || primary.tripped {
			continue
		}
		if task.healthy() && healthy <= least && s.desired > 0 {
			continue
		}
		if task.healthy() {
			healthy--
		}
		stopped = append(stopped, task)
	}
	s.dismiss(stopped, primary, now)
}

// shrink stops tasks of the primary deployment that are more than desired, newest first.
func (s *service) shrink(primary *deployment, now time.Time) {
	tasks := primary.tasks()
	if len(tasks) > s.desired {
		s.dismiss(tasks[s.desired:], primary, now)
	}
}

func (s *service) dismiss(tasks []*task, by *deployment, now time.Time) {
	if len(tasks) == 0 {
		return
	}
	for _, task := range tasks {
		task.stop("ServiceSchedulerInitiated", fmt.Sprintf("Scaling activity initiated by (deployment %s)", by.id), now)
	}
	s.say(now, "(service %s) has stopped %d running tasks: %s.", s.name, len(tasks), named(tasks))
}

// fill starts the missing tasks of the primary deployment, as far as the maximum allows.
func (s *service) fill(primary *deployment, now time.Time) {
	if primary.tripped || now.Before(primary.retryAt) {
		return
	}
	room := s.desired*s.settings.maximum()/100 - len(s.live())
	missing := min(s.desired-len(primary.tasks()), room)
	if missing <= 0 {
		return
	}
	var started []*task
	for range missing {
		task := s.newTask(primary, now)
		task.begin(now)
		started = append(started, task)
	}
	primary.updated, s.steady = now, false
	s.say(now, "(service %s) has started %d tasks: %s.", s.name, len(started), named(started))
}

// finish drops deployments without tasks, and completes the primary one when it alone is left
// with all its tasks healthy.
func (s *service) finish(primary *deployment, now time.Time) {
	kept := s.deployments[:1]
	for _, old := range s.deployments[1:] {
		if old.left() || primary.tripped && len(old.tasks()) > 0 {
			kept = append(kept, old)
			continue
		}
		old.status = "INACTIVE"
	}
	s.deployments = kept
	if primary.tripped || len(kept) > 1 || len(primary.tasks()) != s.desired {
		return
	}
	for _, task := range s.tasks {
		if task.desired == "RUNNING" && !task.healthy() || task.desired == "STOPPED" && task.last != "STOPPED" {
			return
		}
	}
	s.complete(primary, now)
}

func (s *service) complete(primary *deployment, now time.Time) {
	if primary.rollout == "IN_PROGRESS" {
		primary.rollout, primary.reason = "COMPLETED", fmt.Sprintf("ECS deployment %s completed.", primary.id)
		primary.updated = now
		if primary.outcome == "IN_PROGRESS" {
			primary.settle("SUCCESSFUL", "", now)
		}
		for _, past := range s.history {
			if past.rollbackTo == primary && past.outcome == "ROLLBACK_IN_PROGRESS" {
				past.settle("ROLLBACK_SUCCESSFUL", past.outcomeReason, now)
			}
		}
		s.say(now, "(service %s) (deployment %s) deployment completed.", s.name, primary.id)
	}
	if !s.steady {
		s.steady = true
		s.say(now, "(service %s) has reached a steady state.", s.name)
	}
}

func named(tasks []*task) string {
	names := make([]string, len(tasks))
	for i, task := range tasks {
		names[i] = "(task " + task.id + ")"
	}
	return strings.Join(names, " ")
}
