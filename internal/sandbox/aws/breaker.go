package aws

import (
	"fmt"
	"time"
)

// threshold is how many failed tasks trip the circuit breaker: half of the desired ones,
// from 3 to 200 (Amazon ECS Developer Guide, "Deployment circuit breaker").
func (s *service) threshold() int {
	return min(max((s.desired+1)/2, 3), 200)
}

// countFailure notes that a task of the deployment failed to become healthy.
func (d *deployment) countFailure(now time.Time) {
	if d != d.service.primary() || d.rollout != "IN_PROGRESS" {
		return
	}
	d.failed++
	d.updated = now
	breaker := d.service.settings.breaker()
	if breaker.Enable && d.failed >= d.service.threshold() {
		d.trip(breaker.Rollback, now)
		return
	}
	d.postpone(now)
}

// postpone makes the scheduler wait before the next attempt, longer after each round of failures.
func (d *deployment) postpone(now time.Time) {
	server := d.service.server()
	rounds := d.failed / max(d.desired, 1)
	wait := server.options.Pace.Retry << min(rounds, 3)
	if at := now.Add(wait); at.After(d.retryAt) {
		d.retryAt = at
		server.at(at, d.service.reconcile)
	}
	if rounds >= 2 && !d.impaired {
		d.impaired = true
		d.service.say(now, "(service %s) is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.", d.service.name)
	}
}

// trip fails the deployment for good, and rolls back where that is asked for and possible.
func (d *deployment) trip(rollback bool, now time.Time) {
	d.rollout, d.reason = "FAILED", "ECS deployment circuit breaker: tasks failed to start."
	d.tripped = true
	d.service.say(now, "(service %s) (deployment %s) deployment failed: tasks failed to start.", d.service.name, d.id)
	target := d.service.lastGood(d)
	if !rollback || target == nil {
		d.settle("STOPPED", d.reason, now)
		return
	}
	d.revert(target, "ECS deployment circuit breaker", now)
}

// lastGood is the newest completed deployment before this one; nil where there is none.
func (s *service) lastGood(before *deployment) *deployment {
	for _, past := range s.history {
		if past != before && past.rollout == "COMPLETED" {
			return past
		}
	}
	return nil
}

// revert makes an earlier deployment the primary one again.
func (d *deployment) revert(target *deployment, why string, now time.Time) {
	s := d.service
	d.status, d.tripped = "ACTIVE", true
	if at := d.paused(); at != nil {
		at.Status = "FAILED"
	}
	d.settle("ROLLBACK_IN_PROGRESS", d.reason, now)
	d.finished = time.Time{}
	d.rolledBack, d.rollbackTo = now, target
	others := []*deployment{target}
	for _, deployment := range s.deployments {
		if deployment != target {
			others = append(others, deployment)
		}
	}
	s.deployments = others
	target.status, target.rollout, target.updated, target.isReturn = "PRIMARY", "IN_PROGRESS", now, true
	target.desired = s.desired
	target.reason = fmt.Sprintf("%s: rolling back to deploymentId %s.", why, target.id)
	s.definition = target.definition
	s.say(now, "(service %s) rolling back to deployment %s.", s.name, target.id)
	s.wake(now)
}
