package aws

import "time"

// Pace is how long the steps of a task's life take; each varies by a tenth.
type Pace struct {
	Schedule     time.Duration // from a change to the scheduler's acting on it
	Provisioning time.Duration // PROVISIONING
	Pulling      time.Duration // PENDING, the image being pulled
	Starting     time.Duration // RUNNING until healthy
	Draining     time.Duration // from told to stop until STOPPED
	Retry        time.Duration // from a failed task to the next attempt; doubles up to 8 times
	Run          time.Duration // how long a one-off task runs
}

// DefaultPace lets a restart take about 15 seconds, which is quick for Fargate.
func DefaultPace() Pace {
	return Pace{
		Schedule: 500 * time.Millisecond, Provisioning: 1500 * time.Millisecond, Pulling: 3 * time.Second,
		Starting: 4 * time.Second, Draining: 4 * time.Second, Retry: 2 * time.Second, Run: 5 * time.Second,
	}
}

// Swift is for tests in real time: a restart takes some 20 milliseconds.
func Swift() Pace {
	const step = 3 * time.Millisecond
	return Pace{Schedule: step, Provisioning: step, Pulling: step, Starting: step, Draining: step, Retry: step, Run: step}
}

// Lag is how long AWS may answer from before a change.
type Lag struct {
	Describe time.Duration // DescribeServices after UpdateService
	Tags     time.Duration // the tagging API's index after a change of tags
	Trail    time.Duration // CloudTrail's history after a call
}

// DefaultLag is what a client must reckon with. AWS says only that both are eventually consistent
// (Amazon ECS API reference, UpdateService; Resource Groups Tagging API reference, GetResources).
// CloudTrail delivers within about five minutes on average (CloudTrail User Guide, "How CloudTrail works").
func DefaultLag() Lag {
	return Lag{Describe: 300 * time.Millisecond, Tags: 5 * time.Second, Trail: 5 * time.Minute}
}

// Consistent is no lag at all.
func Consistent() Lag { return Lag{Describe: -1, Tags: -1, Trail: -1} }

// vary spreads a duration by a tenth either way, so that tasks do not move in step.
func (s *Server) vary(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*s.paces.Float64()))
}
