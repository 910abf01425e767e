package bot

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/slack-go/slack"

	"ecsbot/actions"
)

// A file that is to be shown as a snippet may hold 1 MB
// (docs.slack.dev/reference/methods/files.getUploadURLExternal).
const (
	snippetMost = 1_000_000
	blockLines  = 40
	fallbackEnd = 64 << 10 // bytes that are read where a file becomes text
)

// thread is where lines stand.
type thread struct {
	place
}

// Open opens a thread where it was asked, or with the requester.
func (p place) Open(ctx context.Context, message actions.Message, private bool) (actions.Thread, error) {
	ctx, cancel := context.WithTimeout(ctx, threadLimit)
	defer cancel()
	if len(message.Title) == 0 {
		return thread{p}, p.voice.rooms.open(ctx, p.where.Channel)
	}
	post := p.post
	if private {
		post = p.direct
	}
	where, err := post(ctx, message)
	p.where = where
	return thread{p}, err
}

// Where names the thread by the message that opened it.
func (t thread) Where() actions.Where { return t.where }

// Show posts one page.
func (t thread) Show(ctx context.Context, page actions.Message) (actions.Card, error) {
	ctx, cancel := context.WithTimeout(ctx, threadLimit)
	defer cancel()
	return t.voice.post(ctx, t.where, render(page), asLines())
}

// Attach uploads a file. Where Slack takes none, its last lines are shown as text.
func (t thread) Attach(ctx context.Context, file actions.File) error {
	ctx, cancel := context.WithTimeout(ctx, uploadLimit)
	defer cancel()
	if err := t.voice.rooms.open(ctx, t.where.Channel); err != nil {
		return fmt.Errorf("uploading a file: %w", redacted(err))
	}
	made, err := harmlessOf(file)
	if err != nil {
		return err
	}
	defer made.close()
	note := file.Note
	if made.cut > 0 {
		note = strings.TrimSpace(note + fmt.Sprintf(" Left out: the first %d MB.", made.cut>>20+1))
	}
	if err = t.voice.upload(ctx, t.where, file.Title, note, made); err == nil {
		return nil
	}
	t.voice.log.Warn("a file was not uploaded: its end is shown as text", "error", redacted(err))
	last, err := made.last()
	if err != nil {
		return err
	}
	_, err = t.voice.post(ctx, t.where, render(actions.Message{
		Title: actions.Textf("%v", file.Title),
		Body: []actions.Block{
			actions.Code{Text: last},
			actions.Note{Text: actions.Textf("Slack did not take the file, so these are its last lines. %v", note)},
		},
	}), asLines())
	return err
}

// upload shares a file.
func (v *voice) upload(ctx context.Context, where actions.Where, title, note string, file harmless) error {
	return v.insist(ctx, "uploading a file", func(ctx context.Context) error {
		if _, err := file.content.Seek(0, io.SeekStart); err != nil {
			return err
		}
		parameters := slack.UploadFileParameters{
			Reader: file.content, FileSize: int(file.size), Filename: fileName(title), Title: cutRunes(oneLine(title), maxConfirmTitle),
			InitialComment: escaped(oneLine(note)), Channel: where.Channel, ThreadTimestamp: where.Thread,
		}
		if file.size < snippetMost && !file.isPacked {
			parameters.SnippetType = "text"
		}
		_, err := v.api.UploadFileContext(ctx, parameters)
		return err
	})
}

// snippet shows a text in a thread: as a block while it is short, else as a file.
func (v *voice) snippet(ctx context.Context, where actions.Where, snippet actions.Snippet) error {
	text := strings.TrimRight(inert(snippet.Text), "\n")
	if text == "" {
		text = "(no lines)"
	}
	if strings.Count(text, "\n") < blockLines && weighText(text) <= wholeBudget-2*omissionRoom {
		_, err := v.post(ctx, where, render(actions.Message{Title: actions.Textf("%v", snippet.Title), Body: []actions.Block{actions.Code{Text: text}}}))
		return err
	}
	return thread{place{voice: v, where: where}}.Attach(ctx, actions.File{Title: snippet.Title, Text: text})
}

// fileName keeps letters and digits of a title, and the end that says what it is.
func fileName(title string) string {
	end := ".txt"
	if bare, found := strings.CutSuffix(title, ".gz"); found {
		title, end = bare, ".txt.gz"
	}
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
	return name + end
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
