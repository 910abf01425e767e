package bot

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"ecsbot/actions"
)

// lately is how long no connection may be up before the bot calls itself not ready; a
// connection that Slack renews is away for less.
const lately = 15 * time.Second

// links is how the connections to Slack stand.
type links struct {
	mu     sync.Mutex
	up     []bool
	epochs []int // counts the sockets of each connection
	lastUp time.Time
}

func newLinks(count int) *links { return &links{up: make([]bool, count), epochs: make([]int, count)} }

// set notes that a connection is up (Slack said hello) or lost.
func (l *links) set(number int, up bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if up || l.up[number] {
		l.lastUp = time.Now()
	}
	if !up {
		l.epochs[number]++
	}
	l.up[number] = up
}

// epoch tells one socket of a connection from the next.
func (l *links) epoch(number int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.epochs[number]
}

// ready is an error where no connection has been up lately.
func (l *links) ready() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, up := range l.up {
		if up {
			return nil
		}
	}
	if l.lastUp.IsZero() {
		return errors.New("no connection to Slack yet")
	}
	if away := time.Since(l.lastUp); away > lately {
		return fmt.Errorf("no connection to Slack for %s", actions.DurationText(away.Round(time.Second)))
	}
	return nil
}
