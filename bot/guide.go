package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"ecsbot/actions"
	"ecsbot/authz"
)

// guideShortcut is the callback ID of the global shortcut that opens the guided form.
const guideShortcut = "form"

// Slack's limits on what stands in a form (docs.slack.dev/reference/block-kit).
const (
	maxLabel       = 150 // of an input; Slack takes 2000
	maxHint        = 200
	maxOptionText  = 75
	maxOptionValue = 150
	maxFieldText   = 500
	maxFieldError  = 200
	tickValue      = "yes"
)

// window shows a guided form to whoever asked for it.
type window struct {
	voice   *voice
	where   actions.Where
	trigger string // for opening it
	view    string // once it is open
	hash    string
}

// Show opens the form, or puts a new one in its place.
func (w *window) Show(ctx context.Context, sheet actions.Sheet) error {
	view, err := sheetView(sheet, w.where)
	if err != nil {
		return err
	}
	var shown *slack.ViewResponse
	if w.view == "" {
		shown, err = w.voice.api.OpenViewContext(ctx, w.trigger, view)
	} else {
		shown, err = w.voice.api.UpdateViewContext(ctx, view, "", w.hash, w.view)
	}
	if err != nil {
		if w.view != "" && isCode(err, "not_found", "hash_conflict") { // closed, or changed again meanwhile
			return nil
		}
		return fmt.Errorf("showing a form: %w", redacted(err))
	}
	w.view, w.hash = shown.ID, shown.Hash
	return nil
}

// sheetView is a sheet as Slack takes it. Its callback ID is the action.
func sheetView(sheet actions.Sheet, where actions.Where) (slack.ModalViewRequest, error) {
	carried, err := json.Marshal(metadata{Guided: true, Channel: where.Channel, Thread: where.Thread, Chosen: decisive(sheet)})
	if err != nil || len(carried) > maxMetadata {
		return slack.ModalViewRequest{}, fmt.Errorf("showing a form: what it is about is too long")
	}
	view := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: sheet.Action, PrivateMetadata: string(carried),
		Title: label("ecsbot", maxViewTitle), Close: label("Cancel", maxViewTitle),
	}
	if len(sheet.Fields) == 0 {
		note := sheet.Note
		if note == nil {
			note = actions.Textf("One moment …")
		}
		view.Blocks.BlockSet = render(actions.Message{Body: []actions.Block{actions.Paragraph{Text: note}}}).blocks
		return view, nil
	}
	view.Submit = label(strings.ToUpper(sheet.Action[:1])+sheet.Action[1:], maxViewTitle)
	for _, field := range sheet.Fields {
		view.Blocks.BlockSet = append(view.Blocks.BlockSet, fieldBlock(field))
	}
	return view, nil
}

// decisive are the choices on which other fields rest.
func decisive(sheet actions.Sheet) map[string]string {
	chosen := map[string]string{}
	for _, field := range sheet.Fields {
		if field.Live && field.Chosen != "" {
			chosen[field.Name] = field.Chosen
		}
	}
	return chosen
}

// fieldBlock is one field; its name is the ID of both block and action.
func fieldBlock(field actions.Field) slack.Block {
	var hint *slack.TextBlockObject
	if field.Hint != "" && field.Kind != actions.Tick {
		hint = label(field.Hint, maxHint)
	}
	input := slack.NewInputBlock(field.Name, label(field.Label, maxLabel), hint, fieldElement(field))
	input.Optional, input.DispatchAction = field.Optional, field.Live
	return input
}

func fieldElement(field actions.Field) slack.BlockElement {
	switch field.Kind {
	case actions.Choose:
		choices := options(field.Choices)
		element := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, label("Choose", maxOptionText), field.Name, choices...)
		element.InitialOption = chosenOption(choices, field.Chosen)
		return element
	case actions.Search:
		if field.Many {
			element := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeExternal, label("Type to search", maxOptionText), field.Name)
			return element.WithMinQueryLength(0)
		}
		element := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, label("Type to search", maxOptionText), field.Name)
		element.MinQueryLength = new(int) // from the first letter, and before it
		element.InitialOption = chosenOption(options([]actions.Choice{{Value: field.Chosen, Label: field.Chosen}}), field.Chosen)
		return element
	case actions.PickUser:
		return slack.NewOptionsSelectBlockElement(slack.OptTypeUser, label("Choose somebody", maxOptionText), field.Name)
	case actions.Tick:
		return slack.NewCheckboxGroupsBlockElement(field.Name, slack.NewOptionBlockObject(tickValue, label(cmp.Or(field.Hint, "yes"), maxOptionText), nil))
	case actions.Lines, actions.Line:
	}
	element := slack.NewPlainTextInputBlockElement(nil, field.Name)
	element.Multiline, element.MaxLength = field.Kind == actions.Lines, maxFieldText
	element.InitialValue = cutRunes(field.Chosen, maxFieldText)
	return element
}

// options are choices as Slack takes them. What is too long to come back whole is left out.
func options(choices []actions.Choice) []*slack.OptionBlockObject {
	found := []*slack.OptionBlockObject{}
	for _, choice := range choices {
		if choice.Value == "" || len(choice.Value) > maxOptionValue {
			continue
		}
		var detail *slack.TextBlockObject
		if choice.Detail != "" {
			detail = label(choice.Detail, maxOptionText)
		}
		found = append(found, slack.NewOptionBlockObject(choice.Value, label(choice.Label, maxOptionText), detail))
	}
	return found
}

func chosenOption(choices []*slack.OptionBlockObject, value string) *slack.OptionBlockObject {
	for _, choice := range choices {
		if choice.Value == value {
			return choice
		}
	}
	return nil
}

// suggestions are as many options as one acknowledgement takes.
func suggestions(choices []actions.Choice) map[string]any {
	offered := options(choices)
	for weigh(offered) > maxAck-len(`{"options":}`) {
		offered = offered[:len(offered)*3/4]
	}
	return map[string]any{"options": offered}
}

// entered is one field of a form as Slack sends it back.
type entered struct {
	Value    string `json:"value"`
	User     string `json:"selected_user"`
	Selected struct {
		Value string `json:"value"`
	} `json:"selected_option"`
	Several []struct {
		Value string `json:"value"`
	} `json:"selected_options"`
}

func (e entered) text() string {
	switch {
	case e.Selected.Value != "":
		return e.Selected.Value
	case e.User != "":
		return e.User
	case len(e.Several) > 0:
		values := make([]string, len(e.Several))
		for position, each := range e.Several {
			values[position] = each.Value
		}
		return strings.Join(values, ",")
	}
	return e.Value
}

// filled are the fields of the form, by name.
func (c *click) filled() map[string]string {
	fields := map[string]string{}
	for name, each := range c.View.State.Values {
		fields[name] = each[name].text()
	}
	return fields
}

// chosen are the fields so far, with what is known to have been chosen where Slack does not say.
func (c *click) chosen() map[string]string {
	var carried metadata
	_ = json.Unmarshal([]byte(c.View.Metadata), &carried) // it was read before
	fields := c.filled()
	for name, value := range carried.Chosen {
		if fields[name] == "" {
			fields[name] = value
		}
	}
	return fields
}

// guided is where a guided form was opened; false where the delivery is about none.
func (c *click) guided() (actions.Where, bool) {
	var carried metadata
	if c.View.ID == "" || json.Unmarshal([]byte(c.View.Metadata), &carried) != nil || !carried.Guided {
		return actions.Where{}, false
	}
	return actions.Where{Channel: carried.Channel, Thread: carried.Thread}, true
}

// guide handles what is about the guided form: opening it by the shortcut, choosing in it,
// typing into it and sending it. It says false where the delivery is about something else.
func (c *click) guide(ctx context.Context) bool {
	where, isGuided := c.guided()
	switch {
	case c.Type == string(slack.InteractionTypeShortcut) && c.Callback == guideShortcut:
		c.openGuide(ctx)
	case !isGuided:
		return false
	case c.Type == string(slack.InteractionTypeBlockSuggestion):
		c.suggest(ctx)
	case c.Type == string(slack.InteractionTypeBlockActions):
		c.bot.acknowledge(ctx, c.envelope, nil)
		c.asActor(ctx, func(actor authz.Actor) {
			view := &window{voice: c.bot.voice, where: where, view: c.View.ID, hash: c.View.Hash}
			c.bot.requests.Guide(ctx, actions.Guide{ID: c.Trigger, Actor: actor, Where: where, Chosen: c.chosen()}, view, formReply{c.bot.place(where, c.User.ID)})
		})
	case c.Type == string(slack.InteractionTypeViewSubmission):
		c.send(ctx, where)
	default:
		return false
	}
	return true
}

// asActor does something as whoever clicked, once it is known who the bot is.
func (c *click) asActor(ctx context.Context, do func(authz.Actor)) {
	bot, err := c.bot.identity.soon(ctx)
	if err != nil {
		c.decline(ctx, unknownYet())
		return
	}
	do(bot.actor(c.User.Team, c.Enterprise.ID, c.User.ID))
}

// openGuide opens the form from where there is no channel: it is answered in the direct message.
func (c *click) openGuide(ctx context.Context) {
	c.bot.acknowledge(ctx, c.envelope, nil)
	c.asActor(ctx, func(actor authz.Actor) {
		view := &window{voice: c.bot.voice, trigger: c.Trigger}
		c.bot.requests.Guide(ctx, actions.Guide{ID: c.Trigger, Actor: actor}, view, formReply{c.bot.place(actions.Where{}, c.User.ID)})
	})
}

// suggest answers in the acknowledgement, as Slack wants it.
func (c *click) suggest(ctx context.Context) {
	bot, known := c.bot.identity.get()
	if !known {
		c.bot.acknowledge(ctx, c.envelope, suggestions(nil))
		return
	}
	choices := c.bot.requests.Suggest(ctx, actions.Suggestion{
		Actor: bot.actor(c.User.Team, c.Enterprise.ID, c.User.ID), Action: c.View.Callback,
		Field: c.Action, Typed: c.Typed, Chosen: c.chosen(),
	})
	c.bot.acknowledge(ctx, c.envelope, suggestions(choices))
}
