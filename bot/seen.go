package bot

import (
	"sync"
	"time"
)

// How long a delivery is remembered, and how many at most. Slack delivers an event again up
// to 6 minutes later (docs.slack.dev/apis/events-api: at once, after 1 and after 5 minutes).
const (
	seenFor  = 15 * time.Minute
	seenMost = 50_000
)

// seen remembers which deliveries were taken, in two generations: the older one is forgotten
// as a whole, so nothing is forgotten before seenFor unless there are too many.
type seen struct {
	mu      sync.Mutex
	current map[string]bool
	before  map[string]bool
	turned  time.Time
}

func newSeen() *seen {
	return &seen{current: map[string]bool{}, before: map[string]bool{}, turned: time.Now()}
}

// first notes the names of a delivery and says whether none of them was seen before. Empty
// names are not names.
func (s *seen) first(names ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.turned) >= seenFor || len(s.current) >= seenMost {
		s.before, s.current, s.turned = s.current, map[string]bool{}, time.Now()
	}
	isFirst := true
	for _, name := range names {
		if name == "" {
			continue
		}
		if s.current[name] || s.before[name] {
			isFirst = false
		}
		s.current[name] = true
	}
	return isFirst
}

// forget takes back what first has noted.
func (s *seen) forget(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		delete(s.current, name)
	}
}
