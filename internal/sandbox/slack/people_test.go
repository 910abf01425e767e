package slack_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"ecsbot/internal/sandbox/slack"
)

const page = "http://sandbox/sandbox/slack"

func TestThePageIsTheOnlyWebPageThatActs(t *testing.T) {
	w := served(t)
	body := `{"user":"U0ALICE","channel":"C01OPS","text":"hello"}`
	for name, test := range map[string]struct {
		headers []string
		want    int
	}{
		"its own":           {[]string{"Origin", "http://sandbox"}, http.StatusOK},
		"no web page":       {nil, http.StatusOK},
		"another origin":    {[]string{"Origin", "http://evil.example"}, http.StatusForbidden},
		"a plain form":      {[]string{"Content-Type", "text/plain"}, http.StatusForbidden},
		"another site":      {[]string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		"an opaque origin":  {[]string{"Origin", "null"}, http.StatusForbidden},
		"form content type": {[]string{"Content-Type", "application/x-www-form-urlencoded"}, http.StatusForbidden},
	} {
		if status, text := w.post(page+"/command", body, test.headers...); status != test.want {
			t.Errorf("%s: %d %s, want %d", name, status, text, test.want)
		}
	}
}

func TestAForeignNameIsNotServed(t *testing.T) {
	w := served(t)
	for host, want := range map[string]int{"evil.example:8080": http.StatusMisdirectedRequest, "localhost:8080": http.StatusOK, "127.0.0.1:8080": http.StatusOK} {
		r, err := http.NewRequest(http.MethodGet, page+"/state?user=alice", nil)
		w.must(err)
		r.Host = host
		response, err := w.client.Do(r)
		w.must(err)
		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: %d, want %d", host, response.StatusCode, want)
		}
	}
}

func TestThePageSeesWhatAPersonSees(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		formApp(t, w, func(slackgo.View) any { return nil })
		if _, text := w.post(page+"/command", `{"user":"alice","channel":"C01OPS","text":"/ecs"}`); !strings.Contains(text, `"ok":true`) {
			t.Fatal(text)
		}
		response, err := w.client.Get(page + "/events?user=U0ALICE")
		w.must(err)
		defer response.Body.Close()
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 1<<20)
		state := func() slack.State {
			for lines.Scan() {
				if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
					var s slack.State
					w.must(json.Unmarshal([]byte(data), &s))
					return s
				}
			}
			t.Fatal("the stream has ended")
			return slack.State{}
		}
		s := state()
		if s.Me.Name != "alice" || len(s.Views) != 1 || s.Connections != 1 || len(s.People) != 6 || len(s.Commands) != 1 {
			t.Errorf("state %+v", s)
		}
		var names []string
		for _, c := range s.Channels {
			names = append(names, c.Name)
		}
		if got := strings.Join(names, " "); got != "ops random with-evil ecsbot" {
			t.Errorf("alice's channels: %s", got)
		}
		w.bot("chat.postMessage", "channel", "C01OPS", "text", "news")
		for s = state(); len(s.Channels[0].Messages) == 0; s = state() {
		}
		eve, err := w.State("eve")
		w.must(err)
		if len(eve.Channels) != 2 || len(eve.Commands) != 0 || !eve.Me.External {
			t.Errorf("eve sees %+v", eve)
		}
	})
}

func TestTheGroupsAsTheAppReadsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := served(t)
		kinds := make(chan string, 10)
		w.run(func(a app, e socketmode.Event) {
			switch data := e.Data.(type) {
			case slackevents.EventsAPIEvent:
				_ = a.socket.Ack(*e.Request)
				kinds <- data.InnerEvent.Type
			case *socketmode.ErrorBadMessage: // counts as strings do not decode in slack-go
				var frame struct {
					EnvelopeID string `json:"envelope_id"`
					Payload    struct {
						Event struct {
							Type  string `json:"type"`
							Added string `json:"added_users_count"`
						} `json:"event"`
					} `json:"payload"`
				}
				w.must(json.Unmarshal(data.Message, &frame))
				_ = a.socket.Send(socketmode.Response{EnvelopeID: frame.EnvelopeID})
				kinds <- frame.Payload.Event.Type + " " + frame.Payload.Event.Added
			}
		})
		w.must(w.SetGroup("S0SRE", "U0BOB", "U0CAROL"))
		got := map[string]bool{<-kinds: true, <-kinds: true}
		if !got["subteam_members_changed 1"] || !got["subteam_updated"] {
			t.Errorf("events %v", got)
		}
		groups, err := w.api().GetUserGroupsContext(t.Context(), slackgo.GetUserGroupsOptionIncludeUsers(true))
		w.must(err)
		if len(groups) != 4 || groups[3].ID != "S0VIEWERS" || strings.Join(groups[2].Users, " ") != "U0BOB U0CAROL" {
			t.Errorf("groups %+v", groups)
		}
		for _, outsider := range []string{"U0EVE", "U0GUEST"} {
			if err := w.SetGroup("S0SRE", outsider); err == nil {
				t.Errorf("%s is in a group", outsider)
			}
		}
		w.must(w.DisableGroup("S0SRE", true))
		if out := w.bot("usergroups.list"); len(out["usergroups"].([]any)) != 3 {
			t.Errorf("a disabled group is listed: %v", out)
		}
	})
}

func TestPeopleAsTheAppReadsThem(t *testing.T) {
	w := served(t)
	info := func(id string) map[string]any { return w.bot("users.info", "user", id)["user"].(map[string]any) }
	if eve := info("U0EVE"); eve["team_id"] != "T0EVIL" || eve["is_stranger"] != false {
		t.Errorf("eve: %v", eve)
	}
	if guest := info("U0GUEST"); guest["is_restricted"] != true {
		t.Errorf("the guest: %v", guest)
	}
	alice, _ := w.User("U0ALICE")
	alice.IsDeleted = true
	w.SetUser(alice)
	if got := info("U0ALICE"); got["deleted"] != true {
		t.Errorf("alice: %v", got)
	}
	if err := w.Command("alice", "#ops", "/ecs help"); err == nil || err.Error() != "Your account has been deactivated." {
		t.Errorf("a deactivated person used a command: %v", err)
	}
	shared := w.bot("conversations.info", "channel", "C04SHARED")["channel"].(map[string]any)
	if shared["is_ext_shared"] != true {
		t.Errorf("the shared channel: %v", shared)
	}
}
