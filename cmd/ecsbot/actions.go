package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ecsbot/actions"
	"ecsbot/actions/fleet/aws"
	"ecsbot/actions/ops"
	"ecsbot/authz"
)

// actionsCommand prints docs/actions.md from the declarations.
type actionsCommand struct{}

func (*actionsCommand) declare(line *cobra.Command) {
	line.Use, line.Short, line.Hidden = "actions", "Print what every action is, as Markdown", true
}

// Run prints Markdown: a section for each action, and what each class of session may call.
func (actionsCommand) Run(around surroundings) error {
	catalog, err := ops.Catalog(ops.Needs{LiveTail: true})
	if err != nil {
		return err
	}
	var page strings.Builder
	page.WriteString("# Actions\n\nWhat each action takes, who has it, and every call to AWS that it may make: printed from the declarations by `make generate`. " +
		"A test carries each of them out, and as a plan too: it fails on any other call, and on one that is declared and never made. " +
		"Not every call is made each time: images are looked up where their registry is ECR, tasks where the tagging API does not tell theirs, " +
		"and `rollback` stops a deployment where one is under way. " +
		"Every call waits for its turn at AWS's throttle of it, by account and region; a permission that is no call of its own has none.\n")
	for _, action := range catalog.Actions() {
		section(&page, action)
	}
	page.WriteString("\n## Sessions\n\nAWS sees every call of an action under one of these classes, as the session tag `Operation`. " +
		"The bot itself follows what was changed under `status`, and reads the last lines of what failed under `logs`. " +
		"Finding services, and reading one with its tags, is done with the bot's own role, or the discovery role.\n\n| class | changes something | calls |\n|---|---|---|\n")
	for _, class := range catalog.Classes() {
		fmt.Fprintf(&page, "| `%s` | %s | %s |\n", class.Name, yes(class.Changes), calls(class.Calls))
	}
	_, err = fmt.Fprint(around.stdout, page.String())
	return err
}

// liveTailCall is declared only where the configuration wants it.
const liveTailCall = "logs:StartLiveTail"

// section is one action as its declaration has it.
func section(page *strings.Builder, action *actions.Action) {
	fmt.Fprintf(page, "\n## %s\n\n%s\n\n`%s` · for example `%s`\n\n", action.Name, action.Summary, action.Usage(), action.Example)
	if declared := action.Declarations(); len(declared) > 0 {
		page.WriteString("| parameter | |\n|---|---|\n")
		for _, each := range declared {
			fmt.Fprintf(page, "| %s | %s |\n", each.Name, each.Doc)
		}
		page.WriteString("\n")
	}
	fmt.Fprintf(page, "- Permission: %s\n", permission(action))
	if action.Changes && !action.Free && len(action.AWS) > 0 {
		page.WriteString("- Wants a second person where the environment is protected\n")
	}
	if action.Plan != nil {
		page.WriteString("- `--plan` shows what it would do, and does nothing\n")
	}
	if len(action.AWS)+len(action.Reads) == 0 {
		page.WriteString("- AWS: no call of its own\n")
		return
	}
	page.WriteString("\n| call | class of session | AWS's throttle |\n|---|---|---|\n")
	for _, call := range slices.Sorted(slices.Values(action.AWS)) {
		when := ""
		if call == liveTailCall {
			when = " (where `aws.live_tail` is set)"
		}
		fmt.Fprintf(page, "| `%s`%s | `%s` | %s |\n", call, when, cmp.Or(action.Operation, action.Name), throttle(call))
	}
	for _, call := range slices.Sorted(slices.Values(action.Reads)) {
		fmt.Fprintf(page, "| `%s` | `%s` | %s |\n", call, actions.StatusClass, throttle(call))
	}
}

// throttle is what a call counts against, burst/per second; nothing where it is a permission alone,
// which another call wants.
func throttle(call string) string {
	_, operation, _ := strings.Cut(call, ":")
	bucket, own, known := aws.Throttle(operation, "")
	if !known {
		return ""
	}
	return fmt.Sprintf("`%s` %s", bucket, own)
}

// permission says which permission an action needs, and the least built-in role that has it.
func permission(action *actions.Action) string {
	if action.Open {
		return "none, for every member of the company"
	}
	if action.Lasts == actions.LastsAccess {
		return "none: whoever the configuration offers it to (`requestable`)"
	}
	text := granted(cmp.Or(action.Right, action.Name))
	for _, each := range []struct {
		parameter actions.Parameter
		right     string
		when      string
	}{
		{action.All, action.AllAction, "with `--all`"}, {action.Bulk, "bulk", "of several services also"}, {action.Rest, action.RestAction, "with a command of one's own"},
	} {
		if each.parameter != nil {
			text += "; " + each.when + " " + granted(each.right)
		}
	}
	return text
}

func granted(right string) string {
	for _, role := range authz.BuiltIn() {
		if slices.Contains(role.Actions, right) {
			return fmt.Sprintf("`%s` (role %s)", right, role.Name)
		}
	}
	return "`" + right + "`"
}

func calls(names []string) string {
	return "`" + strings.Join(names, "` `") + "`"
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}
