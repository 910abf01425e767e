package aws

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// wireText reads JSON from a stream, value by value, without keeping it: a page of log events
// may have some three megabytes, several are read at a time, and of most of it only a part is
// wanted.
type wireText struct {
	in    *bufio.Reader
	token []byte // of the last string or number
}

var errNotJSON = errors.New("an answer that is no JSON")

// peek is the first byte of what comes next, which stays unread.
func (w *wireText) peek() (byte, error) {
	for {
		chunk, err := w.in.Peek(1)
		if err != nil {
			return 0, cutOff(err)
		}
		if char := chunk[0]; char != ' ' && char != '\n' && char != '\t' && char != '\r' {
			return char, nil
		}
		_, _ = w.in.Discard(1) // it is there
	}
}

// cutOff knows that a stream which ends within a value was cut off.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// take reads one expected byte.
func (w *wireText) take(expected byte) error {
	char, err := w.peek()
	if err != nil {
		return err
	}
	if char != expected {
		return fmt.Errorf("%w: %q in the place of %q", errNotJSON, char, expected)
	}
	_, err = w.in.Discard(1)
	return err
}

// members visits the members of an object. visit reads the value of each.
func (w *wireText) members(visit func(name []byte) error) error {
	return w.items('{', '}', func() error {
		if err := w.text(); err != nil {
			return err
		}
		name := w.token
		if err := w.take(':'); err != nil {
			return err
		}
		return visit(name)
	})
}

// items visits what stands between two brackets, with commas between.
func (w *wireText) items(first, last byte, visit func() error) error {
	if err := w.take(first); err != nil {
		return err
	}
	for number := 0; ; number++ {
		char, err := w.peek()
		switch {
		case err != nil:
			return err
		case char == last && number == 0:
			return w.take(last)
		case number > 0:
			if char == last {
				return w.take(last)
			}
			if err := w.take(','); err != nil {
				return err
			}
		}
		if err := visit(); err != nil {
			return err
		}
	}
}

// text reads a string into the token.
func (w *wireText) text() error {
	if err := w.take('"'); err != nil {
		return err
	}
	for w.token = w.token[:0]; ; {
		chunk, err := w.ahead()
		if err != nil {
			return err
		}
		end := bytes.IndexByte(chunk, '"')
		if end >= 0 {
			chunk = chunk[:end]
		}
		escape := bytes.IndexByte(chunk, '\\')
		if escape >= 0 {
			chunk = chunk[:escape]
		}
		w.token = append(w.token, chunk...)
		_, _ = w.in.Discard(len(chunk)) // it is there
		switch {
		case escape >= 0:
			if err := w.escape(); err != nil {
				return err
			}
		case end >= 0:
			_, err := w.in.Discard(1)
			return err
		}
	}
}

// ahead is what of the stream has come already, at least one byte, and stays unread.
func (w *wireText) ahead() ([]byte, error) {
	if w.in.Buffered() == 0 {
		if _, err := w.in.Peek(1); err != nil {
			return nil, cutOff(err)
		}
	}
	return w.in.Peek(w.in.Buffered())
}

// escape reads a backslash and what it stands for.
func (w *wireText) escape() error {
	_, _ = w.in.Discard(1)
	char, err := w.in.ReadByte()
	if err != nil {
		return cutOff(err)
	}
	if char == 'u' {
		return w.unicode()
	}
	at := bytes.IndexByte([]byte(`"\/bfnrt`), char)
	if at < 0 {
		return fmt.Errorf("%w: the escape %q", errNotJSON, char)
	}
	w.token = append(w.token, "\"\\/\b\f\n\r\t"[at])
	return nil
}

// unicode reads XXXX, and where that is half a character the other half too. A half alone is
// no character.
func (w *wireText) unicode() error {
	char, err := w.hex()
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(char) {
		first := char
		char = utf8.RuneError
		if next, _ := w.in.Peek(len(`\uXXXX`)); len(next) == len(`\uXXXX`) && next[0] == '\\' && next[1] == 'u' {
			second, err := strconv.ParseUint(string(next[2:]), 16, 16)
			if whole := utf16.DecodeRune(first, rune(second)); err == nil && whole != utf8.RuneError {
				char = whole
				_, _ = w.in.Discard(len(next))
			}
		}
	}
	w.token = utf8.AppendRune(w.token, char)
	return nil
}

func (w *wireText) hex() (rune, error) {
	digits := make([]byte, 4)
	if _, err := io.ReadFull(w.in, digits); err != nil {
		return 0, cutOff(err)
	}
	char, err := strconv.ParseUint(string(digits), 16, 16)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errNotJSON, err)
	}
	return rune(char), nil
}

// maybeText reads a string into the token; anything else is passed over and leaves it empty.
func (w *wireText) maybeText() error {
	char, err := w.peek()
	if err != nil {
		return err
	}
	if char == '"' {
		return w.text()
	}
	err = w.skip()
	w.token = w.token[:0]
	return err
}

// number reads a whole number; null is 0.
func (w *wireText) number() (int64, error) {
	if err := w.word(); err != nil {
		return 0, err
	}
	if string(w.token) == "null" {
		return 0, nil
	}
	number, err := strconv.ParseInt(string(w.token), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errNotJSON, err)
	}
	return number, nil
}

// word reads a number, true, false or null into the token.
func (w *wireText) word() error {
	if _, err := w.peek(); err != nil {
		return err
	}
	for w.token = w.token[:0]; ; {
		chunk, err := w.ahead()
		if err != nil {
			return err
		}
		length := 0
		for length < len(chunk) && isOfWord(chunk[length]) {
			length++
		}
		w.token = append(w.token, chunk[:length]...)
		_, _ = w.in.Discard(length) // it is there
		switch {
		case length < len(chunk) && len(w.token) == 0:
			return fmt.Errorf("%w: %q", errNotJSON, chunk[0])
		case length < len(chunk):
			return nil
		}
	}
}

func isOfWord(char byte) bool {
	return char >= '0' && char <= '9' || char >= 'a' && char <= 'z' || char == '-' || char == '+' || char == '.' || char == 'E'
}

// skip passes over a value of any kind.
func (w *wireText) skip() error {
	char, err := w.peek()
	switch {
	case err != nil:
		return err
	case char == '"':
		return w.text()
	case char == '{':
		return w.members(func([]byte) error { return w.skip() })
	case char == '[':
		return w.items('[', ']', w.skip)
	}
	return w.word()
}
