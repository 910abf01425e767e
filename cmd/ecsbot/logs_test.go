package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sandboxaws "ecsbot/internal/sandbox/aws"
)

// TestWhateverIsLoggedIsShownReadably: colours, NULs, broken UTF-8, a line of a quarter of a
// megabyte and very many equal ones, through the whole program and both protocols.
func TestWhateverIsLoggedIsShownReadably(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scene{world: newWorld(t, demoConfig, sandboxaws.DemoFleet()), channel: "C01OPS"}
		s.line = t.Name()
		written := time.Now()
		same := make([]string, 200)
		for number := range same {
			same[number] = "once and again"
		}
		s.must(s.local.AWS.WriteLog("staging", "api", written, append(same,
			"\x1b[31mred\x1b[0m and\x00 NUL", "broken \xff\xfe here", strings.Repeat("long ", 51<<10), "<!channel> ```` *bold* <@U0ALICE> https://evil.example")...))
		time.Sleep(2 * time.Second)
		s.act("alice /ecs logs staging api --since 1m --lines 40")
		for _, want := range []string{"red and NUL", "broken \uFFFD", "… (25", "the same 199 times more", "<!channel> ```` *bold*"} {
			s.sees(want, s.threads)
		}
		for _, message := range s.threads() {
			if strings.ContainsAny(message, "\x1b\x00") {
				t.Errorf("something unseen is shown: %q", message)
			}
		}
		s.checkNoSecretLeaked()
		s.checkCalls()
	})
}

// demoFleet is the demo's, with each service set as a test wants it.
func demoFleet(set func(cluster string, service *sandboxaws.ServiceSpec)) sandboxaws.Fleet {
	fleet := sandboxaws.DemoFleet()
	for _, cluster := range fleet.Clusters {
		for position := range cluster.Services {
			set(cluster.Name, &cluster.Services[position])
		}
	}
	return fleet
}

// TestVeryManyEqualLinesAreOneOnThePageAndAllInTheFile: as many as a file holds as text, through
// the whole program and both protocols.
func TestVeryManyEqualLinesAreOneOnThePageAndAllInTheFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fleet := demoFleet(func(_ string, service *sandboxaws.ServiceSpec) { service.LogEvery = -1 })
		s := &scene{world: newWorld(t, demoConfig, fleet), channel: "C01OPS"}
		s.line = t.Name()
		same := make([]string, 100_000)
		for number := range same {
			same[number] = "once and again"
		}
		s.must(s.local.AWS.WriteLog("staging", "api", time.Now(), same...))
		time.Sleep(2 * time.Second)
		s.act("alice /ecs logs staging api --since 1m --lines 10000")
		s.sees("the same 9999 times more", s.threads)
		s.act("alice clicks file")
		most := 0
		s.await("a file of all lines", func() bool {
			for _, message := range s.local.Slack.Everything() {
				for _, file := range message.Files {
					most = max(most, strings.Count(file.Content, "once and again"))
				}
			}
			return most == len(same)
		})
		if most != len(same) {
			t.Errorf("the file has %d lines", most)
		}
		s.checkCalls()
	})
}

// TestATorrentIsFollowedWithinTheRatesOfBothSides: 20 streams of 10,000 lines a second together,
// through the whole program: no stream's line comes after a later one of it, what is left out is
// said, CloudWatch is asked once for each edit, and Slack refuses nothing for its rate.
func TestATorrentIsFollowedWithinTheRatesOfBothSides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fleet := demoFleet(func(cluster string, service *sandboxaws.ServiceSpec) {
			if cluster == "staging" && service.Name == "api" {
				service.Desired, service.LogEvery = 20, 2*time.Millisecond
			}
		})
		s := &scene{world: newWorld(t, demoConfig, fleet), channel: "C01OPS"}
		s.line = t.Name()
		time.Sleep(time.Minute)
		s.act("alice /ecs logs staging api --since 1m --follow 30s")
		s.sees("Following", s.threads)
		time.Sleep(35 * time.Second)
		s.sees("Not followed any more: its time is over", s.threads)
		s.sees("lines left out: it is written faster than it can be shown", s.threads)
		if made := s.local.AWS.Counts()["logs:FilterLogEvents"]; made < 9 || made > 13 {
			t.Errorf("CloudWatch was asked %d times in half a minute", made)
		}
		edits, before, last := 0, "", map[string]string{}
		for _, call := range s.local.Slack.Calls() {
			if call.Error == "ratelimited" {
				t.Errorf("Slack refused %s for its rate", call.Method)
			}
			text, _ := call.Args["text"].(string)
			lines := followedLine.FindAllStringSubmatch(fmt.Sprint(call.Args["blocks"]), -1)
			if shown := fmt.Sprint(lines); len(lines) == 0 || !strings.HasPrefix(text, "Following") || shown == before {
				continue
			} else {
				edits, before = edits+1, shown
			}
			for _, line := range lines {
				if at, task := line[1], line[2]; at < last[task] {
					t.Errorf("%s of %s comes after %s", at, task, last[task])
				} else {
					last[task] = at
				}
			}
		}
		if edits < 9 || len(last) != 20 {
			t.Errorf("%d edits with lines of %d tasks", edits, len(last))
		}
	})
}

// followedLine is the time of a line and the mark of its task.
var followedLine = regexp.MustCompile(`(\d\d:\d\d:\d\d\.\d{3}) ([0-9a-f]{6})  `)

// write has a task of a service log a line.
func (s *scene) write(rest string) {
	service, text, _ := strings.Cut(rest, " ")
	cluster, name, _ := strings.Cut(service, "/")
	s.must(s.local.AWS.WriteLog(cluster, name, time.Now(), strings.Trim(text, "'")))
}
