package bot

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"ecsbot/actions"
)

// spans turns a text into elements, cut at the limit of one section and at what is left of
// the page.
func (p *page) spans(text actions.Text, strong bool) []slack.RichTextSectionElement {
	var elements []slack.RichTextSectionElement
	room := maxSection
	for _, span := range joined(text) {
		if room <= 0 || p.left <= spanOverhead {
			p.omit("the end of a long text")
			return elements
		}
		element, length := p.span(span, strong, room)
		room -= length
		if element != nil {
			elements = append(elements, element)
			p.left -= weigh(element) + len(",")
		}
	}
	return elements
}

// joined is a text in which spans of plain words that follow each other are one.
func joined(text actions.Text) actions.Text {
	var whole actions.Text
	for _, span := range text {
		if last := len(whole) - 1; last >= 0 && span.Kind == actions.Words && whole[last].Kind == actions.Words {
			whole[last].Value += span.Value
			continue
		}
		whole = append(whole, span)
	}
	return whole
}

// span is one element and the characters that it takes; nil where there is nothing to show.
func (p *page) span(span actions.Span, strong bool, room int) (slack.RichTextSectionElement, int) {
	if mention := mentioned(span); mention != nil {
		return mention, len(span.Value)
	}
	if span.Kind == actions.Moment {
		return moment(span.Time), len(time.RFC3339)
	}
	whole := inert(span.Value)
	if span.Kind == actions.Name {
		whole = oneLine(whole)
	}
	if whole == "" {
		return nil, 0
	}
	left := p.left - spanOverhead
	text := cutWeight(whole, left, room/len("&amp;")) // room is counted after escaping, at its worst
	if utf8.RuneCountInString(escaped(whole)) <= room {
		text = cutWeight(whole, left, room)
	}
	if text != whole {
		p.omit(counted(utf8.RuneCountInString(whole)-utf8.RuneCountInString(text), "character"))
		text += "…"
	}
	return words(text, style(span.Kind, strong)), utf8.RuneCountInString(escaped(text))
}

func words(text string, style *slack.RichTextSectionTextStyle) *slack.RichTextSectionTextElement {
	return slack.NewRichTextSectionTextElement(text, style)
}

func style(kind actions.Kind, strong bool) *slack.RichTextSectionTextStyle {
	look := slack.RichTextSectionTextStyle{Bold: strong || kind == actions.Strong, Code: kind == actions.Name}
	if !look.Bold && !look.Code {
		return nil
	}
	return &look
}

// mentioned is the element for a person, group or channel; nil where the ID could not be one,
// since Slack refuses a whole message for a single bad ID.
func mentioned(span actions.Span) slack.RichTextSectionElement {
	switch {
	case span.Kind == actions.Person && isID(span.Value, "UW"):
		return slack.NewRichTextSectionUserElement(span.Value, nil)
	case span.Kind == actions.Group && isID(span.Value, "S"):
		return slack.NewRichTextSectionUserGroupElement(span.Value)
	case span.Kind == actions.Channel && isID(span.Value, "CGD"):
		return slack.NewRichTextSectionChannelElement(span.Value, nil)
	}
	return nil
}

// isID says whether a value has the form of a Slack ID that begins with one of the letters.
func isID(value, letters string) bool {
	return len(value) > 1 && strings.ContainsRune(letters, rune(value[0])) &&
		!strings.ContainsFunc(value, func(char rune) bool {
			return (char < 'A' || char > 'Z') && (char < '0' || char > '9')
		})
}

// moment is shown in the reader's own zone.
func moment(at time.Time) slack.RichTextSectionElement {
	utc := inUTC(at)
	return slack.NewRichTextSectionDateElement(at.Unix(), "{date_short_pretty} {time_secs}", nil, &utc)
}

func inUTC(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") }

// plain is a text without looks, for where Slack has none.
func plain(text actions.Text) string {
	var written strings.Builder
	for _, span := range text {
		if span.Kind == actions.Moment {
			written.WriteString(inUTC(span.Time))
			continue
		}
		written.WriteString(span.Value)
	}
	return written.String()
}

// code adds text in fixed width, as much as fits, cut at a line where there is one.
func (p *page) code(text string) {
	whole := strings.TrimRight(inert(text), "\n")
	if whole == "" {
		return
	}
	kept := cutWeight(whole, p.left-blockOverhead-(2*len(whole)/maxSection+1)*spanOverhead, utf8.RuneCountInString(whole))
	if kept != whole {
		if line := strings.LastIndexByte(kept, '\n'); line > 0 {
			kept = kept[:line]
		}
		p.omit(counted(strings.Count(whole[len(kept):], "\n")+1, "more line"))
	}
	if kept != "" {
		p.push(preformatted(kept))
	}
}

// preformatted is one block of fixed width. No element is longer than a section may be.
func preformatted(text string) slack.Block {
	var elements []slack.RichTextSectionElement
	for text != "" {
		piece := cutWeight(text, maxSection, maxSection/2) // escapes count
		elements = append(elements, words(piece, nil))
		text = text[len(piece):]
	}
	return slack.NewRichTextBlock("", &slack.RichTextPreformatted{Type: slack.RTEPreformatted, Elements: elements})
}

// fallback is the whole message as escaped text, for notifications and screen readers.
func fallback(message actions.Message) string {
	var lines []string
	if title := plain(message.Title); title != "" {
		lines = append(lines, title)
	}
	for _, block := range message.Body {
		lines = append(lines, plainLines(block)...)
	}
	whole := cutRunes(strings.Join(lines, "\n"), maxFallback) // the rest would not be shown
	text := strings.TrimSpace(inert(whole))
	if text == "" {
		text = "(empty)" // Slack refuses a message without text
	}
	return cutEscaped(withoutShortNames(text), maxFallback)
}

func plainLines(block actions.Block) []string {
	var lines []string
	switch block := block.(type) {
	case actions.Paragraph:
		lines = append(lines, plain(block.Text))
	case actions.List:
		for _, point := range block.Points {
			lines = append(lines, "• "+plain(point))
		}
	case actions.Facts:
		for _, fact := range block.Facts {
			lines = append(lines, fact.Name+": "+plain(fact.Value))
		}
	case actions.Code:
		lines = append(lines, block.Text)
	case actions.Chart:
		lines = append(lines, plain(block.Words))
	case actions.Note:
		lines = append(lines, plain(block.Text))
	}
	return lines
}

// withoutShortNames keeps "@here" and "@channel" from being read as such where a workspace
// links names in plain text.
func withoutShortNames(text string) string {
	if !strings.Contains(text, "@") {
		return text
	}
	return strings.NewReplacer("@here", "@ here", "@channel", "@ channel", "@everyone", "@ everyone").Replace(text)
}
