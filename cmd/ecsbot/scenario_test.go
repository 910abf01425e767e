package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"ecsbot/actions/ledger"
	sandboxaws "ecsbot/internal/sandbox/aws"
	sandboxslack "ecsbot/internal/sandbox/slack"
)

// TestScenarios runs every script below testdata/scenarios. A script opens with what people
// can rely on; then it says, line by line, who does what and what comes of it. The verbs are
// those of the table below. A file config.yaml in the archive replaces the demo's configuration.
func TestScenarios(t *testing.T) {
	paths, err := filepath.Glob("testdata/scenarios/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) { play(t, txtar.Parse(text)) })
		})
	}
}

func play(t *testing.T, archive *txtar.Archive) {
	configuration := demoConfig
	for _, file := range archive.Files {
		if file.Name == "config.yaml" {
			configuration = file.Data
		}
	}
	s := &scene{world: newWorld(t, configuration, fleetOf(t, archive)), channel: "C01OPS", files: archive.Files}
	for number, line := range strings.Split(string(archive.Comment), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		s.line = fmt.Sprintf("line %d: %s", number+1, line)
		s.act(line)
		if t.Failed() {
			t.Fatalf("%s\nalice sees:\n%s", s.line, s.everything())
		}
	}
	s.checkNoSecretLeaked()
	s.checkCalls()
	checkSent(s.t, s.local.AWS.Calls())
	checkEntries(s.t, s.entries.String())
}

// fleetOf is the demo's fleet, or the one with the defects where the archive has a file fleet
// that says faulty, or the one of a file fleet.yaml.
func fleetOf(t *testing.T, archive *txtar.Archive) sandboxaws.Fleet {
	t.Helper()
	for _, file := range archive.Files {
		if file.Name == "fleet" && strings.TrimSpace(string(file.Data)) == "faulty" {
			return sandboxaws.FaultyFleet()
		}
	}
	for _, file := range archive.Files {
		if file.Name == "fleet.yaml" {
			fleet, err := sandboxaws.LoadFleet(bytes.NewReader(file.Data))
			if err != nil {
				t.Fatal(err)
			}
			return fleet
		}
	}
	return sandboxaws.DemoFleet()
}

// scene is a script as it is played.
type scene struct {
	*world
	line    string
	channel string
	who     string
	card    button   // kept by "keep": an old card
	bare    bool     // somebody used the bot's own role outside of it
	forged  int      // clicks that did not come by Slack
	said    []string // what they were answered
	files   []txtar.File
}

// verbs are what a line may begin with, beside the name of a person.
func (s *scene) verbs() map[string]func(rest string) {
	return map[string]func(string){
		"reply":          func(want string) { s.sees(want, s.mine) },
		"silence":        func(not string) { s.seesNot(not) },
		"channel":        func(want string) { s.sees(want, s.shared) },
		"thread":         func(want string) { s.sees(want, s.threads) },
		"direct":         func(want string) { s.sees(want, s.directs) },
		"audit":          func(want string) { s.sees(want, s.audited) },
		"golden":         s.golden,
		"golden-lines":   s.goldenLines,
		"golden-buttons": s.goldenButtons,
		"aws":            s.aws,
		"sessions":       s.sessions,
		"ledger":         s.ledger,
		"entry":          s.entry,
		"log": func(want string) {
			s.await("the log to say "+want, func() bool { return strings.Contains(s.log.String(), want) })
		},
		"meter": func(want string) {
			s.await("a meter to show "+want, func() bool { return strings.Contains(s.metrics(), want) })
		},
		"wait":  s.wait,
		"in":    func(channel string) { s.channel = channel },
		"tag":   s.tag,
		"untag": func(service string) { s.must(s.local.AWS.RemoveTag(arn(service), "Environment")) },
		"delete": func(service string) {
			cluster, name, _ := strings.Cut(service, "/")
			s.must(s.local.AWS.Deactivate(cluster, name))
		},
		"fail":        s.fail,
		"fault":       s.fault,
		"mend":        func(string) { s.local.AWS.ClearFaults(); s.local.Slack.ClearFaults() },
		"group":       s.group,
		"kick":        func(channel string) { s.must(s.local.Slack.Kick(channel)) },
		"cut":         func(reason string) { s.local.Slack.Disconnect(reason) },
		"person":      s.person,
		"who":         func(who string) { s.who = "U0" + strings.ToUpper(who) },
		"form":        s.form,
		"types":       s.types,
		"wrong":       s.fieldError,
		"forged-form": s.forgeForm,
		"reload":      s.reload,
		"reboot":      func(string) { s.stop(); s.start() },
		"stop":        func(string) { s.stop() },
		"start":       func(string) { s.start() },
		"never":       s.never,
		"keep":        func(string) { s.card = s.withButton() },
		"forge":       s.forge,
		"deploy":      s.deploy,
		"stolen":      s.stolen,
		"push": func(image string) {
			_, err := s.local.AWS.Push(image)
			s.must(err)
		},
		"write":   s.write,
		"rescale": s.rescale,
		"bound":   s.bound,
		"join":    s.join,
	}
}

func (s *scene) act(line string) {
	line = s.filled(line)
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	if verb, known := s.verbs()[word]; known {
		verb(strings.Trim(rest, "'"))
		return
	}
	s.who = "U0" + strings.ToUpper(word)
	if _, known := s.local.Slack.User(s.who); !known {
		s.t.Fatalf("%s: nobody is called %s", s.line, word)
	}
	switch {
	case strings.HasPrefix(rest, "/"):
		s.must(s.local.Slack.Command(s.who, s.channel, rest))
	case strings.HasPrefix(rest, "@ecsbot"):
		_, err := s.local.Slack.Mention(s.who, s.channel, "", strings.TrimSpace(strings.TrimPrefix(rest, "@ecsbot")))
		s.must(err)
	case strings.HasPrefix(rest, "clicks "):
		s.click(strings.TrimPrefix(rest, "clicks "))
	case strings.HasPrefix(rest, "submits "):
		s.submit(strings.Trim(strings.TrimPrefix(rest, "submits "), "'"))
	case strings.HasPrefix(rest, "chooses "):
		s.choose(strings.TrimPrefix(rest, "chooses "))
	case strings.HasPrefix(rest, "sends"):
		s.sends(strings.TrimSpace(strings.TrimPrefix(rest, "sends")))
	case rest == "uses the shortcut":
		s.shortcut()
	case strings.HasPrefix(rest, "refused /"):
		if err := s.local.Slack.Command(s.who, s.channel, strings.TrimPrefix(rest, "refused ")); err == nil {
			s.t.Errorf("%s: Slack let it through", s.line)
		}
	default:
		s.t.Fatalf("%s: neither a command nor a mention", s.line)
	}
}

// many is a word that is to stand there so many times.
var many = regexp.MustCompile(`\{(\d+) (\S+)\}`)

// filled puts IDs in the place of {task CLUSTER/SERVICE}, the oldest task that runs, and
// {stopped CLUSTER/SERVICE}, the newest that has stopped; and in the place of {1000 WORD} as
// many characters of that word again and again.
func (s *scene) filled(line string) string {
	line = many.ReplaceAllStringFunc(line, func(found string) string {
		parts := many.FindStringSubmatch(found)
		characters, err := strconv.Atoi(parts[1])
		s.must(err)
		return strings.Repeat(parts[2]+" ", characters)[:characters]
	})
	for _, kind := range []string{"task", "stopped"} {
		before, rest, found := strings.Cut(line, "{"+kind+" ")
		if !found {
			continue
		}
		service, after, _ := strings.Cut(rest, "}")
		cluster, name, _ := strings.Cut(service, "/")
		state, known := s.local.AWS.Service(cluster, name)
		if !known {
			s.t.Fatalf("%s: no service %s", s.line, service)
		}
		id := ""
		for _, task := range state.Tasks {
			if kind == "task" && task.Status == "RUNNING" && id == "" || kind == "stopped" && task.Status == "STOPPED" {
				id = task.ID
			}
		}
		line = before + id + after
	}
	return line
}

// rescale sets a service's count as Auto Scaling does.
func (s *scene) rescale(rest string) {
	service, count, _ := strings.Cut(rest, " ")
	cluster, name, _ := strings.Cut(service, "/")
	desired, err := strconv.Atoi(count)
	s.must(err)
	s.must(s.local.AWS.Rescale(cluster, name, desired))
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Errorf("%s: %v", s.line, err)
	}
}

// sees waits until a message of the chosen ones has the text.
func (s *scene) sees(want string, chosen func() []string) {
	s.t.Helper()
	s.await(fmt.Sprintf("%s to see %q", s.who, want), func() bool {
		for _, text := range chosen() {
			if strings.Contains(text, want) {
				return true
			}
		}
		return false
	})
}

// reload puts a file of the archive in the configuration's place and has it read again.
func (s *scene) reload(name string) {
	for _, file := range s.files {
		if file.Name == name {
			s.must(os.WriteFile(s.path, file.Data, 0o600))
			s.program.reload()
			return
		}
	}
	s.t.Fatalf("%s: no file %s", s.line, name)
}

// never holds for everything that left the process, whoever sees it.
func (s *scene) never(text string) {
	time.Sleep(5 * time.Second)
	synctest.Wait()
	everything := s.log.String() + s.entries.String()
	for _, message := range s.local.Slack.Everything() {
		if message.Bot && !message.Ephemeral { // what somebody typed may be told back to them alone
			everything += textOf(message)
		}
		for _, file := range message.Files {
			everything += file.Content
		}
	}
	if strings.Contains(everything, text) {
		s.t.Errorf("%s: it left the process", s.line)
	}
}

// aws counts calls: "UpdateService staging/api 2", "UpdateService" for any resource, 1 where
// no number is given.
func (s *scene) aws(rest string) {
	fields := strings.Fields(rest)
	want, resource := 1, ""
	for _, field := range fields[1:] {
		if _, err := fmt.Sscanf(field, "%d", &want); err != nil {
			resource = field
		}
	}
	synctest.Wait()
	got := 0
	for _, call := range s.local.AWS.Calls() {
		if call.Operation == fields[0] && (resource == "" || call.Resource == resource) {
			got++
		}
	}
	if got != want {
		s.t.Errorf("%s: %d calls, want %d", s.line, got, want)
	}
}

func (s *scene) read() []ledger.Entry {
	entries, err := s.program.stream.Entries(s.t.Context(), 0, 1000)
	s.must(err)
	return entries
}

// ledger waits until the events of all entries are these, in order.
func (s *scene) ledger(want string) {
	got := ""
	if !s.await("the ledger to have "+want, func() bool {
		var events []string
		for _, entry := range s.read() {
			events = append(events, string(entry.Event))
		}
		got = strings.Join(events, " ")
		return got == want
	}) {
		s.t.Errorf("%s: got %s", s.line, got)
	}
}

// entry waits until some entry has the text in its JSON.
func (s *scene) entry(want string) {
	s.await("an entry with "+want, func() bool { return strings.Contains(s.entries.String(), want) })
}

func (s *scene) wait(rest string) {
	duration, err := time.ParseDuration(rest)
	s.must(err)
	time.Sleep(duration)
	synctest.Wait()
}

// arn is that of a service of the demo's fleet.
func arn(service string) string {
	return "arn:aws:ecs:eu-west-1:" + sandboxaws.HomeAccount + ":service/" + service
}

func (s *scene) tag(rest string) {
	service, pair, _ := strings.Cut(rest, " ")
	key, value, _ := strings.Cut(pair, "=")
	s.must(s.local.AWS.SetTag(arn(service), key, value))
}

func (s *scene) fail(rest string) {
	service, kind, _ := strings.Cut(rest, " ")
	cluster, name, _ := strings.Cut(service, "/")
	s.must(s.local.AWS.FailNext(cluster, name, sandboxaws.Failure(kind)))
}

// fault orders trouble as JSON: "aws {…}" or "slack {…}".
func (s *scene) fault(rest string) {
	where, text, _ := strings.Cut(rest, " ")
	switch where {
	case "aws":
		var spec sandboxaws.FaultSpec
		s.must(json.Unmarshal([]byte(text), &spec))
		s.must(s.local.AWS.Fault(spec))
	case "slack":
		var spec sandboxslack.FaultSpec
		s.must(json.Unmarshal([]byte(text), &spec))
		s.must(s.local.Slack.Fault(spec))
	default:
		s.t.Fatalf("%s: aws or slack?", s.line)
	}
}

func (s *scene) group(rest string) {
	fields := strings.Fields(rest)
	s.must(s.local.Slack.SetGroup(fields[0], fields[1:]...))
}

// person changes somebody: "alice deleted", "alice guest".
func (s *scene) person(rest string) {
	who, what, _ := strings.Cut(rest, " ")
	user, known := s.local.Slack.User("U0" + strings.ToUpper(who))
	if !known {
		s.t.Fatalf("%s: nobody is called %s", s.line, who)
	}
	user.IsDeleted, user.IsRestricted = what == "deleted", what == "guest"
	s.local.Slack.SetUser(user)
}

// checkNoSecretLeaked holds for every scenario: no token and no credential stands in a log,
// an entry or a message.
func (s *scene) checkNoSecretLeaked() {
	key, secret := s.local.AWS.BaseKey()
	text := s.log.String() + s.entries.String()
	for _, message := range s.local.Slack.Everything() {
		text += textOf(message)
	}
	for _, leak := range []string{sandboxslack.BotToken, sandboxslack.AppToken, key, secret, "/response/"} {
		if strings.Contains(text, leak) {
			s.t.Errorf("%q leaked", leak[:4]+"…")
		}
	}
}
