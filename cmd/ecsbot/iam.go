package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/actions/ops"
	"ecsbot/authz/iam"
	"ecsbot/internal/config"
)

// iamCommand prints the IAM documents that a configuration implies.
type iamCommand struct {
	Kind    string
	Config  string
	Role    string
	Explain bool
	Out     string
}

func (c *iamCommand) declare(line *cobra.Command) {
	line.Use, line.Short = "iam KIND", "Print the IAM documents that a configuration implies"
	line.Long = line.Short + `.

KIND is one of
  base       the bot's own role, and discovery roles
  operator   what operator roles may do, and their guard
  fences     the clusters, families and subnets of environments
  trust      who may assume operator roles
  developer  for people's own roles
  scp        for accounts
  all        all of these`
	line.Args = words(1, &c.Kind)
	configuration(line, &c.Config)
	line.Flags().StringVar(&c.Role, "role", "", "only the documents of this role (its ARN)")
	line.Flags().BoolVar(&c.Explain, "explain", false, "say why each statement is there and which known hole it closes, instead")
	line.Flags().StringVar(&c.Out, "out", "", "write each document into a file of this folder instead")
}

// kinds are the documents that belong to each word of the command line.
func (c iamCommand) kinds() (names []string, known bool) {
	names, known = map[string][]string{
		"base": {"base", "base-trust", "discovery", "discovery-trust"}, "operator": {"operator", "guard"}, "fences": {"fences"},
		"trust": {"trust"}, "developer": {"developer"}, "scp": {"scp"},
		"all": {"base", "base-trust", "discovery", "discovery-trust", "operator", "guard", "fences", "trust", "developer", "scp"},
	}[c.Kind]
	return names, known
}

// Run prints the documents one after the other, or says why they are as they are.
func (c iamCommand) Run(around surroundings) error {
	kinds, known := c.kinds()
	if !known {
		return usageError(fmt.Sprintf("%q must be one of base, operator, fences, trust, developer, scp, all", c.Kind))
	}
	loaded, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	catalog, err := declared(loaded)
	if err != nil {
		return err
	}
	for _, guess := range guesses(loaded) {
		fmt.Fprintln(around.stderr, "ecsbot:", guess)
	}
	made, err := iam.Documents(setting(loaded, catalog))
	if err != nil {
		return usageError(fmt.Sprintf("%s: %v", c.Config, err))
	}
	made = slices.DeleteFunc(made, func(each iam.Named) bool {
		return !slices.Contains(kinds, kindOf(each.Name)) || c.Role != "" && each.Role != c.Role
	})
	if len(made) == 0 {
		return usageError(fmt.Sprintf("%s implies no such document; --role takes one of: %s", c.Config, strings.Join(rolesOf(loaded), " ")))
	}
	switch {
	case c.Explain:
		explainDocuments(around.stdout, made)
	case c.Out != "":
		return c.write(made)
	default:
		for _, each := range made {
			fmt.Fprint(around.stdout, each.Document)
		}
	}
	return nil
}

// kindOf is a document's name without the number of its part.
func kindOf(name string) string {
	if begins, part, found := strings.Cut(name, "-"); found && strings.Trim(part, "0123456789") == "" {
		return begins
	}
	return name
}

// write puts each document into a file: of several roles, with account and name in front.
func (c iamCommand) write(made []iam.Named) error {
	names := map[string]int{}
	for _, each := range made {
		names[each.Name]++
	}
	if err := os.MkdirAll(c.Out, 0o750); err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	for _, each := range made {
		name := each.Name
		if parts := strings.Split(each.Role, ":"); names[name] > 1 && len(parts) == 6 {
			name = parts[4] + "-" + filepath.Base(parts[5]) + "-" + name
		}
		if err := os.WriteFile(filepath.Join(c.Out, name+".json"), []byte(each.Document.String()), 0o600); err != nil {
			return fmt.Errorf("writing a document: %w", err)
		}
	}
	return nil
}

// explainDocuments says of each statement why it is there.
func explainDocuments(to io.Writer, made []iam.Named) {
	for _, each := range made {
		fmt.Fprintf(to, "%s%s: %d of %d characters\n", each.Name, of(each.Role), len(each.Document.Compact()), each.Limit)
		for _, statement := range each.Document.Statement {
			fmt.Fprintf(to, "  %-5s %-26s %s%s\n", strings.ToLower(statement.Effect), statement.Sid, statement.Why, closes(statement.Closes))
		}
		fmt.Fprintln(to)
	}
	fmt.Fprintln(to, "The holes are those of the policy that is commonly published for environments by tag:")
	for _, hole := range iam.Holes() {
		fmt.Fprintf(to, "  %d. %s\n", hole.Number, hole.Text)
	}
}

func of(role string) string {
	if role == "" {
		return ""
	}
	return " of " + role
}

func closes(holes []int) string {
	if len(holes) == 0 {
		return ""
	}
	numbers := make([]string, 0, len(holes))
	for _, hole := range holes {
		numbers = append(numbers, fmt.Sprint(hole))
	}
	return " (closes hole " + strings.Join(numbers, ", ") + ")"
}

// rolesOf are all roles that a configuration names.
func rolesOf(loaded *config.Config) []string {
	roles := []string{botRole(loaded)}
	for _, environment := range loaded.Environments {
		roles = append(roles, environment.DiscoveryRole)
		if environment.OperatorRole != config.NoRole {
			roles = append(roles, environment.OperatorRole)
		}
	}
	slices.Sort(roles)
	return slices.DeleteFunc(slices.Compact(roles), func(role string) bool { return role == "" })
}

// setting is what a configuration and the actions' declarations imply for AWS.
func setting(loaded *config.Config, catalog *actions.Catalog) iam.Setting {
	made := iam.Setting{
		Tag: loaded.AWS.Tag, Team: loaded.Slack.Team, Base: botRole(loaded), Execution: loaded.AWS.Execution, Region: loaded.AWS.Region,
		Platform: loaded.AWS.Platform, Table: ledgerTable(loaded), Classes: classes(loaded, catalog),
	}
	for _, name := range slices.Sorted(maps.Keys(loaded.Environments)) {
		environment := loaded.Environments[name]
		one := iam.Environment{
			Name: name, Protected: *environment.Protected, BreakGlass: environment.BreakGlass != nil, Discovery: environment.DiscoveryRole,
			Clusters: environment.Clusters, Families: environment.Families, Subnets: environment.Subnets, TaskRoles: environment.TaskRoles,
		}
		if environment.OperatorRole != config.NoRole {
			one.Role = environment.OperatorRole
		}
		made.Environments = append(made.Environments, one)
	}
	return made
}

// declared is the catalog as a configuration has it, for what is only read from declarations.
func declared(loaded *config.Config) (*actions.Catalog, error) {
	return ops.Catalog(ops.Needs{LiveTail: loaded.AWS.LiveTail > 0})
}

// classes are those of the catalog, and what the configuration adds to them.
func classes(loaded *config.Config, catalog *actions.Catalog) []iam.Class {
	var all []iam.Class
	for _, class := range catalog.Classes() {
		all = append(all, iam.Class{Name: class.Name, Changes: class.Changes, Calls: append(class.Calls, loaded.AWS.Operations[class.Name]...)})
	}
	for _, name := range slices.Sorted(maps.Keys(loaded.AWS.Operations)) {
		if !slices.ContainsFunc(all, func(class iam.Class) bool { return class.Name == name }) {
			all = append(all, iam.Class{Name: name, Calls: loaded.AWS.Operations[name]})
		}
	}
	return all
}

// botRole is the bot's own role as the configuration names it, or else one called ecsbot in
// the account of the first operator role.
func botRole(loaded *config.Config) string {
	if loaded.AWS.Role != "" {
		return loaded.AWS.Role
	}
	for _, name := range slices.Sorted(maps.Keys(loaded.Environments)) {
		for _, role := range []string{loaded.Environments[name].OperatorRole, loaded.Environments[name].DiscoveryRole} {
			if head, _, found := strings.Cut(role, ":role/"); found {
				return head + ":role/ecsbot"
			}
		}
	}
	return ""
}

// guesses says what the configuration leaves open, and what is assumed for it.
func guesses(loaded *config.Config) []string {
	var said []string
	if loaded.AWS.Role == "" {
		said = append(said, fmt.Sprintf("aws.role is not set: the documents take %s for the bot's own role", cmp.Or(botRole(loaded), "nothing")))
	}
	if loaded.Slack.Team == "" {
		said = append(said, "slack.team is not set: the documents let people of any Slack team be named; set it to your workspace's ID")
	}
	return said
}

// ledgerTable is the ARN of the ledger's table; empty where there is none.
func ledgerTable(loaded *config.Config) string {
	table, parts := loaded.Ledger.DynamoDB, strings.SplitN(botRole(loaded), ":", 6)
	if table == nil || len(parts) < 6 {
		return ""
	}
	return fmt.Sprintf("arn:%s:dynamodb:%s:%s:table/%s", parts[1], cmp.Or(table.Region, loaded.AWS.Region), parts[4], table.Table)
}

// narrower makes the inline policy of each session: the calls that its class declares, on its
// one target.
func narrower(loaded *config.Config) (func(fleet.Purpose) string, error) {
	catalog, err := declared(loaded)
	if err != nil {
		return nil, err
	}
	calls := map[string][]string{}
	for _, class := range classes(loaded, catalog) {
		calls[class.Name] = class.Calls
	}
	return func(purpose fleet.Purpose) string {
		return iam.Session(calls[purpose.Operation], iam.Target{Service: purpose.Target, Task: purpose.Task})
	}, nil
}
