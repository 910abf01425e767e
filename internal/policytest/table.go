package policytest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"ecsbot/actions"
	"ecsbot/authz"
	"ecsbot/internal/config"
)

// Expectation is one row of a table: who asks what, and what should come of it.
type Expectation struct {
	User        string   `yaml:"user"`
	Groups      []string `yaml:"groups"` // instead of a user: somebody who is in these alone
	Action      string   `yaml:"action"`
	Environment string   `yaml:"environment"`
	Service     string   `yaml:"service"`
	Role        string   `yaml:"role"`     // of time-bound access
	Duration    string   `yaml:"duration"` // of time-bound access
	BreakGlass  bool     `yaml:"break_glass"`
	At          string   `yaml:"at"` // RFC 3339; absent: freezes do not count
	Expect      string   `yaml:"expect"`
	Why         string   `yaml:"why"` // the code of a refusal

	line int
	ask  Ask
}

// Table is expectations in the order of their lines.
type Table struct {
	name string
	rows []Expectation
}

// Len is how many expectations there are.
func (t Table) Len() int { return len(t.rows) }

// ReadTable reads a YAML list of expectations. What is wrong with it comes as config.Problems.
func (i Inquiry) ReadTable(path string) (Table, error) {
	page, err := open(path)
	if err != nil {
		return Table{}, err
	}
	table := Table{name: page.name}
	if page.body.Kind != yaml.SequenceNode {
		page.problem(page.body.Line, "a table is a list of expectations, such as - {user: U0ALICE, action: restart, environment: staging, service: api, expect: allowed}")
	}
	for _, node := range page.body.Content {
		row, ok := page.expectation(node)
		if !ok {
			continue
		}
		if err := i.prepare(&row); err != nil {
			page.problem(row.line, "%v", err)
		}
		table.rows = append(table.rows, row)
	}
	if len(page.problems) > 0 {
		return Table{}, page.problems
	}
	return table, nil
}

func columns() []string {
	return []string{"action", "at", "break_glass", "duration", "environment", "expect", "groups", "role", "service", "user", "why"}
}

// expectation reads one row as it is written.
func (p *page) expectation(node *yaml.Node) (Expectation, bool) {
	row := Expectation{line: node.Line}
	earlier := len(p.problems)
	if node.Kind != yaml.MappingNode {
		p.problem(node.Line, "an expectation is a map: {user: U0ALICE, action: restart, environment: staging, service: api, expect: allowed}")
		return row, false
	}
	for position := 0; position < len(node.Content); position += 2 {
		if key := node.Content[position]; !slices.Contains(columns(), key.Value) {
			p.problem(key.Line, "unknown key %q%s", key.Value, meant(key.Value, columns()))
		}
	}
	if err := node.Decode(&row); err != nil {
		p.library(err)
	}
	return row, len(p.problems) == earlier
}

// prepare makes the question of a row, and says what is wrong with the row.
func (i Inquiry) prepare(row *Expectation) error {
	err := row.check()
	if err != nil {
		return err
	}
	row.ask = Ask{
		Action: row.Action, Environment: row.Environment, Service: row.Service, Role: row.Role, BreakGlass: row.BreakGlass,
	}
	if row.User != "" {
		row.ask.Person, err = i.Person(row.User)
	} else {
		row.ask.Person, err = Somebody(row.Groups)
	}
	if err != nil {
		return err
	}
	if row.Duration != "" {
		if row.ask.Duration, err = actions.ParseDuration(row.Duration); err != nil {
			return fmt.Errorf("duration takes %w", err)
		}
	}
	if row.At != "" {
		if row.ask.At, err = time.Parse(time.RFC3339, row.At); err != nil {
			return fmt.Errorf("at takes a time such as 2026-05-22T17:00:00+02:00, not %q", row.At)
		}
	}
	_, err = i.question(row.ask)
	return err
}

func (e Expectation) check() error {
	outcomes := []string{Allowed, Approval, Refused, Unknown}
	codes := []authz.Code{authz.CodeNobody, authz.CodeUnknown, authz.CodeDenied, authz.CodeConflict, authz.CodeFrozen}
	switch {
	case (e.User == "") == (e.Groups == nil):
		return fmt.Errorf("an expectation takes either user or groups")
	case !slices.Contains(outcomes, e.Expect):
		return fmt.Errorf("expect takes one of %s, not %q", strings.Join(outcomes, " "), e.Expect)
	case e.Why != "" && !slices.Contains(codes, authz.Code(e.Why)):
		return fmt.Errorf("why takes the code of a refusal, such as denied, unknown or frozen, not %q", e.Why)
	case e.Why != "" && e.Expect != Refused && e.Expect != Unknown:
		return fmt.Errorf("why goes with expect: refused")
	}
	return nil
}

// holds says whether an answer is what was expected. Every refusal is a refusal, the one for
// what does not exist too; why tells them apart.
func (e Expectation) holds(answer Answer) bool {
	outcome := answer.Outcome()
	if outcome != e.Expect && (e.Expect != Refused || outcome != Unknown) {
		return false
	}
	return e.Why == "" || string(answer.Decision.Reason.Code) == e.Why
}

// Differences are the expectations that do not hold, each as a piece of a diff that names its
// line.
func (i Inquiry) Differences(table Table) ([]string, error) {
	var differences []string
	for _, row := range table.rows {
		answer, err := i.Ask(row.ask)
		if err != nil {
			return nil, config.Problems{{File: table.name, Line: row.line, Text: err.Error()}}
		}
		if row.holds(answer) {
			continue
		}
		differences = append(differences, fmt.Sprintf("%s:%d: %s: %s\n  - %s\n  + %s: %s",
			table.name, row.line, row.who(), row.ask, row.expected(), answer.coded(), i.Why(answer)))
	}
	return differences, nil
}

func (e Expectation) who() string {
	if e.User != "" {
		return e.User
	}
	return list(e.ask.Person.Groups)
}

func (e Expectation) expected() string {
	if e.Why != "" {
		return fmt.Sprintf("%s (%s)", e.Expect, e.Why)
	}
	return e.Expect
}

// coded is the outcome as a table writes it, with the code of a refusal.
func (a Answer) coded() string {
	if a.Outcome() == Refused {
		return fmt.Sprintf("%s (%s)", Refused, a.Decision.Reason.Code)
	}
	return a.Outcome()
}
