package ops

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet/doctor"
)

// How much of a report is told at once. What is more comes as a file, with a line for each
// kind beside it: Slack takes 50 blocks and some 13,000 characters.
const (
	fewKinds  = 6
	shownEach = 4 // of one kind
)

// isLong says whether a report wants a file.
func isLong(report doctor.Report) bool {
	kinds := map[doctor.Kind]int{}
	for _, found := range report.Findings {
		kinds[found.Kind]++
		if kinds[found.Kind] > shownEach {
			return true
		}
	}
	return len(kinds) > fewKinds
}

// diagnosis is a report in words.
func diagnosis(report doctor.Report, rules doctor.Rules, wanted []string, took time.Duration) actions.Message {
	message := actions.Message{Tone: tones()[report.Worst()], Title: actions.Textf("Doctor: %v", summary(report))}
	for _, environment := range wanted {
		if report.Services[environment] == 0 {
			message.Body = append(message.Body, onboarding(rules, environment)...)
		}
	}
	message.Body = append(message.Body, complaints(report)...)
	for _, unread := range report.Unread[:min(len(report.Unread), shownEach)] {
		message.Body = append(message.Body, actions.Note{Text: actions.Textf("Cannot be read: %v (%v)", unread.What, unread.Why)})
	}
	if left := len(report.Unread) - shownEach; left > 0 {
		message.Body = append(message.Body, actions.Note{Text: actions.Textf("and %v more that cannot be read", left)})
	}
	more := 0
	for _, count := range report.More {
		more += count
	}
	if more > 0 {
		message.Body = append(message.Body, actions.Note{Text: actions.Textf("There is more than I keep: %v findings were only counted.", more)})
	}
	looked := 0
	for _, environment := range wanted {
		looked += report.Services[environment]
	}
	return withNote(message, "Looked at %v in %v, %v.", actions.Counted(looked, "service"), actions.Counted(len(wanted), "environment"), took.Round(100*time.Millisecond))
}

func withNote(message actions.Message, format string, arguments ...any) actions.Message {
	message.Body = append(message.Body, actions.Note{Text: actions.Textf(format, arguments...)})
	return message
}

func tones() map[doctor.Severity]actions.Tone {
	return map[doctor.Severity]actions.Tone{doctor.Note: actions.Good, doctor.Warning: actions.Warning, doctor.Danger: actions.Bad}
}

// summary counts the findings by severity.
func summary(report doctor.Report) string {
	if len(report.Findings) == 0 {
		return "nothing is wrong with what I could read"
	}
	count := map[doctor.Severity]int{}
	for _, found := range report.Findings {
		count[found.Severity()]++
	}
	var parts []string
	for _, severity := range []doctor.Severity{doctor.Danger, doctor.Warning, doctor.Note} {
		if count[severity] > 0 {
			parts = append(parts, actions.Counted(count[severity], severity.String()))
		}
	}
	return strings.Join(parts, ", ")
}

func ofKind(report doctor.Report, kind doctor.Kind) []doctor.Finding {
	return slices.DeleteFunc(slices.Clone(report.Findings), func(found doctor.Finding) bool { return found.Kind != kind })
}

// complaints are all findings, kind by kind; of a long report which ones there are.
func complaints(report doctor.Report) []actions.Block {
	var blocks []actions.Block
	var points []actions.Text
	for _, kind := range doctor.Kinds() {
		switch found := ofKind(report, kind); {
		case len(found) == 0:
		case isLong(report):
			points = append(points, inShort(kind, found))
		default:
			blocks = append(blocks, complaint(kind, found)...)
		}
	}
	if len(points) > 0 {
		blocks = append(blocks, actions.List{Points: points})
	}
	return blocks
}

// inShort is a line for all findings of one kind.
func inShort(kind doctor.Kind, found []doctor.Finding) actions.Text {
	about := kind.About()
	text := actions.Textf("%v (%v): ", actions.Bold(about.Title), about.Severity)
	for position, each := range found[:min(len(found), shownEach)] {
		if position > 0 {
			text = append(text, actions.Textf(", ")...)
		}
		text = append(text, actions.Named(each.Resource))
	}
	if left := len(found) - shownEach; left > 0 {
		text = append(text, actions.Textf(" and %v more", left)...)
	}
	return text
}

// complaint is all findings of one kind, with what can go wrong and how to mend the first.
func complaint(kind doctor.Kind, found []doctor.Finding) []actions.Block {
	about := kind.About()
	blocks := []actions.Block{actions.Paragraph{Text: actions.Textf("%v (%v): %v.", actions.Bold(about.Title), about.Severity, about.Risk)}}
	var points []actions.Text
	for _, each := range found[:min(len(found), shownEach)] {
		points = append(points, resource(each))
	}
	if left := len(found) - shownEach; left > 0 {
		points = append(points, actions.Textf("and %v more", left))
	}
	blocks = append(blocks, actions.List{Points: points}, actions.Code{Text: mending(found[0])})
	return blocks
}

func resource(found doctor.Finding) actions.Text {
	text := actions.Textf("%v", actions.Named(found.Resource))
	if found.Environment != "" {
		text = append(text, actions.Textf(" in %v", found.Environment)...)
	}
	if found.Seen != "" {
		text = append(text, actions.Textf(": %v", found.Seen)...)
	}
	return text
}

func mending(found doctor.Finding) string {
	if found.Terraform == "" {
		return found.Mend
	}
	return found.Mend + "\nTerraform: " + found.Terraform
}

// onboarding is what to do for an environment that has no service yet.
func onboarding(rules doctor.Rules, environment string) []actions.Block {
	blocks := []actions.Block{actions.Paragraph{Text: actions.Textf(
		"%v has no service that carries its tag yet. In this order:", actions.Bold(environment),
	)}}
	for position, step := range rules.Onboarding(environment) {
		blocks = append(blocks, actions.Paragraph{Text: actions.Textf("%v. %v", position+1, step.What)}, actions.Code{Text: step.Command})
	}
	return blocks
}

// inFull is every finding, for a file.
func inFull(report doctor.Report) string {
	var text strings.Builder
	for _, found := range report.Findings {
		about := found.Kind.About()
		fmt.Fprintf(&text, "%s: %s\n  %s\n  what can go wrong: %s\n  mend: %s\n\n", about.Severity, about.Title, resource(found).Plain(), about.Risk,
			strings.ReplaceAll(mending(found), "\n", "\n        "))
	}
	return text.String()
}
