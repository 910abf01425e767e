package aws

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// stages are the lifecycle stages of a deployment that shifts traffic, in their order (Amazon
// ECS Developer Guide, "Lifecycle stages of a service deployment").
func stages() []string {
	return []string{
		"RECONCILE_SERVICE", "PRE_SCALE_UP", "SCALE_UP", "POST_SCALE_UP", "TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT",
		"PRODUCTION_TRAFFIC_SHIFT", "POST_PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP",
	}
}

// Stages at which something happens beside passing through.
const (
	stageScaleUp = "SCALE_UP"
	stageShift   = "PRODUCTION_TRAFFIC_SHIFT"
	stageBake    = "BAKE_TIME"
	stageCleanUp = "CLEAN_UP"
)

// shifting is how long each step of a linear or canary shift takes.
const shifting = 3 * time.Second

// hook is a pause of a deployment at one stage.
type hook struct {
	ID            string `json:"hookId"`
	TargetType    string `json:"targetType"`
	Status        string `json:"status"`
	ExpiresAt     stamp  `json:"expiresAt"`
	TimeoutAction string `json:"timeoutAction"`
}

const awaiting = "AWAITING_ACTION"

// shifts says whether the service's deployments shift traffic from old tasks to new ones, which
// run side by side until then.
func (s *service) shifts() bool { return s.settings.DeploymentConfiguration.Strategy != "ROLLING" }

// keepsOld says whether the tasks of older deployments are left alone for now.
func (d *deployment) keepsOld() bool {
	return d.service.shifts() && d.rollout == "IN_PROGRESS" && d.stage != stageCleanUp && !d.isReturn
}

// proceed moves a deployment on through its stages as far as it can go now.
func (d *deployment) proceed(now time.Time) {
	if !d.service.shifts() || d.rollout != "IN_PROGRESS" || d.tripped || d.isReturn {
		return
	}
	if d.stage == "" {
		d.enter(stages()[0], now)
	}
	for d.stage != stageCleanUp && d.mayLeave(now) {
		d.enter(stages()[slices.Index(stages(), d.stage)+1], now)
	}
}

// enter begins a stage; where a hook pauses there, somebody has to let it go on.
func (d *deployment) enter(stage string, now time.Time) {
	server := d.service.server()
	d.stage, d.updated, d.leaveAt = stage, now, now
	if slices.Contains(d.service.spec.PauseAt, stage) {
		minutes := d.service.spec.PauseMinutes
		if minutes == 0 {
			minutes = 1440
		}
		expires := now.Add(time.Duration(minutes) * time.Minute)
		made := &hook{ID: server.uuid(), TargetType: "PAUSE", Status: awaiting, ExpiresAt: stamp(expires), TimeoutAction: orElse(d.service.spec.PauseThen, "ROLLBACK")}
		d.hooks = append(d.hooks, made)
		server.at(expires, func(now time.Time) { d.resolve(made, made.TimeoutAction, now) })
		d.service.say(now, "(service %s) (deployment %s) is paused at %s.", d.service.name, d.id, stage)
	}
	switch stage {
	case stageShift:
		d.wait(map[string]time.Duration{"LINEAR": 4 * shifting, "CANARY": 2 * shifting}[d.service.settings.DeploymentConfiguration.Strategy], now)
	case stageBake:
		d.wait(time.Duration(d.service.spec.BakeMinutes)*time.Minute, now)
	}
}

func (d *deployment) wait(how time.Duration, now time.Time) {
	if how > 0 {
		d.leaveAt = now.Add(how)
		d.service.server().at(d.leaveAt, d.service.reconcile)
	}
}

// mayLeave says whether the stage is done.
func (d *deployment) mayLeave(now time.Time) bool {
	if now.Before(d.leaveAt) || d.paused() != nil {
		return false
	}
	if d.stage != stageScaleUp {
		return true
	}
	healthy := d.service.tasksThat(func(t *task) bool { return t.deployment == d && t.healthy() })
	return len(healthy) >= d.service.desired
}

func (d *deployment) paused() *hook {
	for _, each := range d.hooks {
		if each.Status == awaiting {
			return each
		}
	}
	return nil
}

// resolve lets a paused deployment go on, or turns it back.
func (d *deployment) resolve(at *hook, action string, now time.Time) {
	if at.Status != awaiting || d.rollout != "IN_PROGRESS" || d != d.service.primary() {
		return
	}
	at.Status = "SUCCEEDED"
	if action == "CONTINUE" {
		d.service.wake(now)
		return
	}
	if target := d.service.lastGood(d); target != nil {
		d.rollout, d.reason = "FAILED", "Service deployment was rolled back at a lifecycle hook."
		d.revert(target, "Service deployment rolled back at a lifecycle hook", now)
	}
}

type continueServiceDeploymentInput struct {
	ServiceDeploymentArn string `json:"serviceDeploymentArn"`
	HookID               string `json:"hookId"`
	Action               string `json:"action"`
}

type continueServiceDeploymentOutput struct {
	ServiceDeploymentArn string `json:"serviceDeploymentArn"`
}

func continueServiceDeployment(c *call, in *continueServiceDeploymentInput) (*continueServiceDeploymentOutput, error) {
	known, err := c.authorisedDeployment("ecs:ContinueServiceDeployment", in.ServiceDeploymentArn)
	if err != nil {
		return nil, err
	}
	if err := oneOf("action", in.Action, "CONTINUE", "ROLLBACK"); err != nil {
		return nil, err
	}
	if known == nil || known.arn != in.ServiceDeploymentArn {
		return nil, refuse("ServiceDeploymentNotFoundException", "Service deployment not found.")
	}
	at := known.paused()
	if at == nil || at.ID != in.HookID || known != known.service.primary() {
		return nil, invalid("The hook %s is not awaiting an action.", in.HookID)
	}
	known.service.remember(c.now)
	known.resolve(at, orElse(in.Action, "CONTINUE"), c.now)
	return &continueServiceDeploymentOutput{ServiceDeploymentArn: known.arn}, nil
}

// lifecycleHooks is how a service's configuration shows its pauses.
func lifecycleHooks(spec ServiceSpec) json.RawMessage {
	if len(spec.PauseAt) == 0 {
		return nil
	}
	minutes := spec.PauseMinutes
	if minutes == 0 {
		minutes = 1440
	}
	return json.RawMessage(fmt.Sprintf(`[{"targetType":"PAUSE","lifecycleStages":["%s"],"timeoutConfiguration":{"timeoutInMinutes":%d,"action":"%s"}}]`,
		strings.Join(spec.PauseAt, `","`), minutes, orElse(spec.PauseThen, "ROLLBACK")))
}

// checkPauses refuses pauses where ECS has none (Amazon ECS API reference, DeploymentLifecycleHook).
func (s ServiceSpec) checkPauses() error {
	for _, stage := range s.PauseAt {
		if !slices.Contains(stages(), stage) || strings.HasSuffix(stage, "_SHIFT") && !strings.HasPrefix(stage, "POST_") {
			return fmt.Errorf("pause_at: there is no pause at %q", stage)
		}
	}
	if len(s.PauseAt) > 0 && (s.Strategy == "" || s.Strategy == "ROLLING") {
		return fmt.Errorf("pause_at: only deployments that shift traffic pause")
	}
	return nil
}
