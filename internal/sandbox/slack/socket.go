package slack

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// largestAck is the size from which on Slack silently drops what an app sends
// over a socket (measured; see maxResponseSize of github.com/slack-go/slack/socketmode).
const largestAck = 20 * 1024

// warningTime is how long before its end a connection is warned
// (docs.slack.dev/apis/events-api/using-socket-mode).
const warningTime = 10 * time.Second

// socket is one open Socket Mode connection.
type socket struct {
	server *Server
	number int
	conn   *websocket.Conn
	out    chan []byte
	ctx    context.Context //nolint:containedctx // the life of the connection
	end    context.CancelFunc
}

func (s *Server) openConnection(q request) (answer, error) {
	s.record.counters.Opens++
	s.appBase = q.base
	ticket := identity("") + identity("")
	s.tickets[ticket] = true
	base := strings.Replace(q.base, "http", "ws", 1)
	return answer{"url": base + "/socket?ticket=" + ticket + "&app_id=" + s.team.AppID}, nil
}

// redeem uses a ticket up.
func (s *Server) redeem(ticket string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	isKnown := s.tickets[ticket]
	delete(s.tickets, ticket)
	return isKnown
}

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	if !s.redeem(r.URL.Query().Get("ticket")) {
		http.Error(w, "invalid ticket", http.StatusForbidden)
		return
	}
	if !s.start() {
		return
	}
	defer s.running.Done()
	// The ticket admits, not the origin: slack-go sends Slack's own.
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return
	}
	conn.SetReadLimit(1 << 20)
	life := s.options.ConnectionLife
	if r.URL.Query().Get("debug_reconnects") == "true" {
		life = 360 * time.Second
	}
	c := &socket{server: s, conn: conn, out: make(chan []byte, 256)}
	c.ctx, c.end = context.WithCancel(s.alive)
	defer c.end()
	c.serve(r.Host, life)
}

// serve runs the connection until either side ends it.
func (c *socket) serve(host string, life time.Duration) {
	work := []func(){c.write, c.ping, func() { c.expire(life) }}
	done := make(chan struct{}, len(work))
	for _, w := range work {
		go func() { defer func() { done <- struct{}{} }(); w() }()
	}
	c.server.join(c, host, life)
	c.read()
	c.end()
	c.server.leave(c)
	_ = c.conn.CloseNow()
	for range work {
		<-done
	}
}

// join greets a connection and lets it take envelopes, or turns it away.
func (s *Server) join(c *socket, host string, life time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sockets) >= s.options.Limits.Connections {
		c.disconnect("too_many_websockets")
		return
	}
	s.record.counters.Sockets++
	s.socketCount++
	c.number = s.socketCount
	s.sockets = append(s.sockets, c)
	c.send(map[string]any{
		"type": "hello", "num_connections": len(s.sockets), "connection_info": map[string]any{"app_id": s.team.AppID},
		"debug_info": map[string]any{"host": host, "build_number": 1, "approximate_connection_time": int(life.Seconds())},
	})
	if f := s.strike("socket", FaultDisconnect); f != nil {
		c.disconnect(or(f.Reason, "refresh_requested"))
	}
	s.touch()
}

func (s *Server) leave(c *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets = slices.DeleteFunc(s.sockets, func(o *socket) bool { return o == c })
	s.record.socketEnded(c.number)
	s.touch()
}

// send queues a frame; a connection that does not keep up is cut.
func (c *socket) send(value any) {
	frame, err := json.Marshal(value)
	if err != nil {
		return
	}
	c.queue(frame)
}

func (c *socket) queue(frame []byte) {
	select {
	case c.out <- frame:
	default:
		c.end()
	}
}

// disconnect tells the app to reconnect. A warning leaves it ten seconds; every
// other reason ends the connection at once.
func (c *socket) disconnect(reason string) {
	c.send(map[string]any{
		"type": "disconnect", "reason": reason, "debug_info": map[string]any{"host": "sandbox"},
	})
	if reason != "warning" {
		c.queue(nil)
		return
	}
	go func() {
		if pause(c.ctx, warningTime) {
			c.end()
		}
	}()
}

// Disconnect tells every open connection to reconnect, for a reason that Slack
// knows: warning, refresh_requested or link_disabled.
func (s *Server) Disconnect(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.sockets {
		c.disconnect(reason)
	}
}

// write sends what is queued; a nil frame closes the connection.
func (c *socket) write() {
	for {
		select {
		case <-c.ctx.Done():
			_ = c.conn.CloseNow()
			return
		case frame := <-c.out:
			if frame == nil {
				_ = c.conn.Close(websocket.StatusNormalClosure, "")
				c.end()
				return
			}
			ctx, cancel := context.WithTimeout(c.ctx, warningTime)
			err := c.conn.Write(ctx, websocket.MessageText, frame)
			cancel()
			if err != nil {
				c.end()
			}
		}
	}
}

// ping keeps telling the app that the connection is alive, and ends it when the
// app no longer answers.
func (c *socket) ping() {
	for {
		ctx, cancel := context.WithTimeout(c.ctx, 3*c.server.options.PingInterval)
		err := c.conn.Ping(ctx)
		cancel()
		if err != nil {
			c.end()
			return
		}
		if !pause(c.ctx, c.server.options.PingInterval) {
			return
		}
	}
}

func (c *socket) expire(life time.Duration) {
	if pause(c.ctx, max(0, life-warningTime)) {
		c.disconnect("warning")
	}
}

func (c *socket) read() {
	for {
		_, frame, err := c.conn.Read(c.ctx)
		if err != nil {
			return
		}
		c.server.acknowledge(frame)
	}
}

// choose picks the connection that gets the next envelope: any of them.
func (s *Server) choose() *socket {
	if len(s.sockets) == 0 {
		return nil
	}
	s.nextSocket++
	return s.sockets[(s.nextSocket+rand.IntN(2))%len(s.sockets)]
}
