package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"ecsbot/actions"
	"ecsbot/authz"
)

// fastest is above every rate that AWS allows.
const fastest = 100_000

// largest is the size above which a file is not a configuration but a mistake.
const largest = 4 << 20

// Problems is everything that is wrong with a file, in the order of its lines.
type Problems []Problem

// Problem is one thing that is wrong, with its line (1 is the first; 0 is the whole file).
type Problem struct {
	File string
	Line int
	Text string
}

func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Text)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// Error has one problem to a line.
func (p Problems) Error() string {
	lines := make([]string, 0, len(p))
	for _, problem := range p {
		lines = append(lines, problem.String())
	}
	return strings.Join(lines, "\n")
}

// Load reads and checks a file. What is wrong with it comes as Problems.
func Load(path string) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, Problems{{File: path, Text: "cannot be read: " + reason(err)}}
	}
	return Parse(path, text)
}

func reason(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// Parse checks the text of a file; path is what its problems name.
func Parse(path string, text []byte) (*Config, error) {
	l := &loader{path: filepath.Base(path)}
	config := &Config{Path: path, loader: l}
	if len(text) > largest {
		return nil, Problems{{File: l.path, Text: "larger than 4 MiB: this is no configuration"}}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	err := decoder.Decode(&l.root)
	if errors.Is(err, io.EOF) {
		return nil, Problems{{File: l.path, Text: "the file is empty: docs/configuration.md has the least that it needs"}}
	}
	if err != nil {
		l.library(err)
		return nil, l.sorted()
	}
	if err := decoder.Decode(new(yaml.Node)); err == nil {
		l.problem(0, "a second document follows: there is only one")
	}
	l.unknownKeys(l.root.Content[0], config.File)
	if err := l.root.Decode(&config.File); err != nil {
		l.library(err)
	}
	if len(l.problems) == 0 {
		config.Policy = l.check(&config.File)
	}
	if len(l.problems) > 0 {
		return nil, l.sorted()
	}
	return config, nil
}

// loader collects what is wrong with one file.
type loader struct {
	path     string
	root     yaml.Node
	problems Problems
}

func (l *loader) problem(line int, format string, arguments ...any) {
	l.problems = append(l.problems, Problem{File: l.path, Line: line, Text: fmt.Sprintf(format, arguments...)})
}

func (l *loader) sorted() Problems {
	sort.SliceStable(l.problems, func(a, b int) bool { return l.problems[a].Line < l.problems[b].Line })
	return l.problems
}

// libraryLine is how the YAML library begins its errors.
var libraryLine = regexp.MustCompile(`^(?:go-yaml load error in \w+ at L|yaml: line )(\d+)(?:\.C\d+)?: `)

// library takes over what the YAML library says, one problem each.
func (l *loader) library(err error) {
	texts := []string{err.Error()}
	var loads *yaml.LoadErrors
	if errors.As(err, &loads) {
		texts = nil
		for _, each := range loads.Errors {
			texts = append(texts, each.Error())
		}
	}
	for _, text := range texts {
		line := 0
		if found := libraryLine.FindStringSubmatch(text); found != nil {
			line, _ = strconv.Atoi(found[1])
			text = text[len(found[0]):]
		}
		l.problem(line, "%s", inWords(text))
	}
}

// UnmarshalYAML reads a duration.
func (d *Duration) UnmarshalYAML(node *yaml.Node) error {
	duration, err := actions.ParseDuration(node.Value)
	if err != nil {
		return err
	}
	*d = Duration(duration)
	return nil
}

// UnmarshalYAML reads a rate.
func (r *Rate) UnmarshalYAML(node *yaml.Node) error {
	burst, each, found := strings.Cut(node.Value, "/")
	var err error
	if r.Burst, err = strconv.Atoi(burst); err == nil {
		r.PerSecond, err = strconv.ParseFloat(each, 64)
	}
	if !found || err != nil || r.Burst < 1 || !(r.PerSecond > 0 && r.PerSecond <= fastest) {
		return fmt.Errorf("a rate is burst/per second, such as 50/5, not %q", node.Value)
	}
	return nil
}

// UnmarshalYAML reads a share.
func (s *Share) UnmarshalYAML(node *yaml.Node) error {
	count, unit, _ := strings.Cut(node.Value, "/")
	units := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}
	var err error
	s.Count, err = strconv.Atoi(count)
	if s.Window = units[unit]; err != nil || s.Count < 1 || s.Window == 0 {
		return fmt.Errorf("a limit is count/unit with m, h or d, such as 30/h, not %q", node.Value)
	}
	return nil
}

// Duration as Go has it.
func (d Duration) Duration() time.Duration { return time.Duration(d) }

// rules are the file's words on authority, with their lines.
func (l *loader) rules(file *File) authz.Rules {
	var rules authz.Rules
	for _, name := range sortedKeys(file.Environments) {
		environment := file.Environments[name]
		rules.Environments = append(rules.Environments, authz.Environment{
			Name: name, Protected: environment.Protected == nil || *environment.Protected, Line: l.line("environments", name),
			Approval: approval(environment.Approval), BreakGlass: breakGlass(environment.BreakGlass),
			Freezes: l.freezes(name, environment.Freeze),
		})
	}
	for _, name := range sortedKeys(file.Roles) {
		rules.Roles = append(rules.Roles, authz.Role{Name: name, Actions: file.Roles[name], Line: l.line("roles", name)})
	}
	for position, grant := range file.Grants {
		rules.Grants = append(rules.Grants, authz.Grant{
			Group: grant.Group, Role: grant.Role, Environments: grant.Environments, Services: grant.Services,
			Line: l.line("grants", position),
		})
	}
	for position, each := range file.Requestable {
		rules.Requestable = append(rules.Requestable, authz.Requestable{
			Group: each.Group, Role: each.Role, Environments: each.Environments, Longest: each.Longest.Duration(),
			Line: l.line("requestable", position),
		})
	}
	for position, denial := range file.Denials {
		rules.Denials = append(rules.Denials, authz.Denial{
			Group: denial.Group, Actions: denial.Actions, Environments: denial.Environments, Line: l.line("denials", position),
		})
	}
	return rules
}

func approval(written *Approval) authz.Approval {
	if written == nil {
		return authz.Approval{}
	}
	return authz.Approval{From: written.From, Count: written.Count}
}

func breakGlass(written *BreakGlass) []string {
	if written == nil {
		return nil
	}
	return written.From
}

func (l *loader) freezes(environment string, written []Freeze) []authz.Freeze {
	var freezes []authz.Freeze
	for position, freeze := range written {
		freezes = append(freezes, authz.Freeze{
			Days: freeze.Days, From: freeze.From, To: freeze.To, Zone: freeze.Zone, Except: freeze.Except,
			Line: l.line("environments", environment, "freeze", position),
		})
	}
	return freezes
}
