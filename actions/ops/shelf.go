package ops

import (
	"slices"
	"sync"
	"time"
)

// What is kept of one reading and of all of them together, and for how long buttons work.
const (
	stockBytes = 512 << 10
	shelfMost  = 8 << 20 // bytes
	shelfFor   = time.Hour
)

// shelf holds the readings whose buttons work, the newest last. Its memory is bounded: what
// was read longest ago is forgotten first.
type shelf struct {
	mutex sync.Mutex
	all   []shelved
}

type shelved struct {
	reading *reading
	size    int
	until   time.Time
}

// keep puts a reading up, or up again, and forgets others where there are too many. The
// caller holds the reading.
func (s *shelf) keep(r *reading) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.all = slices.DeleteFunc(s.all, func(each shelved) bool { return each.reading == r })
	s.all = append(s.all, shelved{r, size(r.rows), r.at.Add(shelfFor)})
	total := 0
	for _, each := range s.all {
		total += each.size
	}
	now := time.Now()
	for len(s.all) > 1 && (total > shelfMost || s.all[0].until.Before(now)) {
		total -= s.all[0].size
		go s.all[0].reading.forget() // it may be at work this moment
		s.all = s.all[1:]
	}
}

// forget lets go of the rows.
func (r *reading) forget() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.rows, r.isForgotten = nil, true
}

// size is about how much memory rows take.
func size(rows []row) int {
	total := 0
	for _, each := range rows {
		total += each.size()
	}
	return total
}

func (r row) size() int { return len(r.text) + 160 }

// bounded keeps the memory of a reading flat: at one end, rows are forgotten.
func bounded(rows []row, fromEnd bool) []row {
	total := size(rows)
	for total > stockBytes && len(rows) > blockRows {
		if fromEnd {
			total -= rows[len(rows)-1].size()
			rows = rows[:len(rows)-1]
			continue
		}
		total -= rows[0].size()
		rows = rows[1:]
	}
	return slices.Clip(rows)
}
