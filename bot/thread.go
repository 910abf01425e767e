package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"ecsbot/actions"
)

// A snippet stands in the thread as a block while it is short; else it is a file, of which
// Slack takes 1 MB (docs.slack.dev/reference/methods/files.getUploadURLExternal).
const (
	blockLines  = 40
	snippetMost = 1_000_000 // bytes
)

// snippet shows lines in a thread. Where Slack takes no file, it shows the last lines that fit
// a block, and says so.
func (v *voice) snippet(ctx context.Context, thread actions.Where, snippet actions.Snippet) error {
	text := strings.TrimRight(inert(snippet.Text), "\n")
	if text == "" {
		text = "(no lines)"
	}
	fits := strings.Count(text, "\n") < blockLines && weighText(text) <= wholeBudget-2*omissionRoom
	if fits {
		return v.block(ctx, thread, snippet.Title, text, "")
	}
	err := v.upload(ctx, thread, snippet.Title, text)
	if err == nil {
		return nil
	}
	v.log.Warn("a file was not uploaded: its end is shown as text", "error", redacted(err))
	last := lastLines(text)
	left := strings.Count(text, "\n") - strings.Count(last, "\n")
	return v.block(ctx, thread, snippet.Title, last, fmt.Sprintf(
		"Slack did not take the file, so these are the last lines. Left out: %s.", counted(left, "earlier line")))
}

// block posts text in fixed width.
func (v *voice) block(ctx context.Context, thread actions.Where, title, text, note string) error {
	message := actions.Message{Title: actions.Textf("%v", title), Body: []actions.Block{actions.Code{Text: text}}}
	if note != "" {
		message.Body = append(message.Body, actions.Note{Text: actions.Textf("%v", note)})
	}
	_, err := v.post(ctx, thread, render(message))
	return err
}

// upload shares the text as a file; what is too long loses its beginning.
func (v *voice) upload(ctx context.Context, thread actions.Where, title, text string) error {
	if cut := len(text) - snippetMost; cut > 0 {
		if line := strings.IndexByte(text[cut:], '\n'); line >= 0 {
			cut += line + 1
		}
		text = strings.ToValidUTF8(text[cut:], "")
		title += " (the end of it)"
	}
	return v.insist(ctx, "uploading a file", func(ctx context.Context) error {
		_, err := v.api.UploadFileContext(ctx, slack.UploadFileParameters{
			Content:         text,
			FileSize:        len(text),
			Filename:        fileName(title),
			Title:           cutRunes(oneLine(title), maxConfirmTitle),
			SnippetType:     "text",
			Channel:         thread.Channel,
			ThreadTimestamp: thread.Thread,
		})
		return err
	})
}

// fileName keeps letters and digits of a title.
func fileName(title string) string {
	name := strings.Map(func(char rune) rune {
		switch {
		case char >= 'a' && char <= 'z', char >= 'A' && char <= 'Z', char >= '0' && char <= '9':
			return char
		}
		return '-'
	}, title)
	name = strings.Trim(cutRunes(name, maxButtonLabel), "-…")
	if name == "" {
		name = "lines"
	}
	return name + ".txt"
}

// lastLines is the end of a text, as much of it as fits a block.
func lastLines(text string) string {
	lines := strings.Split(text, "\n")
	lines = lines[max(0, len(lines)-blockLines):]
	for len(lines) > 1 && weighText(strings.Join(lines, "\n")) > wholeBudget-3*omissionRoom {
		lines = lines[1:]
	}
	return strings.Join(lines, "\n")
}

func weighText(text string) int {
	weight := (2*len(text)/maxSection + 1) * spanOverhead
	for _, char := range text {
		weight += weighRune(char)
	}
	return weight
}
