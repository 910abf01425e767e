package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/ops"
	"ecsbot/authz"
	"ecsbot/bot"
	"ecsbot/internal/config"
	"ecsbot/internal/policytest"
)

// policyCommand asks the policy of a configuration, without AWS, and without Slack but for
// --live. What stands in the ledger (holds, time-bound access) and on AWS (tags) does not count.
type policyCommand struct {
	Can  policyCanCommand  `cmd:"" help:"Say whether somebody may do something, and by which rule. Exit status 1: no."`
	Who  policyWhoCommand  `cmd:"" help:"Say who may do something, and who may approve it."`
	Test policyTestCommand `cmd:"" help:"Run a table of expectations. Exit status 1: one does not hold."`
	Diff policyDiffCommand `cmd:"" help:"Say who gains and loses what between two configurations. Exit status 0, whether they differ or not."`
}

// policySource is what a question is put to.
type policySource struct {
	Config string `required:"" help:"The configuration file."`
	policyPeople
}

// policyPeople is where it stands who is in which group.
type policyPeople struct {
	Members string `xor:"people" help:"A YAML file that says who is in which group: {S0BACKEND: [U0ALICE]}. Without it, groups are asked about."`
	Live    bool   `xor:"people" help:"Ask Slack who is in which group, with the bot token in SLACK_BOT_TOKEN."`
}

// policyQuestion is a command as it is typed in Slack.
type policyQuestion struct {
	Action      string `arg:"" help:"The action, such as restart."`
	Environment string `arg:"" optional:"" help:"The environment."`
	Service     string `arg:"" optional:"" help:"The service; none: the environment as a whole."`
	Role        string `arg:"" optional:"" help:"For request: the role."`
	Duration    string `arg:"" optional:"" help:"For request: for how long, such as 1h."`
	At          string `help:"The time that it is about, such as 2026-05-22T17:00:00+02:00. Default: now."`
}

// open reads what the question is put to. others are users to be known beside the groups'.
func (s policySource) open(around surroundings, others ...string) (policytest.Inquiry, error) {
	return s.policyPeople.open(around, s.Config, others)
}

func (p policyPeople) open(around surroundings, path string, others []string) (policytest.Inquiry, error) {
	loaded, err := config.Load(path)
	if err != nil {
		return policytest.Inquiry{}, err
	}
	inquiry := policytest.Inquiry{Config: loaded}
	if inquiry.Catalog, err = ops.Catalog(ops.Needs{}); err != nil {
		return policytest.Inquiry{}, err
	}
	switch {
	case p.Live:
		return live(around, inquiry, others)
	case p.Members == "":
		return inquiry, nil
	}
	if inquiry.Members, err = policytest.ReadMembers(p.Members); err != nil {
		return policytest.Inquiry{}, err
	}
	if missing := inquiry.Members.Missing(loaded); len(missing) > 0 {
		fmt.Fprintf(around.stderr, "ecsbot: %s does not list %s: taken as empty\n", p.Members, strings.Join(missing, ", "))
	}
	return inquiry, nil
}

// liveTime is how long Slack may take to say who is who: it allows some hundred people a minute.
const liveTime = 5 * time.Minute

// live takes the members from Slack, as the bot would see them now.
func live(around surroundings, inquiry policytest.Inquiry, others []string) (policytest.Inquiry, error) {
	settings, err := slackFrom(around.getenv)
	if err != nil {
		return policytest.Inquiry{}, err
	}
	ctx, cancel := context.WithTimeout(around.ctx, liveTime)
	defer cancel()
	people, err := bot.Roster(ctx, settings, inquiry.Config.Policy.Groups(), others)
	if err != nil {
		return policytest.Inquiry{}, err
	}
	return inquiry.Live(people), nil
}

// ask reads the question, of nobody yet.
func (q policyQuestion) ask() (policytest.Ask, error) {
	ask := policytest.Ask{Action: q.Action, Environment: q.Environment, Service: q.Service, Role: q.Role, At: time.Now()}
	var err error
	if q.At != "" {
		if ask.At, err = time.Parse(time.RFC3339, q.At); err != nil {
			return policytest.Ask{}, usageError(fmt.Sprintf("--at takes a time such as 2026-05-22T17:00:00+02:00, not %q", q.At))
		}
	}
	if q.Duration != "" {
		if ask.Duration, err = actions.ParseDuration(q.Duration); err != nil {
			return policytest.Ask{}, usageError("the duration is " + err.Error())
		}
	}
	return ask, nil
}

// policyCanCommand asks for one person.
type policyCanCommand struct {
	policySource
	User       string   `xor:"person" required:"" help:"The user's ID, such as U0ALICE; --members or --live says which groups they are in."`
	Group      []string `xor:"person" required:"" help:"Instead of a user: somebody who is in these groups alone."`
	BreakGlass bool     `help:"Ask to do it without approval."`
	policyQuestion
}

// Run answers yes, with approval or no, and names the rule.
func (c policyCanCommand) Run(around surroundings) error {
	var others []string
	if c.User != "" {
		others = []string{c.User}
	}
	inquiry, err := c.open(around, others...)
	if err != nil {
		return err
	}
	ask, err := c.ask()
	if err != nil {
		return err
	}
	if ask.Person, err = c.person(inquiry); err != nil {
		return usageError(err.Error())
	}
	ask.BreakGlass = c.BreakGlass
	answer, err := inquiry.Ask(ask)
	if err != nil {
		return usageError(err.Error())
	}
	who := c.User + strings.Join(c.Group, ", ")
	fmt.Fprintf(around.stdout, "%s: %s: %s\n  %s\n", who, ask, answer.Title(), inquiry.Why(answer))
	for _, advice := range inquiry.Advice(answer) {
		fmt.Fprintln(around.stdout, " ", advice)
	}
	if !answer.IsYes() {
		return errors.New("refused")
	}
	return nil
}

func (c policyCanCommand) person(inquiry policytest.Inquiry) (authz.Person, error) {
	if c.User == "" {
		return policytest.Somebody(c.Group)
	}
	return inquiry.Person(c.User)
}

// policyWhoCommand asks for everybody.
type policyWhoCommand struct {
	policySource
	policyQuestion
}

// Run lists users or, without members, groups.
func (c policyWhoCommand) Run(around surroundings) error {
	inquiry, err := c.open(around)
	if err != nil {
		return err
	}
	ask, err := c.ask()
	if err != nil {
		return err
	}
	circles, err := inquiry.Who(ask)
	if err != nil {
		return usageError(err.Error())
	}
	fmt.Fprintln(around.stdout, ask)
	if len(circles) == 0 {
		fmt.Fprintln(around.stdout, "  nobody may")
	}
	title := ""
	for _, circle := range circles {
		if circle.Title != title {
			title = circle.Title
			fmt.Fprintf(around.stdout, "%s:\n", title)
		}
		fmt.Fprintf(around.stdout, "  %s: %s\n", strings.Join(circle.Who, ", "), circle.Rule)
	}
	return nil
}

// policyTestCommand runs a table of expectations.
type policyTestCommand struct {
	policySource
	Table string `arg:"" help:"A YAML list of expectations: see docs/policy.md."`
}

// Run prints what does not hold, as a diff.
func (c policyTestCommand) Run(around surroundings) error {
	inquiry, err := c.open(around)
	if err != nil {
		return err
	}
	table, err := inquiry.ReadTable(c.Table)
	if err != nil {
		return err
	}
	differences, err := inquiry.Differences(table)
	if err != nil {
		return err
	}
	if len(differences) > 0 {
		fmt.Fprintln(around.stdout, strings.Join(differences, "\n"))
		return fmt.Errorf("%d of %d expectations do not hold", len(differences), table.Len())
	}
	_, err = fmt.Fprintf(around.stdout, "%d expectations hold\n", table.Len())
	return err
}

// policyDiffCommand compares two configurations.
type policyDiffCommand struct {
	policyPeople
	Old string `arg:"" help:"The configuration as it was."`
	New string `arg:"" help:"The configuration as it would be."`
}

// Run prints who gains and loses what.
func (c policyDiffCommand) Run(around surroundings) error {
	before, err := policySource{Config: c.Old}.open(around)
	if err != nil {
		return err
	}
	after, err := policySource{Config: c.New, policyPeople: c.policyPeople}.open(around)
	if err != nil {
		return err
	}
	deltas := policytest.Compare(before, after)
	if len(deltas) == 0 {
		_, err := fmt.Fprintln(around.stdout, "nobody gains or loses anything")
		return err
	}
	for _, delta := range deltas {
		fmt.Fprintf(around.stdout, "%s\n  %s\n", delta.Title, strings.Join(delta.Lines, "\n  "))
	}
	return nil
}
