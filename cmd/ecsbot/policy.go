package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ecsbot/actions"
	"ecsbot/actions/ops"
	"ecsbot/authz"
	"ecsbot/bot"
	"ecsbot/internal/config"
	"ecsbot/internal/policytest"
)

// policySource is what a question is put to.
type policySource struct {
	Config string
	policyPeople
}

// policyPeople is where it stands who is in which group.
type policyPeople struct {
	Members string
	Live    bool
}

// policyQuestion is a command as it is typed in Slack.
type policyQuestion struct {
	Action      string
	Environment string
	Service     string
	Role        string
	Duration    string
	At          string
}

func (s *policySource) declare(line *cobra.Command) {
	configuration(line, &s.Config)
	s.policyPeople.declare(line)
}

func (p *policyPeople) declare(line *cobra.Command) {
	line.Flags().StringVar(&p.Members, "members", "", "a YAML file that says who is in which group: {S0BACKEND: [U0ALICE]}; without it, groups are asked about")
	line.Flags().BoolVar(&p.Live, "live", false, "ask Slack who is in which group, with the bot token in SLACK_BOT_TOKEN")
	line.MarkFlagsMutuallyExclusive("members", "live")
}

// questionWords is how a question is written.
const questionWords = " ACTION [ENVIRONMENT [SERVICE [ROLE [DURATION]]]]"

func (q *policyQuestion) declare(line *cobra.Command) {
	line.Long = line.Short + `.

ACTION is an action, such as restart; without SERVICE it is about the environment as a whole.
ROLE and DURATION are for request: which role, and for how long, such as 1h.`
	line.Args = words(1, &q.Action, &q.Environment, &q.Service, &q.Role, &q.Duration)
	line.Flags().StringVar(&q.At, "at", "", "the time that it is about, such as 2026-05-22T17:00:00+02:00 (default: now)")
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
	User       string
	Group      []string
	BreakGlass bool
	policyQuestion
}

func (c *policyCanCommand) declare(line *cobra.Command) {
	line.Use, line.Short = "can"+questionWords, "Say whether somebody may do something, and by which rule; exit status 1: no"
	c.policySource.declare(line)
	c.policyQuestion.declare(line)
	line.Flags().StringVar(&c.User, "user", "", "the user's ID, such as U0ALICE; --members or --live says which groups they are in")
	line.Flags().StringSliceVar(&c.Group, "group", nil, "instead of a user: somebody who is in these groups alone")
	line.MarkFlagsMutuallyExclusive("user", "group")
	line.MarkFlagsOneRequired("user", "group")
	line.Flags().BoolVar(&c.BreakGlass, "break-glass", false, "ask to do it without approval")
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

func (c *policyWhoCommand) declare(line *cobra.Command) {
	line.Use, line.Short = "who"+questionWords, "Say who may do something, and who may approve it"
	c.policySource.declare(line)
	c.policyQuestion.declare(line)
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
	Table string
}

func (c *policyTestCommand) declare(line *cobra.Command) {
	line.Use, line.Short = "test TABLE", "Run a table of expectations; exit status 1: one does not hold"
	line.Long = line.Short + ".\n\nTABLE is a YAML list of expectations: see docs/policy.md."
	line.Args = words(1, &c.Table)
	c.policySource.declare(line)
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
	Old string
	New string
}

func (c *policyDiffCommand) declare(line *cobra.Command) {
	line.Use, line.Short = "diff OLD NEW", "Say who gains and loses what between two configurations; exit status 0, whether they differ or not"
	line.Args = words(2, &c.Old, &c.New)
	c.policyPeople.declare(line)
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
