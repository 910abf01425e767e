package actions

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"ecsbot/authz"
)

// Sheet is a guided form: what somebody may choose, in domain words.
type Sheet struct {
	Action string // the action that it is about; empty while nothing is known yet
	Fields []Field
	Note   Text // in the place of fields
}

// Field is one field of a sheet.
type Field struct {
	Name     string
	Label    string
	Hint     string
	Kind     FieldKind
	Optional bool
	Choices  []Choice // of Choose
	Chosen   string
	Live     bool // what is chosen here decides which fields there are
	Many     bool // several can be chosen; between them stands a comma
}

// FieldKind says how a field is filled in.
type FieldKind int

// The kinds of fields.
const (
	Line     FieldKind = iota // a line of text
	Lines                     // some lines of text
	Choose                    // one of its choices
	Search                    // one of what Suggest offers while somebody types
	Tick                      // yes to its hint, or nothing
	PickUser                  // somebody in Slack
)

// Choice is something that can be chosen.
type Choice struct{ Value, Label, Detail string }

// Names of the fields that are no parameter. No parameter begins with an underscore.
const (
	ActionField = "_action"
	reasonField = "reason"
	shareField  = "share"
	planField   = "plan"
)

// mostChoices is how many a form offers at a time (docs.slack.dev/reference/block-kit/block-elements).
const mostChoices = 100

// sheet is the form for the action that was chosen, or for the first one that the person may do.
func (t *task) sheet(chosen map[string]string) Sheet {
	offered := Offered(t.runner.Catalog, t.rules.Policy, t.person)
	action := t.chosenAction(offered, chosen[ActionField]) // help is offered to everybody
	sheet := Sheet{Action: action.Name, Fields: []Field{{
		Name: ActionField, Label: "What", Kind: Choose, Live: true, Chosen: action.Name, Choices: actionChoices(offered), Hint: action.Summary,
	}}}
	bulk := action.Bulk != nil && t.holdsSomewhere(action, bulkRight)
	for _, parameter := range action.Parameters {
		isHidden := parameter == action.All || // what concerns everybody is typed, not ticked
			parameter == action.Bulk && !bulk || parameter == action.Rest && !t.holdsSomewhere(action, action.RestAction)
		if isHidden {
			continue
		}
		field := t.field(action, parameter.declaration(), chosen)
		field.Optional = field.Optional || bulk && field.Many
		sheet.Fields = append(sheet.Fields, field)
	}
	if action.Plan != nil {
		sheet.Fields = append(sheet.Fields, Field{Name: planField, Label: "Plan", Hint: "only show what would be done", Kind: Tick, Optional: true, Chosen: chosen[planField]})
	}
	if action.Changes {
		sheet.Fields = append(sheet.Fields, Field{Name: reasonField, Label: "Reason", Hint: "for whoever approves it, and for the record", Kind: Lines, Optional: true, Chosen: chosen[reasonField]})
	} else {
		sheet.Fields = append(sheet.Fields, Field{Name: shareField, Label: "Share", Hint: "show it to everybody where I asked", Kind: Tick, Optional: true, Chosen: chosen[shareField]})
	}
	return sheet
}

// chosenAction is the one of that name, as long as it is offered; else the first that reads or
// changes an environment, or the first of all.
func (t *task) chosenAction(offered []*Action, name string) *Action {
	var first *Action
	for _, action := range offered {
		if action.Name == name {
			return action
		}
		if first == nil || isLead(action) && !isLead(first) {
			first = action
		}
	}
	return first
}

func isLead(action *Action) bool {
	_, required := action.takes(EnvironmentKind)
	return required && !action.Instant
}

func actionChoices(offered []*Action) []Choice {
	var choices []Choice
	for _, action := range offered[:min(len(offered), mostChoices)] {
		choices = append(choices, Choice{Value: action.Name, Label: action.Name, Detail: action.Summary})
	}
	return choices
}

// field is the field of one parameter, read from its declaration.
func (t *task) field(action *Action, declared Declaration, chosen map[string]string) Field {
	field := Field{
		Name: declared.Name, Label: capital(declared.Name), Hint: hint(declared), Optional: declared.Optional, Many: declared.Many, Chosen: chosen[declared.Name],
	}
	switch declared.Kind {
	case EnvironmentKind:
		field.Live, _ = action.takes(ServiceKind) // which services there are depends on it
		field.Choices = choicesOf(t.environments(action))
		if field.Kind = Choose; len(field.Choices) == 0 || len(field.Choices) > mostChoices {
			field.Kind, field.Choices = Search, nil
		}
	case ServiceKind:
		if field.Kind = Search; action.Lasts == LastsAccess { // of what is there they may not know
			field.Kind = Line
		}
	case ActionKind:
		field.Kind, field.Choices = Choose, actionChoices(Offered(t.runner.Catalog, t.rules.Policy, t.person))
	case SwitchKind:
		field.Kind = Tick
	case RestKind:
		field.Kind = Lines
	case WordKind, FlagKind:
		if declared.IsUser {
			field.Kind = PickUser
		} else if declared.offers != nil {
			field.Kind, field.Choices = Choose, choicesOf(declared.offers(t.rules.Policy, t.person))
		}
	}
	if field.Kind == Choose && !slices.ContainsFunc(field.Choices, func(each Choice) bool { return each.Value == field.Chosen }) {
		field.Chosen = "" // of an action chosen before
	}
	return field
}

func hint(declared Declaration) string {
	switch {
	case declared.Kind == EnvironmentKind || declared.Kind == ServiceKind || declared.Kind == ActionKind: // their names say it
		return ""
	case declared.Example == "":
		return declared.Doc
	}
	return declared.Doc + "; such as " + declared.Example
}

func choicesOf(names []string) []Choice {
	choices := make([]Choice, 0, len(names))
	for _, name := range names {
		choices = append(choices, Choice{Value: name, Label: name})
	}
	return choices
}

// environments are those on which the person may do, or ask for, an action.
func (t *task) environments(action *Action) []string {
	names := map[string]bool{}
	for _, name := range t.rules.Policy.Environments(t.person) {
		names[name] = true
	}
	for _, access := range t.runner.Catalog.left(t.runner.Ledger.Open()).access {
		names[access.Environment] = names[access.Environment] || access.Actor == t.person.Actor
	}
	if action.Lasts == LastsAccess { // whoever asks for access need not have any
		clear(names)
		for _, offer := range t.rules.Policy.Offers(t.person) {
			names[offer.Environment] = true
		}
		return slices.Sorted(maps.Keys(names))
	}
	var may []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if names[name] && (t.mayChoose(action, cmp.Or(action.Right, action.Name), name, "") || action.RestAction != "" && t.mayChoose(action, action.RestAction, name, "")) {
			may = append(may, name)
		}
	}
	return may
}

// mayChoose says whether a form offers something. What is held or frozen for now is offered:
// whoever chooses it is told so.
func (t *task) mayChoose(action *Action, right, environment, service string) bool {
	decision := t.rules.Policy.Decide(authz.Question{
		Person: t.person, Action: right, Changes: action.Changes, Free: action.Free, Open: action.Open, Fresh: true, Now: time.Now(),
		Access: t.runner.Catalog.left(t.runner.Ledger.Open()).access, Target: authz.Target{Environment: environment, Service: service},
	})
	return decision.Verdict != authz.Refused || decision.Reason.Cause == authz.ByHold || decision.Reason.Cause == authz.ByFreeze
}

// holdsSomewhere says whether the person holds a permission beside the action's own in any
// environment.
func (t *task) holdsSomewhere(action *Action, right string) bool {
	return slices.ContainsFunc(t.rules.Policy.Environments(t.person), func(environment string) bool {
		return t.mayChoose(action, right, environment, "")
	})
}

// Suggestion is what somebody has typed into a Search field.
type Suggestion struct {
	Actor  authz.Actor
	Action string // the form's callback ID
	Field  string
	Typed  string
	Chosen map[string]string
}

// Suggest answers from memory what a Search field offers: nothing but what the person may choose.
func (r *Runner) Suggest(ctx context.Context, asked Suggestion) []Choice {
	t := &task{runner: r, rules: r.Rulebook(), request: Request{Actor: asked.Actor}}
	person, remembered := r.People.Recall(asked.Actor, outageAge)
	if !remembered {
		limited, cancel := context.WithTimeout(ctx, suggestLimit)
		defer cancel()
		var err error
		if person, err = r.People.Read(limited, asked.Actor, readAge); err != nil {
			return nil
		}
	}
	t.person = person
	action, known := r.Catalog.Action(asked.Action)
	if !known || person.Standing != authz.Insider {
		return nil
	}
	var names []string
	for _, parameter := range action.Parameters {
		declared := parameter.declaration()
		switch {
		case declared.Name != asked.Field:
		case declared.Kind == EnvironmentKind:
			names = t.environments(action)
		case declared.Kind == ServiceKind:
			names = t.services(action, chosenEnvironment(action, asked.Chosen))
		}
	}
	return choicesOf(matching(names, asked.Typed))
}

// suggestLimit leaves Slack's three seconds room for the answer.
const suggestLimit = 2 * time.Second

func chosenEnvironment(action *Action, chosen map[string]string) (environment string) {
	for _, parameter := range action.Parameters {
		if declared := parameter.declaration(); declared.Kind == EnvironmentKind {
			environment = chosen[declared.Name]
		}
	}
	return environment
}

// services are those of an environment that may be chosen, with their cluster where the name
// alone would not do.
func (t *task) services(action *Action, environment string) []string {
	count := map[string]int{}
	refs := t.runner.Finder.Services(environment)
	for _, ref := range refs {
		count[ref.Name]++
	}
	names := t.namedTasks(action, environment)
	right := cmp.Or(action.Right, action.Name)
	if action.Tasks { // without a named task, it wants a command
		right = action.RestAction
	}
	may := map[string]bool{}
	for _, ref := range refs {
		if _, judged := may[ref.Name]; !judged {
			may[ref.Name] = t.mayChoose(action, right, environment, ref.Name)
		}
		switch {
		case !may[ref.Name]:
		case count[ref.Name] > 1:
			names = append(names, ref.String())
		default:
			names = append(names, ref.Name)
		}
	}
	return names
}

// namedTasks are the one-off tasks of the configuration that may be chosen there.
func (t *task) namedTasks(action *Action, environment string) []string {
	var names []string
	for name, each := range t.rules.Tasks {
		isThere := len(each.Environments) == 0 || slices.Contains(each.Environments, environment)
		if action.Tasks && isThere && t.mayChoose(action, cmp.Or(action.Right, action.Name), environment, bare(each.Service)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// matching are the names in which something typed stands, those that begin with it first.
func matching(names []string, typed string) []string {
	typed = strings.ToLower(strings.TrimSpace(typed))
	var found []string
	for _, name := range names {
		if strings.Contains(strings.ToLower(name), typed) {
			found = append(found, name)
		}
	}
	slices.SortStableFunc(found, func(a, b string) int {
		return cmp.Compare(boolRank(strings.HasPrefix(strings.ToLower(a), typed)), boolRank(strings.HasPrefix(strings.ToLower(b), typed)))
	})
	return found[:min(len(found), mostChoices)]
}

func boolRank(isFirst bool) int {
	if isFirst {
		return 0
	}
	return 1
}
