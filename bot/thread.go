package bot

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/slack-go/slack"

	"ecsbot/actions"
)

// A file may hold so much; one that is to be shown as a snippet, 1 MB
// (docs.slack.dev/reference/methods/files.getUploadURLExternal).
const (
	fileMost    = 20 << 20
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
	return t.voice.post(ctx, t.where, render(page))
}

// Attach uploads a file. Where Slack takes none, its last lines are shown as text.
func (t thread) Attach(ctx context.Context, file actions.File) error {
	ctx, cancel := context.WithTimeout(ctx, uploadLimit)
	defer cancel()
	if err := t.voice.rooms.open(ctx, t.where.Channel); err != nil {
		return fmt.Errorf("uploading a file: %w", redacted(err))
	}
	inerted, err := inertFile(file.Path)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(inerted.path) }()
	title, note := file.Title, file.Note
	if inerted.cut > 0 {
		note = strings.TrimSpace(note + fmt.Sprintf(" Left out: the first %d MB.", inerted.cut>>20+1))
	}
	if err = t.voice.upload(ctx, t.where, title, note, inerted); err == nil {
		return nil
	}
	t.voice.log.Warn("a file was not uploaded: its end is shown as text", "error", redacted(err))
	last, err := inerted.last()
	if err != nil {
		return err
	}
	_, err = t.voice.post(ctx, t.where, render(actions.Message{
		Title: actions.Textf("%v", title),
		Body: []actions.Block{
			actions.Code{Text: last},
			actions.Note{Text: actions.Textf("Slack did not take the file, so these are its last lines. %v", note)},
		},
	}))
	return err
}

// harmless is a file in which nothing can act any more.
type harmless struct {
	path string
	size int64
	cut  int64 // bytes at its beginning that did not fit
}

// inertFile writes a harmless copy, line by line: however large a file is, no more than a
// line of it is in memory. What is too long loses its beginning.
func inertFile(path string) (made harmless, err error) {
	from, err := os.Open(path)
	if err != nil {
		return harmless{}, fmt.Errorf("reading a file of lines: %w", err)
	}
	defer func() { _ = from.Close() }()
	if info, statErr := from.Stat(); statErr == nil && info.Size() > fileMost {
		made.cut = info.Size() - fileMost
	}
	to, err := os.CreateTemp("", "ecsbot-file-*")
	if err != nil {
		return harmless{}, fmt.Errorf("writing a file of lines: %w", err)
	}
	made.path = to.Name()
	defer func() {
		if err = errors.Join(err, to.Close()); err != nil {
			_ = os.Remove(made.path)
		}
	}()
	made.size, err = copyInert(to, from, made.cut)
	return made, err
}

func copyInert(to io.Writer, from io.ReadSeeker, skip int64) (written int64, err error) {
	if _, err := from.Seek(skip, io.SeekStart); err != nil {
		return 0, err
	}
	in, out := bufio.NewReaderSize(from, 64<<10), bufio.NewWriter(to)
	for first := skip > 0; ; first = false {
		line, err := in.ReadString('\n')
		if !first { // the first one may be half a line
			count, failed := out.WriteString(inert(line))
			written += int64(count)
			err = errors.Join(err, failed)
		}
		if errors.Is(err, io.EOF) {
			return written, out.Flush()
		}
		if err != nil {
			return written, err
		}
	}
}

// last is the end of the file, as much of it as fits a block.
func (h harmless) last() (string, error) {
	file, err := os.Open(h.path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	if _, err := file.Seek(max(0, h.size-fallbackEnd), io.SeekStart); err != nil {
		return "", err
	}
	text, err := io.ReadAll(file)
	return lastLines(strings.TrimRight(strings.ToValidUTF8(string(text), ""), "\n")), err
}

// upload shares a file from disk.
func (v *voice) upload(ctx context.Context, where actions.Where, title, note string, file harmless) error {
	content, err := os.Open(file.path)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	return v.insist(ctx, "uploading a file", func(ctx context.Context) error {
		if _, err := content.Seek(0, io.SeekStart); err != nil {
			return err
		}
		parameters := slack.UploadFileParameters{
			Reader: content, FileSize: int(file.size), Filename: fileName(title), Title: cutRunes(oneLine(title), maxConfirmTitle),
			InitialComment: escaped(oneLine(note)), Channel: where.Channel, ThreadTimestamp: where.Thread,
		}
		if file.size < snippetMost {
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
	path, err := written(text)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(path) }()
	return thread{place{voice: v, where: where}}.Attach(ctx, actions.File{Title: snippet.Title, Path: path})
}

func written(text string) (path string, err error) {
	file, err := os.CreateTemp("", "ecsbot-text-*")
	if err != nil {
		return "", fmt.Errorf("writing a text: %w", err)
	}
	_, err = file.WriteString(text)
	return file.Name(), errors.Join(err, file.Close())
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
