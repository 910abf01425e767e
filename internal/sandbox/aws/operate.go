package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// ServiceState is a service as it truly is, without lag.
type ServiceState struct {
	ARN         string
	Cluster     string
	Name        string
	Tags        map[string]string
	Desired     int
	Running     int
	Pending     int
	Revision    string // task definition ARN
	FailNext    Failure
	Deployments []DeploymentState // PRIMARY first
	Tasks       []TaskState       // oldest first, stopped ones included
	Events      []string          // newest first
}

// DeploymentState is a deployment of a service.
type DeploymentState struct {
	ID       string
	Status   string
	Rollout  string
	Reason   string
	Revision string
	Failed   int
}

// TaskState is a task of a service.
type TaskState struct {
	ID         string
	ARN        string
	Status     string // lastStatus
	Desired    string // desiredStatus
	Health     string
	Deployment string
	Revision   string
	StopCode   string
	StopReason string
}

// Service returns a service by the name or ARN of its cluster and its own name.
func (s *Server) Service(cluster, name string) (ServiceState, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance(time.Now())
	s.arm()
	known, ok := s.findService(cluster, name)
	if !ok {
		return ServiceState{}, false
	}
	return known.state(), true
}

// findService looks through all accounts and regions; a cluster's ARN makes it unambiguous.
func (s *Server) findService(cluster, name string) (*service, bool) {
	for _, place := range s.inOrder() {
		if found, err := place.cluster(cluster); err == nil {
			if known, ok := found.service(name); ok {
				return known, true
			}
		}
	}
	return nil, false
}

func (s *service) state() ServiceState {
	running, pending := s.counts(nil)
	state := ServiceState{
		ARN: s.arn, Cluster: s.cluster.name, Name: s.name, Tags: maps.Clone(s.tags.now),
		Desired: s.desired, Running: running, Pending: pending, Revision: s.definition.arn, FailNext: s.failNext,
	}
	for _, d := range s.deployments {
		state.Deployments = append(state.Deployments, DeploymentState{d.id, d.status, d.rollout, d.reason, d.definition.arn, d.failed})
	}
	for _, t := range s.tasks {
		state.Tasks = append(state.Tasks, TaskState{
			ID: t.id, ARN: t.arn, Status: t.last, Desired: t.desired, Health: t.health, Deployment: t.deployment.id,
			Revision: t.definition.arn, StopCode: t.stopCode, StopReason: t.stopReason,
		})
	}
	for _, event := range s.events {
		state.Events = append(state.Events, event.Message)
	}
	return state
}

// change runs something that changes the fleet, at the present time.
func (s *Server) change(do func(now time.Time) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.advance(now)
	err := do(now)
	s.advance(now)
	s.arm()
	s.notify()
	return err
}

// SetTag sets a tag of any resource, as somebody else would in the console.
func (s *Server) SetTag(arn, key, value string) error {
	return s.retag(arn, func(tags map[string]string) { tags[key] = value })
}

// RemoveTag takes a tag away.
func (s *Server) RemoveTag(arn, key string) error {
	return s.retag(arn, func(tags map[string]string) { delete(tags, key) })
}

func (s *Server) retag(arn string, edit func(map[string]string)) error {
	return s.change(func(now time.Time) error {
		for _, place := range s.places {
			if known, ok := place.taggable[arn]; ok {
				tags := known.tags.with(nil)
				edit(tags)
				place.retag(known, tags, now)
				return nil
			}
		}
		return fmt.Errorf("tagging %s: no such resource", arn)
	})
}

// FailNext lets the next deployment of a service fail; an empty kind takes that back.
func (s *Server) FailNext(cluster, service string, kind Failure) error {
	if !slices.Contains(failureNames(), string(kind)) {
		return fmt.Errorf("failing %s/%s: %q is not one of %q", cluster, service, kind, failureNames())
	}
	return s.change(func(time.Time) error {
		known, ok := s.findService(cluster, service)
		if !ok {
			return fmt.Errorf("failing %s/%s: no such service", cluster, service)
		}
		known.failNext = kind
		return nil
	})
}

// Crash lets a running task's container exit by itself.
func (s *Server) Crash(taskID string, exit int) error {
	return s.change(func(now time.Time) error {
		for _, place := range s.places {
			for _, cluster := range place.clusters {
				if known, ok := cluster.tasks[shortName(taskID)]; ok && known.desired == "RUNNING" && known.last == "RUNNING" {
					known.crash(exit, "Essential container in task exited", now)
					return nil
				}
			}
		}
		return fmt.Errorf("crashing task %s: no such running task", taskID)
	})
}

// WriteLog writes lines into the log of the first container of a service's newest running task.
func (s *Server) WriteLog(cluster, service string, at time.Time, lines ...string) error {
	return s.change(func(time.Time) error {
		known, ok := s.findService(cluster, service)
		if !ok {
			return fmt.Errorf("writing log of %s/%s: no such service", cluster, service)
		}
		live := known.live()
		for _, task := range slices.Backward(live) {
			if len(task.streams) > 0 {
				task.log(at, lines...)
				return nil
			}
		}
		return fmt.Errorf("writing log of %s/%s: no task with a log stream", cluster, service)
	})
}

// Deactivate makes a service INACTIVE, as deleting it does: its tasks are stopped.
func (s *Server) Deactivate(cluster, service string) error {
	return s.change(func(now time.Time) error {
		known, ok := s.findService(cluster, service)
		if !ok {
			return fmt.Errorf("deleting %s/%s: no such service", cluster, service)
		}
		known.status, known.desired, known.deployments = "INACTIVE", 0, nil
		for _, task := range known.live() {
			task.stop("ServiceSchedulerInitiated", "Service was deleted", now)
		}
		known.cluster.names = slices.DeleteFunc(known.cluster.names, func(name string) bool { return name == known.name })
		return nil
	})
}

// AddRole makes one more role that can be assumed.
func (s *Server) AddRole(arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles[strings.TrimSpace(arn)] = true
}
