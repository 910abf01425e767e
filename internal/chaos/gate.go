package chaos

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
)

// point is where in its work a bot is killed.
type point string

// The points. An entry is stored before it is printed; a call is killed before it is carried
// out, or after that and before its answer.
const (
	atRandom    point = "at a random instant"
	atEntry     point = "after a ledger write"
	beforeAWS   point = "before an AWS call"
	afterAWS    point = "after an AWS call"
	beforeSlack point = "before a Slack call"
	afterSlack  point = "after a Slack call"

	beforeChange point = "before UpdateService"
	afterChange  point = "after UpdateService"
)

// turn is a point, and how many times it may be passed before it is the turn of the first again.
type turn struct {
	point point
	most  int
}

// turns are all points. The first calls of a life are those of its start.
func turns() []turn {
	return []turn{
		{atRandom, 1},
		{atEntry, 8},
		{beforeChange, 3},
		{afterChange, 3},
		{beforeAWS, 40},
		{afterAWS, 40},
		{beforeSlack, 40},
		{afterSlack, 40},
	}
}

// trap kills at the left-th time that the point is passed.
type trap struct {
	point point
	left  int
}

// gate stands before the sandbox and kills whoever passes.
type gate struct {
	next http.Handler

	mutex sync.Mutex
	trap  trap
	kill  func() // nil: nobody is killed
}

func (g *gate) arm(trap trap, kill func()) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.trap, g.kill = trap, kill
}

func (g *gate) disarm() { g.arm(trap{}, nil) }

// passes is how the caller dies, if the trap strikes now.
func (g *gate) passes(at ...point) func() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.kill == nil || !slices.Contains(at, g.trap.point) {
		return nil
	}
	if g.trap.left--; g.trap.left > 0 {
		return nil
	}
	kill := g.kill
	g.kill = nil
	return kill
}

// ServeHTTP lets a call through to the sandbox, unless its caller dies of it.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	before, after := []point{beforeAWS}, []point{afterAWS}
	switch {
	case strings.HasPrefix(r.URL.Path, "/slack/api/"):
		before, after = []point{beforeSlack}, []point{afterSlack}
	case strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".UpdateService"):
		before, after = append(before, beforeChange), append(after, afterChange)
	case strings.HasPrefix(r.URL.Path, "/aws"):
	default: // sockets and the like
		g.next.ServeHTTP(w, r)
		return
	}
	if kill := g.passes(before...); kill != nil {
		kill()
		return
	}
	answer := httptest.NewRecorder()
	g.next.ServeHTTP(answer, r)
	if kill := g.passes(after...); kill != nil {
		kill()
		return
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // whoever has gone cannot be told
}
