package slack_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"ecsbot/internal/sandbox/slack"
)

// call calls a method with a form and returns the answer.
func (w *world) call(method, token string, fields ...string) map[string]any {
	w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	r, err := http.NewRequest(http.MethodPost, address+"/api/"+method, strings.NewReader(form.Encode()))
	w.must(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := w.client.Do(r)
	w.must(err)
	defer response.Body.Close()
	var out map[string]any
	w.must(json.NewDecoder(response.Body).Decode(&out))
	return out
}

// bot calls a method with the bot's token.
func (w *world) bot(method string, fields ...string) map[string]any {
	w.t.Helper()
	return w.call(method, slack.BotToken, fields...)
}

// rawSocket is a socket that acknowledges nothing by itself.
type rawSocket struct{ conn *websocket.Conn }

func openSocket(t *testing.T, w *world) string {
	t.Helper()
	out := w.call("apps.connections.open", slack.AppToken)
	link, ok := out["url"].(string)
	if !ok || !strings.HasPrefix(link, "ws://sandbox/slack/socket?ticket=") {
		t.Fatalf("apps.connections.open: %v", out)
	}
	return link
}

func tryConnect(w *world, link string) (*websocket.Conn, error) {
	dialer := websocket.Dialer{NetDialContext: w.pipes.dial}
	conn, response, err := dialer.Dial(link, http.Header{"Origin": {"https://api.slack.com"}})
	if response != nil {
		_ = response.Body.Close()
	}
	return conn, err
}

func connect(t *testing.T, w *world, link string) rawSocket {
	t.Helper()
	conn, err := tryConnect(w, link)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return rawSocket{conn}
}

func dial(t *testing.T, w *world) rawSocket {
	t.Helper()
	return connect(t, w, openSocket(t, w))
}

func (r rawSocket) next(t *testing.T) map[string]any {
	t.Helper()
	var frame map[string]any
	if err := r.conn.ReadJSON(&frame); err != nil {
		t.Fatal(err)
	}
	return frame
}
