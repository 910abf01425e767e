package aws

import (
	"sync"
	"time"

	"ecsbot/actions/fleet"
)

const (
	// sessionsKept bounds the memory that sessions take; the bot's people are fewer.
	sessionsKept = 256
	// sessionReserve is how long before its end a session is no longer handed out.
	sessionReserve = time.Minute
)

// sessions remembers the credentials of reads, in memory alone.
type sessions struct {
	mutex sync.Mutex
	known map[fleet.Purpose]*session
}

func newSessions() *sessions { return &sessions{known: make(map[fleet.Purpose]*session)} }

// get finds credentials that were obtained for the same read by the same person.
func (s *sessions) get(purpose fleet.Purpose) (*session, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	known := s.known[repeatable(purpose)]
	if known == nil || !known.fresh() {
		return nil, false
	}
	return known, true
}

// put remembers the credentials of a read; those of a change are never handed out twice.
func (s *sessions) put(session *session) {
	if session.purpose.Changes {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.known) >= sessionsKept {
		s.makeRoom()
	}
	s.known[repeatable(session.purpose)] = session
}

// forget drops what is kept of one person's, or of everybody's.
func (s *sessions) forget(user string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for key := range s.known {
		if user == "" || key.User == user {
			delete(s.known, key)
		}
	}
}

// makeRoom forgets what is over, and where that is nothing, any one.
func (s *sessions) makeRoom() {
	for key, session := range s.known {
		if !session.fresh() {
			delete(s.known, key)
		}
	}
	for key := range s.known {
		if len(s.known) < sessionsKept {
			return
		}
		delete(s.known, key)
	}
}

func (s *session) fresh() bool { return time.Until(s.expires) > sessionReserve }

// repeatable is the purpose without what differs between two requests for the same.
func repeatable(purpose fleet.Purpose) fleet.Purpose {
	purpose.Request = ""
	return purpose
}
