package slack

import "time"

// Asked is one slash command, and what whoever gave it got to see.
type Asked struct {
	Person  string
	Text    string
	At      time.Time
	Socket  int       // the connection that took it; 0 if none was open
	Ended   time.Time // when that connection ended; zero while it is open
	Refusal string    // what Slack itself said in place of the app; empty if the app took it
	Answers int       // of the app, in its acknowledgement or by the response_url
}

// Asked are the last slash commands, the first one first.
func (s *Server) Asked() []Asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Asked, len(s.record.asked))
	for i, each := range s.record.asked {
		all[i] = *each
	}
	return all
}

func (r *record) ask(asked *Asked) {
	r.asked = keepLast(append(r.asked, asked), r.keep)
}

// socketEnded notes the end of a connection with what was asked over it.
func (r *record) socketEnded(number int) {
	for _, each := range r.asked {
		if each.Socket == number && each.Ended.IsZero() {
			each.Ended = time.Now()
		}
	}
}
