package actions

import (
	"fmt"
	"slices"
	"strings"

	"ecsbot/actions/ledger"
)

// How much is kept of a reason, and of an argument, in characters.
const (
	longestReason   = 500
	longestArgument = 8192
)

// Catalog is every action that exists, in the order in which help shows them.
type Catalog struct {
	actions []*Action
	byName  map[string]*Action
}

// NewCatalog makes a catalog of declared actions. A name that stands twice is a mistake of
// the program.
func NewCatalog(declared []Action) (*Catalog, error) {
	catalog := &Catalog{byName: map[string]*Action{}}
	for position := range declared {
		action := &declared[position]
		if _, taken := catalog.byName[action.Name]; taken || action.Name == "" || action.Run == nil {
			return nil, fmt.Errorf("action %q: its name is taken or something is missing", action.Name)
		}
		catalog.actions = append(catalog.actions, action)
		catalog.byName[action.Name] = action
	}
	return catalog, nil
}

// Actions are all actions in the order of their declaration.
func (c *Catalog) Actions() []*Action { return slices.Clone(c.actions) }

// Action finds an action by name.
func (c *Catalog) Action(name string) (*Action, bool) {
	action, found := c.byName[name]
	return action, found
}

// Check parses a command for nobody in particular and says which action it means.
func (c *Catalog) Check(text string) (action string, err error) {
	command, wrong := c.parse(text)
	if wrong != nil {
		return "", wrong
	}
	return command.action.Name, nil
}

// parsed is a command as it was typed, before anybody decided anything.
type parsed struct {
	action      *Action
	environment string
	service     string
	services    []string // where several may be named: all of them
	bulk        bool     // about every service of the environment
	values      map[Parameter]any
	arguments   map[string]string // as typed, for the entry
	share       bool
	reason      string // --reason
	breakGlass  bool   // --break-glass, whose value is the reason
	everywhere  bool   // about all environments at once
	preview     bool   // --plan: show what would be done, and do nothing
	needs       string // another permission than the action's own, where its plan wants one
}

// mistake is what is wrong with a command, in words for whoever typed it.
type mistake struct {
	text   Text
	action *Action // whose usage helps; nil where the action itself is unknown
	word   string  // the unknown action
	field  string  // the parameter that it is about; empty where it is none
}

// Error is the mistake for the ledger.
func (m *mistake) Error() string { return m.text.Plain() }

// parse reads a command. It knows nothing of who asks: what it says of a mistake is what
// everybody may hear, and suggestions are made by whoever knows the person.
func (c *Catalog) parse(text string) (parsed, *mistake) {
	if len([]rune(text)) > longest {
		return parsed{}, &mistake{text: Textf("That is too long: a command has at most %v characters.", longest)}
	}
	words, rest, hasRest, err := split(text)
	if err != nil {
		return parsed{}, &mistake{text: Textf("I cannot read that: %v.", err)}
	}
	if len(words) == 0 {
		words = []string{"help"}
	}
	action, known := c.byName[strings.ToLower(words[0])]
	if !known {
		return parsed{}, &mistake{text: Textf("There is no action %v.", Named(cut(words[0], 40))), word: words[0]}
	}
	command := parsed{action: action, values: map[Parameter]any{}, arguments: map[string]string{}}
	wrong := command.read(words[1:])
	if wrong == nil && hasRest {
		wrong = command.readRest(rest)
	}
	if wrong != nil {
		wrong.action = action
		return command, wrong
	}
	return command, nil
}

// read gives each word to the parameter that it belongs to.
func (p *parsed) read(words []string) *mistake {
	positional := positionals(p.action)
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		if name, flagged := strings.CutPrefix(word, "--"); flagged && name != "" {
			rest, wrong := p.flag(name, words)
			if wrong != nil {
				return wrong
			}
			words = rest
			continue
		}
		positional = skip(positional, word)
		if len(positional) == 0 {
			return &mistake{text: Textf("%v is one word too many.", Named(cut(word, 40)))}
		}
		if wrong := p.set(positional[0], word); wrong != nil {
			return wrong
		}
		if !positional[0].declaration().Many {
			positional = positional[1:]
		}
	}
	if len(p.services) > 0 && p.bulk {
		return &mistake{text: Textf("--all is about every service: name none with it.")}
	}
	if p.everywhere && len(positional) < len(positionals(p.action)) {
		return &mistake{text: Textf("--all is about everything: it goes without any other word. Give the reason with --reason.")}
	}
	for _, parameter := range positional {
		declared := parameter.declaration()
		if declared.Many && (len(p.services) > 0 || p.bulk) {
			continue
		}
		if !declared.Optional && !p.everywhere {
			return &mistake{text: Textf("Which %v?", declared.Name), field: declared.Name}
		}
	}
	return nil
}

// readRest takes what stands after a lone --.
func (p *parsed) readRest(words []string) *mistake {
	rest := p.action.Rest
	if rest == nil {
		return &mistake{text: Textf("%v takes nothing after --.", Named(p.action.Name))}
	}
	if len(words) == 0 {
		return &mistake{text: Textf("Nothing stands after --.")}
	}
	text := writeWords(words)
	if len(text) > longestArgument {
		return &mistake{text: Textf("That is too long: what stands after -- has at most %v characters.", longestArgument)}
	}
	p.values[rest], p.arguments[rest.declaration().Name] = words, text
	return nil
}

// skip leaves out an optional service where the word reads as what comes after it: in
// "hold staging 2h" the second word is a duration.
func skip(positional []Parameter, word string) []Parameter {
	if len(positional) < 2 {
		return positional
	}
	first, next := positional[0].declaration(), positional[1]
	if first.Kind != ServiceKind || !first.Optional || next.declaration().Kind != WordKind {
		return positional
	}
	if _, err := next.read(word); err != nil {
		return positional
	}
	return positional[1:]
}

func positionals(action *Action) []Parameter {
	var positional []Parameter
	for _, parameter := range action.Parameters {
		if !parameter.declaration().isNamed() {
			positional = append(positional, parameter)
		}
	}
	return positional
}

// flag reads --name, --name value or --name=value and returns the words behind it.
func (p *parsed) flag(name string, words []string) ([]string, *mistake) {
	name, value, joined := strings.Cut(name, "=")
	if name == "share" && !joined && !p.action.Changes {
		p.share = true
		return words, nil
	}
	if name == "plan" && !joined && p.action.Plan != nil {
		p.preview = true
		return words, nil
	}
	if p.action.Changes && (name == "reason" || name == "break-glass" && len(p.action.AWS) > 0) {
		if !joined && len(words) > 0 {
			value, words = words[0], words[1:]
		}
		if strings.TrimSpace(value) == "" || p.reason != "" {
			return nil, &mistake{text: Textf("--%v wants the reason, once, in quotes.", name)}
		}
		p.reason, p.breakGlass = cut(value, longestReason), name == "break-glass"
		return words, nil
	}
	for _, parameter := range p.action.Parameters {
		declared := parameter.declaration()
		if declared.Name != name || !declared.isNamed() {
			continue
		}
		if declared.Kind != SwitchKind && !joined {
			if len(words) == 0 {
				return nil, &mistake{text: Textf("--%v wants a value, such as %v.", name, Named(declared.Example))}
			}
			value, words = words[0], words[1:]
		}
		return words, p.set(parameter, value)
	}
	return nil, &mistake{text: Textf("%v has no flag %v.", Named(p.action.Name), Named("--"+cut(name, 40)))}
}

func (p *parsed) set(parameter Parameter, word string) *mistake {
	declared := parameter.declaration()
	if _, twice := p.values[parameter]; twice && !declared.Many {
		return &mistake{text: Textf("--%v is given twice.", declared.Name)}
	}
	value, err := parameter.read(word)
	if err != nil {
		return &mistake{text: Textf("%v.", err), field: declared.Name}
	}
	if declared.Many && slices.Contains(p.services, word) {
		return &mistake{text: Textf("%v is named twice.", Named(cut(word, 60)))}
	}
	p.values[parameter] = value
	p.everywhere = p.everywhere || parameter == p.action.All
	p.bulk = p.bulk || parameter == p.action.Bulk
	switch declared.Kind {
	case EnvironmentKind:
		p.environment = word
	case ServiceKind:
		p.service, p.services = word, append(p.services, word)
	case WordKind, ActionKind, FlagKind, SwitchKind:
		p.arguments[declared.Name] = cut(word, 200)
	case RestKind: // readRest takes it
	}
	return nil
}

// Usage is how the action is called.
func (a *Action) Usage() string {
	usage := []string{a.Name}
	for _, parameter := range a.Parameters {
		usage = append(usage, parameter.declaration().usage())
	}
	return strings.Join(usage, " ")
}

// Synopsis is how the action is called, without its options.
func (a *Action) Synopsis() string {
	words, optional := []string{a.Name}, false
	for _, declared := range a.Declarations() {
		if declared.IsOption() {
			optional = true
			continue
		}
		words = append(words, declared.usage())
	}
	if optional {
		words = append(words, "[--…]")
	}
	return strings.Join(words, " ")
}

// IsOption says whether it is written with two dashes before it.
func (d Declaration) IsOption() bool { return d.Kind == SwitchKind || d.isNamed() }

func (d Declaration) usage() string {
	text := strings.ToUpper(d.Name)
	switch {
	case d.Kind == SwitchKind:
		text = "--" + d.Name
	case d.Kind == RestKind:
		text = "-- " + text + "…"
	case d.isNamed():
		text = "--" + d.Name + " " + text
	}
	if d.Many {
		text += "…"
	}
	if d.Optional {
		return "[" + text + "]"
	}
	return text
}

// Parameters of the action, for help and documents.
func (a *Action) Declarations() []Declaration {
	var declarations []Declaration
	for _, parameter := range a.Parameters {
		declarations = append(declarations, parameter.declaration())
	}
	return declarations
}

// restore reads a command back from the entry that began it.
func (c *Catalog) restore(entry ledger.Entry) (parsed, error) {
	action, known := c.byName[entry.Action]
	if !known {
		return parsed{}, fmt.Errorf("operation %s: there is no action %q any more", entry.Operation, entry.Action)
	}
	command := parsed{
		action: action, environment: entry.Environment, service: entry.Service, reason: entry.Reason,
		values: map[Parameter]any{}, arguments: entry.Arguments,
	}
	for _, fact := range parseTerms(entry.Result).facts {
		if needs, found := strings.CutPrefix(fact, "needs="); found {
			command.needs = needs
		}
	}
	for _, parameter := range action.Parameters {
		declared := parameter.declaration()
		word, given := entry.Arguments[declared.Name]
		switch declared.Kind {
		case EnvironmentKind:
			word, given = entry.Environment, entry.Environment != ""
		case ServiceKind:
			word, given = entry.Service, entry.Service != ""
		case WordKind, ActionKind, FlagKind, SwitchKind, RestKind:
		}
		if !given {
			continue
		}
		value, err := parameter.read(word)
		if err != nil {
			return parsed{}, fmt.Errorf("operation %s: %w", entry.Operation, err)
		}
		command.values[parameter] = value
		command.everywhere = command.everywhere || parameter == action.All
	}
	return command, nil
}

// cut shortens a text from outside at a rune border.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// flat is a text from outside in one line without anything invisible: it cannot look like
// another line of the record.
func flat(text string, most int) string { return cut(strings.Map(visible, text), most) }
