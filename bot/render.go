package bot

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"ecsbot/actions"
)

// Slack's limits on a message (docs.slack.dev/reference/block-kit/blocks), and the budget
// that keeps clear of the undocumented one on their sum (see weigh).
const (
	maxBlocks     = 50
	maxSection    = 3000 // characters of one section of text
	maxContext    = 2000 // characters of one element of a context block
	maxFallback   = 2000 // characters of `text`; chat.update refuses more than 4,000
	wholeBudget   = 12000
	omissionRoom  = 300 // kept free to say what was left out
	spanOverhead  = 130 // JSON around the text of one span at most, styles included
	lineOverhead  = len(`{"type":"rich_text_section","elements":[]},`)
	blockOverhead = 160 // JSON around one block
)

// rendered is a message as Slack takes it: blocks, and the text for where blocks do not show.
type rendered struct {
	text    string
	blocks  []slack.Block
	plainer []slack.Block // the blocks with words in place of charts; nil where there are none
}

// options are the parts of a Web API call that carry the message. Both are always sent:
// chat.update without blocks takes them away.
func (r rendered) options() slack.MsgOption {
	return slack.MsgOptionCompose(
		r.textAlone(),
		slack.MsgOptionBlocks(r.blocks...),
	)
}

// textAlone is the message without its looks.
func (r rendered) textAlone() slack.MsgOption {
	return slack.MsgOptionCompose(
		slack.MsgOptionText(r.text, false), // escaped already
		slack.MsgOptionDisableMarkdown(),
		slack.MsgOptionDisableLinkUnfurl(),
		slack.MsgOptionDisableMediaUnfurl(),
	)
}

// render shows a message in Block Kit. Only rich text and plain text are used, which Slack
// does not parse: nothing in a message can mention, link or leave its place.
func render(message actions.Message) rendered {
	buttons := buttonRows(message.Buttons)
	sheet := &page{left: wholeBudget - omissionRoom, reserved: len(buttons)}
	if len(buttons) > 0 {
		sheet.left -= weigh(buttons)
	}
	sheet.title(message)
	for _, block := range message.Body {
		sheet.add(block)
	}
	sheet.finish()
	shown := rendered{text: fallback(message), blocks: append(sheet.blocks, buttons...)}
	shown.plainer = sheet.withoutCharts(shown.blocks)
	return shown
}

// page is a message that is being filled.
type page struct {
	blocks   []slack.Block
	left     int           // weight that may still be added
	reserved int           // blocks that are added at the end
	omitted  []string      // what did not fit, in words
	instead  []slack.Block // of each chart
}

func (p *page) title(message actions.Message) {
	var elements []slack.RichTextSectionElement
	if name := emoji(message.Tone); name != "" {
		elements = append(elements, slack.NewRichTextSectionEmojiElement(name, 0, nil), words(" ", nil))
	}
	title := make(actions.Text, len(message.Title))
	for position, span := range message.Title {
		span.Value = oneLine(span.Value)
		title[position] = span
	}
	elements = append(elements, p.spans(title, len(message.Body) > 0)...)
	if len(elements) > 0 {
		p.rich(slack.NewRichTextSection(elements...))
	}
}

func (p *page) add(block actions.Block) {
	if len(p.blocks)+p.reserved >= maxBlocks-2 || p.left < blockOverhead+spanOverhead {
		p.omit(blockName(block))
		return
	}
	switch block := block.(type) {
	case actions.Paragraph:
		p.paragraph(block)
	case actions.List:
		p.list(block)
	case actions.Facts:
		p.facts(block)
	case actions.Code:
		p.code(block.Text)
	case actions.Chart:
		p.chart(block)
	case actions.Note:
		p.note(block)
	}
}

func (p *page) paragraph(block actions.Paragraph) {
	if elements := p.spans(block.Text, false); len(elements) > 0 {
		p.rich(slack.NewRichTextSection(elements...))
	}
}

func (p *page) list(block actions.List) {
	var points []slack.RichTextElement
	p.left -= blockOverhead
	for position, point := range block.Points {
		if p.left < 2*spanOverhead {
			p.omit(counted(len(block.Points)-position, "more line"))
			break
		}
		if elements := p.spans(point, false); len(elements) > 0 {
			section := slack.NewRichTextSection(elements...)
			p.left -= spanOverhead
			points = append(points, section)
		}
	}
	if len(points) > 0 {
		p.blocks = append(p.blocks, slack.NewRichTextBlock("", slack.NewRichTextList(slack.RTEListBullet, 0, points...)))
	}
}

func (p *page) facts(block actions.Facts) {
	var lines []slack.RichTextElement
	p.left -= blockOverhead
	for position, fact := range block.Facts {
		if p.left < 3*spanOverhead {
			p.omit(counted(len(block.Facts)-position, "more fact"))
			break
		}
		name := actions.Text{actions.Bold(oneLine(fact.Name) + ":"), {Value: " "}}
		p.left -= spanOverhead
		lines = append(lines, slack.NewRichTextSection(p.spans(append(name, fact.Value...), false)...))
	}
	if len(lines) > 0 {
		p.blocks = append(p.blocks, slack.NewRichTextBlock("", lines...))
	}
}

func (p *page) note(block actions.Note) {
	text := cutRunes(inert(plain(block.Text)), maxContext)
	text = cutWeight(text, min(p.left-blockOverhead, maxSection), maxContext)
	if text == "" {
		return
	}
	p.push(smallPrint(text))
}

func smallPrint(text string) slack.Block {
	return slack.NewContextBlock("", slack.NewTextBlockObject(slack.PlainTextType, text, false, false))
}

// rich adds one block of rich text.
func (p *page) rich(elements ...slack.RichTextElement) {
	p.left -= blockOverhead
	p.blocks = append(p.blocks, slack.NewRichTextBlock("", elements...))
}

// push adds a block whose text was not yet weighed.
func (p *page) push(block slack.Block) {
	p.left -= weigh(block)
	p.blocks = append(p.blocks, block)
}

func (p *page) omit(what string) { p.omitted = append(p.omitted, what) }

// finish says what was left out.
func (p *page) finish() {
	if len(p.omitted) == 0 {
		return
	}
	said := cutRunes("Left out, because Slack does not take more: "+strings.Join(p.omitted, ", "), 140)
	p.blocks = append(p.blocks, smallPrint(said))
}

// emoji is how a tone looks, by the short name of Slack's own set.
func emoji(tone actions.Tone) string {
	switch tone {
	case actions.Working:
		return "hourglass_flowing_sand"
	case actions.Good:
		return "white_check_mark"
	case actions.Warning:
		return "warning"
	case actions.Bad:
		return "x"
	case actions.Refusal:
		return "no_entry"
	case actions.Waiting:
		return "raised_hand"
	case actions.Plain:
	}
	return ""
}

func blockName(block actions.Block) string {
	switch block.(type) {
	case actions.List:
		return "a list"
	case actions.Facts:
		return "facts"
	case actions.Code:
		return "a block of text"
	}
	return "a paragraph"
}

func counted(count int, noun string) string {
	if count == 1 {
		return fmt.Sprintf("%d %s", count, noun)
	}
	return fmt.Sprintf("%d %ss", count, noun)
}
