package page_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"ecsbot/internal/sandbox/page"
)

// post is one thing that the page asked the sandbox for.
type post struct {
	path string
	body map[string]any
}

// fixture is a sandbox that shows what lies in testdata and writes down what it is asked for.
type fixture struct {
	*httptest.Server
	posts chan post
	users chan string         // whose stream was opened, one after the other
	slack chan map[string]any // states that replace the first one
	state map[string]any
}

func newFixture(t *testing.T, edit func(state map[string]any)) *fixture {
	t.Helper()
	f := &fixture{posts: make(chan post, 16), users: make(chan string, 16), slack: make(chan map[string]any, 16), state: testdata(t, "slack.json")}
	if edit != nil {
		edit(f.state)
	}
	fleet := testdata(t, "aws.json")
	mux := http.NewServeMux()
	mux.Handle("/", page.Handler())
	mux.HandleFunc("GET /sandbox/slack/events", f.stream)
	mux.HandleFunc("GET /sandbox/aws/events", func(w http.ResponseWriter, r *http.Request) {
		send(w, fleet)
		<-r.Context().Done()
	})
	mux.HandleFunc("POST /sandbox/", f.take)
	f.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		f.CloseClientConnections()
		f.Close()
	})
	return f
}

func (f *fixture) stream(w http.ResponseWriter, r *http.Request) {
	user := r.URL.Query().Get("user")
	f.users <- user
	send(w, as(f.state, user))
	for {
		select {
		case next := <-f.slack:
			send(w, as(next, user))
		case <-r.Context().Done():
			return
		}
	}
}

// as is a state with another person in it.
func as(state map[string]any, user string) map[string]any {
	out := map[string]any{}
	for name, value := range state {
		out[name] = value
	}
	for _, person := range state["people"].([]any) {
		if person.(map[string]any)["id"] == user {
			out["me"] = person
		}
	}
	return out
}

func (f *fixture) take(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.posts <- post{r.URL.Path, body}
	w.Header().Set("Content-Type", "application/json")
	switch {
	case body["text"] == "/refused":
		fmt.Fprint(w, `{"ok":false,"error":"You cannot do that here."}`)
	case r.URL.Path == "/sandbox/slack/options":
		fmt.Fprint(w, `{"ok":true,"result":{"options":[{"text":{"type":"plain_text","text":"api"},"value":"api"}]}}`)
	default:
		fmt.Fprint(w, `{"ok":true,"result":null}`)
	}
}

func send(w http.ResponseWriter, state map[string]any) {
	encoded, err := json.Marshal(state)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprintf(w, "event: state\ndata: %s\n\n", encoded)
	w.(http.Flusher).Flush()
}

func testdata(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
