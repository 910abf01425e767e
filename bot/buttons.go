package bot

import (
	"github.com/slack-go/slack"

	"ecsbot/actions"
)

// Slack's limits on buttons (docs.slack.dev/reference/block-kit/block-elements/button-element
// and …/composition-objects/confirmation-dialog-object).
const (
	maxButtons       = 25 // of one row
	maxButtonRows    = 5  // a bound of our own
	maxButtonLabel   = 75
	maxButtonValue   = 2000
	maxActionID      = 255
	maxConfirmTitle  = 100
	maxConfirmText   = 300
	maxConfirmButton = 30
)

// buttonRows shows buttons in one row, or in more where an ID comes again, which Slack takes
// once in a row. A button whose value Slack would refuse is left out, since half a value is
// another value, and so are those that would leave no room for the message.
func buttonRows(buttons []actions.Button) []slack.Block {
	var rows []slack.Block
	var row *slack.ActionBlock
	taken := map[string]bool{}
	room := wholeBudget / 2
	for _, button := range buttons {
		if len(button.Value) > maxButtonValue || len(button.ID) > maxActionID {
			continue
		}
		element := buttonElement(button)
		if room -= weigh(element); room < 0 {
			break
		}
		if row == nil || taken[button.ID] || len(row.Elements.ElementSet) == maxButtons {
			if len(rows) == maxButtonRows {
				break
			}
			row, taken = slack.NewActionBlock(""), map[string]bool{}
			rows = append(rows, row)
		}
		taken[button.ID] = true
		row.Elements.ElementSet = append(row.Elements.ElementSet, element)
	}
	return rows
}

func buttonElement(button actions.Button) *slack.ButtonBlockElement {
	element := slack.NewButtonBlockElement(button.ID, button.Value, label(button.Label, maxButtonLabel))
	element.Style = slack.Style(button.Style)
	if confirm := button.Confirm; confirm != nil {
		element.Confirm = slack.NewConfirmationBlockObject(
			label(confirm.Title, maxConfirmTitle),
			label(confirm.Text, maxConfirmText),
			label(confirm.Yes, maxConfirmButton),
			label(confirm.No, maxConfirmButton),
		)
	}
	return element
}

// label is plain text that is never empty, as Slack demands.
func label(text string, limit int) *slack.TextBlockObject {
	text = cutRunes(oneLine(text), limit)
	if text == "" {
		text = "…"
	}
	return slack.NewTextBlockObject(slack.PlainTextType, text, false, false)
}
