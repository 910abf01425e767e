package actions

import (
	"fmt"
	"strings"
	"time"
)

// Message is what somebody is told, in domain words and without any markup: every string in
// it is data. The bot renders it for Slack and escapes what it must.
type Message struct {
	Tone    Tone
	Title   Text
	Body    []Block
	Buttons []Button
	Field   string // the parameter that it is about, for where a form shows it; may be empty
	Lines   bool   // it shows lines of a log, which may have to be deleted after a time
}

// Tone says at a glance how it stands.
type Tone string

// The tones, from neutral to loud.
const (
	Plain   Tone = ""
	Working Tone = "working"
	Good    Tone = "good"
	Warning Tone = "warning"
	Bad     Tone = "bad"
	Refusal Tone = "refusal"
	Waiting Tone = "waiting" // for a person
)

// Block is one part of a message: Paragraph, List, Facts, Code, Chart or Note.
type Block interface{ block() }

// Paragraph is running text.
type Paragraph struct{ Text Text }

// List is one line of text per point.
type List struct{ Points []Text }

// Facts are short name and value pairs, shown side by side where there is room.
type Facts struct{ Facts []Fact }

// Fact is one pair of Facts.
type Fact struct {
	Name  string
	Value Text
}

// Code is text from outside or a table in fixed width, shown as it is and inert.
type Code struct{ Text string }

// Chart is lines over the same times. Where it cannot be shown, its words stand there instead.
type Chart struct {
	Title  string
	Unit   string   // of the values
	Labels []string // of the times, one for each value of every series
	Series []Series
	Words  Text
}

// Series is one line of a chart.
type Series struct {
	Name   string
	Values []float64
}

// Note is small print below the rest.
type Note struct{ Text Text }

func (Paragraph) block() {}
func (List) block()      {}
func (Facts) block()     {}
func (Code) block()      {}
func (Chart) block()     {}
func (Note) block()      {}

// Button asks for something by an action ID of the outside (DESIGN: approve reject rollback …)
// and carries nothing but an opaque value.
type Button struct {
	ID      string
	Label   string
	Value   string // opaque: an operation ID, never authority
	Style   string // "", "primary" or "danger"
	Confirm *Confirm
}

// Confirm is asked by Slack before the click is sent.
type Confirm struct{ Title, Text, Yes, No string }

// Text is a run of spans.
type Text []Span

// Span is one piece of text with one look.
type Span struct {
	Kind  Kind
	Value string    // text; for Person, Group and Channel the Slack ID
	Time  time.Time // for Moment
}

// Kind is the look of a span.
type Kind int

// The looks. The zero value is plain text.
const (
	Words   Kind = iota
	Name         // a name of something, in fixed width
	Strong       // bold
	Person       // a Slack user ID: shown by name, does not notify where Slack allows
	Group        // a Slack user group ID
	Channel      // a Slack channel ID
	Moment       // a time, shown in the reader's zone
)

// Named is a name shown in fixed width, such as a service.
func Named(name string) Span { return Span{Kind: Name, Value: name} }

// Bold is emphasised text.
func Bold(text string) Span { return Span{Kind: Strong, Value: text} }

// PersonSpan shows a person by Slack user ID.
func PersonSpan(user string) Span { return Span{Kind: Person, Value: user} }

// GroupSpan shows a user group by Slack ID.
func GroupSpan(group string) Span { return Span{Kind: Group, Value: group} }

// ChannelSpan shows a channel by Slack ID.
func ChannelSpan(channel string) Span { return Span{Kind: Channel, Value: channel} }

// MomentSpan shows a time in the reader's own zone.
func MomentSpan(at time.Time) Span { return Span{Kind: Moment, Time: at} }

// Textf builds a text: each %v is replaced by the next argument, which may be a Span, a Text,
// a duration or anything that fmt prints as plain words. What is not in the format is data.
func Textf(format string, arguments ...any) Text {
	var text Text
	parts := strings.Split(format, "%v")
	for position, part := range parts {
		if part != "" {
			text = append(text, Span{Value: part})
		}
		if position >= len(arguments) || position == len(parts)-1 {
			continue
		}
		switch argument := arguments[position].(type) {
		case Span:
			text = append(text, argument)
		case Text:
			text = append(text, argument...)
		case time.Duration:
			text = append(text, Span{Value: DurationText(argument)})
		default:
			text = append(text, Span{Value: fmt.Sprint(argument)})
		}
	}
	return text
}

// Plain is the text without looks, as a log or a ledger entry keeps it.
func (t Text) Plain() string {
	var plain strings.Builder
	for _, span := range t {
		if span.Kind == Moment {
			plain.WriteString(span.Time.UTC().Format(time.RFC3339))
			continue
		}
		plain.WriteString(span.Value)
	}
	return plain.String()
}

// Say is the shortest message: one sentence with a tone.
func Say(tone Tone, format string, arguments ...any) Message {
	return Message{Tone: tone, Title: Textf(format, arguments...)}
}
