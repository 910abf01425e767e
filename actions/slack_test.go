package actions

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"ecsbot/authz"
)

// fakeSlack keeps cards, and what was written to people.
type fakeSlack struct {
	mutex   sync.Mutex
	cards   map[string][]Message // by operation, oldest first
	notices map[string][]Message // by user, oldest first
	places  map[string][]Where   // of cards, by operation
	edits   []Card
	replies map[string][]Message // in threads of cards, by user
	threads []Where              // of replies
	err     error
	findErr error                    // context.DeadlineExceeded: it answers nothing until whoever asks gives up
	sought  int                      // how often a card was looked for
	settle  func(Card) (Card, error) // nil where no other card of an operation ever stands
	panics  bool
	erased  []time.Time // before when, in the thread of lines
	erase   func() (time.Time, error)
	astray  string // where cards stand that cannot be put up in a channel; empty: they can
}

// Reply keeps what is said in a card's thread, and lines that go with it, by user.
func (f *fakeSlack) Reply(_ context.Context, where Where, actor authz.Actor, message Message, snippet *Snippet) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.replies == nil {
		f.replies = map[string][]Message{}
	}
	if snippet != nil {
		message.Body = append(message.Body, Code{snippet.Text})
	}
	f.replies[actor.User] = append(f.replies[actor.User], message)
	f.threads = append(f.threads, where)
	return f.err
}

func (f *fakeSlack) Post(_ context.Context, where Where, _ authz.Actor, operation string, message Message) (Card, error) {
	if f.panics {
		panic("slack")
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.err != nil {
		return Card{}, f.err
	}
	if !strings.HasPrefix(where.Channel, "C") { // a person
		if f.notices == nil {
			f.notices = map[string][]Message{}
		}
		f.notices[where.Channel] = append(f.notices[where.Channel], message)
	}
	if f.places == nil {
		f.places = map[string][]Where{}
	}
	f.places[operation] = append(f.places[operation], where)
	f.keep(operation, message)
	if f.astray != "" && strings.HasPrefix(where.Channel, "C") {
		where.Channel = f.astray
	}
	return Card{Channel: where.Channel, Message: operation}, nil
}

// strays has cards stand elsewhere than in their channels from now on.
func (f *fakeSlack) strays(to string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.astray = to
}

// Find is a card that was posted, by whomever.
func (f *fakeSlack) Find(ctx context.Context, sought Sought) (Card, error) {
	where, operation := sought.Where, sought.Operation
	f.mutex.Lock()
	f.sought++
	err := f.findErr
	f.mutex.Unlock()
	if errors.Is(err, context.DeadlineExceeded) {
		<-ctx.Done()
	}
	if err != nil {
		return Card{}, err
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if !slices.Contains(f.places[operation], where) || !strings.HasPrefix(where.Channel, "C") { // a notice is no card
		return Card{}, nil
	}
	return Card{Channel: where.Channel, Message: operation}, nil
}

// Settle says which of two cards stays.
func (f *fakeSlack) Settle(_ context.Context, _ Sought, card Card) (Card, error) {
	if f.settle == nil {
		return card, nil
	}
	return f.settle(card)
}

func (f *fakeSlack) Edit(_ context.Context, card Card, message Message, told func(error)) {
	f.mutex.Lock()
	err := f.err
	if err == nil {
		f.edits = append(f.edits, card)
		f.keep(card.Message, message)
	}
	f.mutex.Unlock()
	told(err)
}

func (f *fakeSlack) keep(operation string, message Message) {
	if f.cards == nil {
		f.cards = map[string][]Message{}
	}
	f.cards[operation] = append(f.cards[operation], message)
}

// notice is what was written to somebody last.
func (f *fakeSlack) notice(user string) string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if len(f.notices[user]) == 0 {
		return ""
	}
	return plain(f.notices[user][len(f.notices[user])-1])
}

// newest is the newest state of a card as it is shown.
func (f *fakeSlack) newest(operation string) Message {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if len(f.cards[operation]) == 0 {
		return Message{}
	}
	return f.cards[operation][len(f.cards[operation])-1]
}

// last is the newest state of a card.
func (f *fakeSlack) last(operation string) string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if len(f.cards[operation]) == 0 {
		return ""
	}
	return plain(f.cards[operation][len(f.cards[operation])-1])
}

// fakeReply keeps what the caller was told.
type fakeReply struct {
	mutex   sync.Mutex
	told    []Message
	shared  []Message
	threads []Snippet
	opened  []Message
	pages   []Message
	files   []File
	private bool
	forms   []Form
	err     error
	askErr  error
}

func (f *fakeReply) Tell(_ context.Context, message Message) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.told = append(f.told, message)
	return f.err
}

func (f *fakeReply) Share(_ context.Context, message Message) error {
	f.shared = append(f.shared, message)
	return f.err
}

func (f *fakeReply) Ask(_ context.Context, form Form) error {
	f.forms = append(f.forms, form)
	return cmp.Or(f.askErr, f.err)
}

func (f *fakeReply) Thread(_ context.Context, _ Message, snippet Snippet) error {
	f.threads = append(f.threads, snippet)
	return f.err
}

func (f *fakeReply) Open(_ context.Context, message Message, private bool) (Thread, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.opened = append(f.opened, message)
	f.private = private
	return fakeThread{f}, f.err
}

// fakeThread keeps what was shown in a thread.
type fakeThread struct{ *fakeReply }

func (f fakeThread) Where() Where { return Where{Channel: "C1", Thread: "9.9"} }

func (f fakeThread) Show(_ context.Context, page Message) (Card, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.pages = append(f.pages, page)
	return Card{Channel: "C1", Message: "9.91"}, f.err
}

func (f fakeThread) Attach(_ context.Context, file File) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.files = append(f.files, file)
	return f.err
}

// last is the last thing that was told.
func (f *fakeReply) last() string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if len(f.told) == 0 {
		return ""
	}
	return plain(f.told[len(f.told)-1])
}

// plain is a whole message as text.
func plain(message Message) string {
	parts := []string{message.Title.Plain()}
	for _, block := range message.Body {
		switch block := block.(type) {
		case Paragraph:
			parts = append(parts, block.Text.Plain())
		case Note:
			parts = append(parts, block.Text.Plain())
		case Code:
			parts = append(parts, block.Text)
		case List:
			for _, point := range block.Points {
				parts = append(parts, point.Plain())
			}
		case Facts:
			for _, fact := range block.Facts {
				parts = append(parts, fact.Name+": "+fact.Value.Plain())
			}
		}
	}
	return strings.Join(parts, "\n")
}
