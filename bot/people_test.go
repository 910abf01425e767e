package bot

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"ecsbot/authz"
)

func TestStanding(t *testing.T) {
	bot := self{Team: "T1", Enterprise: "E1"}
	alice := authz.Actor{Team: "T1", User: "U1"}
	tests := []struct {
		name  string
		actor authz.Actor
		user  slack.User
		want  authz.Standing
	}{
		{"a full member", alice, slack.User{ID: "U1", TeamID: "T1"}, authz.Insider},
		{"of another workspace of the same enterprise", alice, slack.User{ID: "U1", TeamID: "T2", Enterprise: slack.EnterpriseUser{EnterpriseID: "E1"}}, authz.Insider},
		{"of another company", authz.Actor{Team: "T2", User: "U1"}, slack.User{ID: "U1", TeamID: "T2"}, authz.External},
		{"of another enterprise", alice, slack.User{ID: "U1", TeamID: "T2", Enterprise: slack.EnterpriseUser{EnterpriseID: "E2"}}, authz.External},
		{"who claims another team than their own", authz.Actor{Team: "T9", User: "U1"}, slack.User{ID: "U1", TeamID: "T1"}, authz.External},
		{"a stranger", alice, slack.User{ID: "U1", TeamID: "T1", IsStranger: true}, authz.External},
		{"a guest", alice, slack.User{ID: "U1", TeamID: "T1", IsRestricted: true}, authz.Guest},
		{"a single-channel guest", alice, slack.User{ID: "U1", TeamID: "T1", IsUltraRestricted: true}, authz.Guest},
		{"deactivated", alice, slack.User{ID: "U1", TeamID: "T1", Deleted: true}, authz.Departed},
		{"a bot", alice, slack.User{ID: "U1", TeamID: "T1", IsBot: true}, authz.Automaton},
		{"an app's user", alice, slack.User{ID: "U1", TeamID: "T1", IsAppUser: true}, authz.Automaton},
		{"Slackbot", authz.Actor{Team: "T1", User: "USLACKBOT"}, slack.User{ID: "USLACKBOT", TeamID: "T1"}, authz.Automaton},
		{"without a team", alice, slack.User{ID: "U1"}, authz.Nobody},
		{"without an ID", alice, slack.User{TeamID: "T1"}, authz.Nobody},
		{"somebody else's record", alice, slack.User{ID: "U2", TeamID: "T1"}, authz.Nobody},
		{"asked for without a team", authz.Actor{User: "U1"}, slack.User{ID: "U1", TeamID: "T1"}, authz.Nobody},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := standing(bot, test.actor, test.user); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	noEnterprise := slack.User{ID: "U1", TeamID: "T2"}
	if got := standing(self{Team: "T1"}, authz.Actor{Team: "T2", User: "U1"}, noEnterprise); got != authz.External {
		t.Errorf("two empty enterprises made %s", got)
	}
}

func TestGridActorIsOfTheInstalledTeam(t *testing.T) {
	bot := self{Team: "T1", Enterprise: "E1"}
	if got := bot.actor("T2", "E1", "U1"); got.Team != "T1" {
		t.Errorf("got %v", got)
	}
	if got := bot.actor("T2", "E2", "U1"); got.Team != "T2" {
		t.Errorf("got %v", got)
	}
	if got := (self{Team: "T1"}).actor("T2", "", "U1"); got.Team != "T2" {
		t.Errorf("without an enterprise: %v", got)
	}
}

func TestGroupsThatCount(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		bot.fake.on("usergroups.list", says(`{"ok":true,"usergroups":[
			{"id":"S3","users":["U1"]},{"id":"S1","users":["U1","U2"]},{"id":"S2","users":["U1"],"date_delete":1700000000},
			{"id":"S4","users":["U1"],"is_external":true},{"id":"S5","users":[]}]}`))
		person, err := bot.People().Read(t.Context(), authz.Actor{Team: "T1", User: "U1"}, 0)
		want := authz.Person{Actor: authz.Actor{Team: "T1", User: "U1"}, Standing: authz.Insider, Groups: []string{"S1", "S3"}}
		if diff := cmp.Diff(want, person); diff != "" || err != nil {
			t.Error(err, diff)
		}
		if form := bot.fake.made("usergroups.list")[0].values; form.Get("include_users") != "true" || form.Get("include_disabled") != "" {
			t.Errorf("asked for %v", form)
		}
	})
}

// A reading is as old as its beginning, is shared, and is believed no longer than asked for.
func TestAgeCountsFromTheBeginning(t *testing.T) {
	alice := authz.Actor{Team: "T1", User: "U1"}
	slow := func(call call, w http.ResponseWriter) {
		time.Sleep(3 * time.Second)
		says(`{"ok":true,"usergroups":[{"id":"S1","users":["U1"]}]}`)(call, w)
	}
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		people := bot.People()
		time.Sleep(20 * time.Second)
		if _, ok := people.Recall(alice, time.Minute); ok {
			t.Error("somebody who was never read is remembered")
		}
		bot.fake.on("usergroups.list", slow)
		before := len(bot.fake.made("usergroups.list"))
		for range 10 {
			go func() { _, _ = people.Read(t.Context(), alice, 5*time.Second) }()
		}
		if _, err := people.Read(t.Context(), alice, 5*time.Second); err != nil {
			t.Fatal(err)
		}
		if made := len(bot.fake.made("usergroups.list")) - before; made != 1 {
			t.Errorf("11 readers made %d readings", made)
		}
		if _, ok := people.Recall(alice, 2*time.Second); ok {
			t.Error("a reading that began 3 s ago passes for 2 s old")
		}
		if _, ok := people.Recall(alice, 3*time.Second); !ok {
			t.Error("a reading that began 3 s ago is not remembered")
		}
		if _, err := people.Read(t.Context(), alice, 0); err != nil {
			t.Fatal(err)
		}
		if made := len(bot.fake.made("usergroups.list")) - before; made != 2 {
			t.Errorf("a reading of age 0 did not begin anew: %d in all", made)
		}
	})
}

// A reading that began before somebody asked for age 0 does not serve them.
func TestAgeZeroDoesNotJoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reads atomic.Int64
		shelf := &shelf[int64]{read: func(context.Context) (int64, error) {
			mine := reads.Add(1)
			time.Sleep(time.Second)
			return mine, nil
		}}
		go func() { _, _ = shelf.get(t.Context(), time.Minute) }()
		time.Sleep(time.Millisecond)
		if got, _ := shelf.get(t.Context(), 0); got != 2 {
			t.Errorf("got reading %d", got)
		}
		if got, _ := shelf.recall(0); got != 0 {
			t.Errorf("remembered reading %d at age 0", got)
		}
		synctest.Wait()
		if got, ok := shelf.recall(time.Minute); !ok || got != 2 {
			t.Errorf("remembered reading %d", got)
		}
	})
}

// What is past half of its age is renewed behind whoever asks: who asks again finds it fresh, and
// Slack is asked once, however many ask meanwhile.
func TestWhatGrowsOldIsRenewedBehindWhoeverAsks(t *testing.T) {
	const takes = 100 * time.Millisecond
	for name, test := range map[string]struct {
		age, spacing, old time.Duration
		reads             int64
	}{
		"young":                      {4 * time.Second, 1, 2 * time.Second, 1},
		"past half":                  {4 * time.Second, 1, 2*time.Second + 1, 2},
		"never renewed":              {4 * time.Second, 0, 3 * time.Second, 1},
		"past half, but spaced":      {4 * time.Second, 3 * time.Second, 3 * time.Second, 1},
		"past its spacing":           {4 * time.Second, 3 * time.Second, 3*time.Second + 1, 2},
		"its spacing below the half": {4 * time.Second, time.Second, 2 * time.Second, 1},
		"it may be old":              {time.Minute, 1, 59 * time.Second, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var reads atomic.Int64
				shelf := &shelf[int64]{spacing: test.spacing, read: func(context.Context) (int64, error) {
					mine := reads.Add(1)
					time.Sleep(takes)
					return mine, nil
				}}
				if _, err := shelf.get(t.Context(), test.age); err != nil {
					t.Fatal(err)
				}
				time.Sleep(test.old - takes)
				for range 3 {
					began := time.Now()
					if got, err := shelf.get(t.Context(), test.age); got != 1 || err != nil || time.Since(began) > 0 {
						t.Errorf("got reading %d after %v: %v", got, time.Since(began), err)
					}
				}
				time.Sleep(takes + 1)
				if got, _ := shelf.recall(ever); got != test.reads || reads.Load() != test.reads {
					t.Errorf("then %d of %d readings stands", got, reads.Load())
				}
			})
		})
	}
}

// That it could not be renewed is no matter while what stands is fresh enough.
func TestWhatCannotBeRenewedStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := errors.New("Slack is away")
		var failing atomic.Bool
		shelf := &shelf[int]{spacing: 1, read: func(context.Context) (int, error) {
			if failing.Load() {
				return 0, away
			}
			return 1, nil
		}}
		_, _ = shelf.get(t.Context(), 4*time.Second)
		failing.Store(true)
		time.Sleep(3 * time.Second)
		for range 2 {
			if got, err := shelf.get(t.Context(), 4*time.Second); got != 1 || err != nil {
				t.Errorf("got %d: %v", got, err)
			}
			time.Sleep(500 * time.Millisecond)
		}
		time.Sleep(time.Second)
		if _, err := shelf.get(t.Context(), 4*time.Second); !errors.Is(err, away) {
			t.Errorf("when it is too old: %v", err)
		}
	})
}

func TestReadingsBeforeAChangeAreNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reads atomic.Int64
		shelf := &shelf[int64]{read: func(context.Context) (int64, error) {
			mine := reads.Add(1)
			time.Sleep(time.Second)
			return mine, nil
		}}
		go func() { _, _ = shelf.get(t.Context(), time.Minute) }()
		synctest.Wait()
		shelf.void()
		time.Sleep(2 * time.Second)
		if _, ok := shelf.recall(time.Minute); ok {
			t.Error("a reading that began before the change is remembered")
		}
		if got, _ := shelf.get(t.Context(), time.Minute); got != 2 {
			t.Errorf("got reading %d", got)
		}
	})
}

func TestEventsInvalidate(t *testing.T) {
	alice := authz.Actor{Team: "T1", User: "U1"}
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		socket := bot.socket()
		if _, err := bot.People().Read(t.Context(), alice, time.Minute); err != nil {
			t.Fatal(err)
		}
		bot.fake.on("users.info", says(`{"ok":true,"user":{"id":"U1","team_id":"T1","deleted":true}}`))
		socket.event(1, `{"type":"user_change","user":{"id":"U1","team_id":"T1","deleted":true}}`)
		synctest.Wait()
		person, err := bot.People().Read(t.Context(), alice, time.Minute)
		if err != nil || person.Standing != authz.Departed {
			t.Errorf("after user_change: %s, %v", person.Standing, err)
		}
		bot.fake.on("usergroups.list", says(`{"ok":true,"usergroups":[]}`))
		socket.event(2, `{"type":"subteam_updated","subteam":{"id":"S1"}}`)
		synctest.Wait()
		person, err = bot.People().Read(t.Context(), alice, time.Minute)
		if err != nil || person.Groups != nil {
			t.Errorf("after subteam_updated: %v, %v", person.Groups, err)
		}
	})
}

// The background keeps memory young enough for reads, within Slack's limits.
func TestBackgroundKeepsMemoryFresh(t *testing.T) {
	alice := authz.Actor{Team: "T1", User: "U1"}
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		if _, err := bot.People().Read(t.Context(), alice, time.Minute); err != nil {
			t.Fatal(err)
		}
		for range 60 {
			time.Sleep(5 * time.Second)
			if _, ok := bot.People().Recall(alice, time.Minute); !ok {
				t.Fatal("memory is older than a minute")
			}
		}
		if reads := len(bot.fake.made("usergroups.list")); reads > 5*20 {
			t.Errorf("%d readings of the groups in 5 minutes", reads)
		}
		if reads := len(bot.fake.made("users.info")); reads > 20 {
			t.Errorf("%d readings of one user in 5 minutes", reads)
		}
	})
}

func TestOutageAndRecovery(t *testing.T) {
	alice := authz.Actor{Team: "T1", User: "U1"}
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		if _, err := bot.People().Read(t.Context(), alice, time.Minute); err != nil {
			t.Fatal(err)
		}
		down := func(_ call, w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) }
		bot.fake.on("usergroups.list", down)
		time.Sleep(2 * time.Minute)
		if _, err := bot.People().Read(t.Context(), alice, 5*time.Second); err == nil {
			t.Error("a reading that failed was called fresh")
		}
		if _, ok := bot.People().Recall(alice, 5*time.Minute); !ok {
			t.Error("what was read 2 minutes ago is forgotten")
		}
		if _, ok := bot.People().Recall(alice, time.Minute); ok {
			t.Error("what was read 2 minutes ago passes for a minute old")
		}
		bot.fake.on("usergroups.list", inTurn(limits("7"), says(`{"ok":true,"usergroups":[{"id":"S1","users":["U1"]}]}`)))
		began := time.Now()
		if _, err := bot.People().Read(t.Context(), alice, 5*time.Second); err != nil {
			t.Errorf("after a 429: %v", err)
		}
		if took := time.Since(began); took > 8*time.Second {
			t.Errorf("a 429 of 7 s was waited out for %s", took)
		}
		if _, ok := bot.people.groups.recall(2 * time.Second); !ok {
			t.Error("a reading counts from a try that was refused")
		}
	})
}

func TestUnknownUserIsNobody(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		bot.fake.on("users.info", refuses("user_not_found"))
		person, err := bot.People().Read(t.Context(), authz.Actor{Team: "T1", User: "U404"}, time.Minute)
		if err != nil || person.Standing != authz.Nobody {
			t.Errorf("got %v, %v", person, err)
		}
	})
}

func TestMissingScopeAtRunTimeIsNamed(t *testing.T) {
	prepare := func(fake *fakeSlack, _ *Settings) {
		fake.on("usergroups.list", says(`{"ok":false,"error":"missing_scope","needed":"usergroups:read"}`))
	}
	inBubble(t, prepare, nil, func(t *testing.T, bot running) {
		time.Sleep(10 * time.Second)
		if bot.Ready() == nil {
			t.Error("ready without groups")
		}
		_ = bot.stop()
		if !strings.Contains(bot.log.String(), "needs=usergroups:read") {
			t.Errorf("the log does not name the scope:\n%s", bot.log)
		}
	})
}
