package bench

import (
	"context"
	"regexp"
	"strings"
	"sync"
)

// transcript is what a process writes to its standard error.
type transcript struct {
	mu      sync.Mutex
	text    strings.Builder
	changed chan struct{}
}

func newTranscript() *transcript { return &transcript{changed: make(chan struct{})} }

// longestTranscript is enough for what is looked for, which comes early.
const longestTranscript = 1 << 20

// Write keeps what is written, the first megabyte of it.
func (t *transcript) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.text.Len() < longestTranscript {
		t.text.Write(text)
	}
	close(t.changed)
	t.changed = make(chan struct{})
	return len(text), nil
}

// await waits for words.
func (t *transcript) await(ctx context.Context, words *regexp.Regexp) ([]string, error) {
	for {
		t.mu.Lock()
		found, changed := words.FindStringSubmatch(t.text.String()), t.changed
		t.mu.Unlock()
		if found != nil {
			return found, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// tail is the end of what was written.
func (t *transcript) tail() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := t.text.String()
	return text[max(0, len(text)-400):]
}
