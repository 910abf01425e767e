package actions

import (
	"time"

	"golang.org/x/time/rate"
)

// How often Slack is asked anew for somebody who presses a button that only reads. Slack takes
// 20 readings of its groups a minute (docs.slack.dev, Tier 2), and changes must not want for
// them; a reading that is no older than one for a change has to do for further presses.
const (
	pressBurst = 4
	pressEvery = 15 * time.Second
)

// presses paces buttons that only read.
type presses struct{ budget *rate.Limiter }

func newPresses() presses { return presses{rate.NewLimiter(rate.Every(pressEvery), pressBurst)} }

// age is how old the reading may be by which whoever pressed is judged: 0 is one that begins now.
func (p presses) age() time.Duration {
	if p.budget.Allow() {
		return 0
	}
	return changeAge
}
