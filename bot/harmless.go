package bot

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"ecsbot/actions"
)

// harmless is a file in which nothing can act.
type harmless struct {
	content  io.ReadSeeker
	size     int64
	cut      int64 // bytes at its beginning that did not fit
	isPacked bool
	close    func()
}

// harmlessOf makes a file harmless: a short one in memory, a long one on disk. A packed one
// is shown by nobody, and stays as it is.
func harmlessOf(file actions.File) (harmless, error) {
	if file.Path == "" {
		text := inert(file.Text)
		return harmless{content: strings.NewReader(text), size: int64(len(text)), close: func() {}}, nil
	}
	from, err := os.Open(file.Path)
	if err != nil {
		return harmless{}, fmt.Errorf("reading a file of lines: %w", err)
	}
	info, err := from.Stat()
	if err != nil {
		return harmless{}, errors.Join(fmt.Errorf("reading a file of lines: %w", err), from.Close())
	}
	if file.IsPacked {
		return harmless{content: from, size: info.Size(), isPacked: true, close: func() { _ = from.Close() }}, nil
	}
	defer func() { _ = from.Close() }()
	return inertFile(from, max(0, info.Size()-actions.FileMost))
}

// inertFile writes a harmless copy, line by line: however large a file is, no more than a
// line of it is in memory. What is too long loses its beginning.
func inertFile(from io.ReadSeeker, cut int64) (made harmless, err error) {
	to, err := os.CreateTemp("", "ecsbot-file-*")
	if err != nil {
		return harmless{}, fmt.Errorf("writing a file of lines: %w", err)
	}
	made = harmless{content: to, cut: cut, close: func() { _ = errors.Join(to.Close(), os.Remove(to.Name())) }}
	if made.size, err = copyInert(to, from, cut); err != nil {
		made.close()
		return harmless{}, err
	}
	return made, nil
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
	if _, err := h.content.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	var from io.Reader = h.content
	if h.isPacked {
		unpacked, err := gzip.NewReader(h.content)
		if err != nil {
			return "", err
		}
		from = unpacked
	} else if _, err := h.content.Seek(max(0, h.size-fallbackEnd), io.SeekStart); err != nil {
		return "", err
	}
	text, err := lastBytes(from, fallbackEnd)
	return lastLines(strings.TrimRight(inert(text), "\n")), err
}

// lastBytes is the end of what a reader has, however long that is.
func lastBytes(from io.Reader, count int) (string, error) {
	var end []byte
	buffer := make([]byte, count)
	for {
		read, err := io.ReadFull(from, buffer)
		end = append(end, buffer[:read]...)
		end = end[max(0, len(end)-count):]
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return string(end), nil
		}
		if err != nil {
			return "", err
		}
	}
}
