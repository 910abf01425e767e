package actions

import (
	"context"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/authz"
)

// Request is all that crosses from Slack: who says what where. It brings no authority.
type Request struct {
	ID    string // what Slack calls this message or envelope; the same again for a redelivery
	Actor authz.Actor
	Text  string
	Where Where
	// Confirmed says that the caller confirmed in a form what cannot be taken back: it is a
	// claim like the rest, and everything is decided anew.
	Confirmed bool
	Reason    string // from the form
	Guided    bool   // it comes from a form that shows what there is to fill in

	pressed bool    // it comes from a button, and is judged by what is read after that
	part    *part   // of a change of several services; nil where it stands for itself
	given   *parsed // the command, where it is not read from Text
	about   string  // ID of the one deployment that it is meant for; empty where it is for whatever runs
}

// Click is a button that somebody pressed.
type Click struct {
	ID     string // as of a Request
	Actor  authz.Actor
	Button string // action ID
	Value  string // an operation ID; opaque, and no authority
	Card   Card   // where the button stands
	Where  Where
}

// Submission is a form that somebody sent.
type Submission struct {
	ID     string
	Actor  authz.Actor
	Form   string // callback ID
	Value  string // what the form was opened with
	Reason string
	Fields map[string]string // of a guided form, by name; nil for every other
	Where  Where
}

// Form asks for a reason, or for confirmation with one.
type Form struct {
	ID     string // callback ID: the action
	Value  string // comes back with the submission; no authority
	Title  string // at most 24 characters
	Text   Text
	Submit string // at most 24 characters
	Danger bool
	Reason string // what stands in the field at first
	Where  Where
}

// Where is a place in Slack.
type Where struct {
	Channel string
	Thread  string // timestamp of the parent message; empty outside a thread
}

// Reply answers one request's caller. The first Tell may still be inside the
// acknowledgement; a later one replaces it.
type Reply interface {
	// Tell says something to the caller alone.
	Tell(ctx context.Context, message Message) error
	// Share says something where it was asked, for everybody there to see.
	Share(ctx context.Context, message Message) error
	// Ask opens a form, where the caller can be shown one now.
	Ask(ctx context.Context, form Form) error
	// Thread shows a longer text in a thread where it was asked, or with the requester.
	Thread(ctx context.Context, message Message, snippet Snippet) error
	// Open opens a thread where it was asked, or in private with the requester. A message
	// without a title opens nothing: the thread is there already.
	Open(ctx context.Context, message Message, private bool) (Thread, error)
}

// Snippet is a longer text for a thread: as a block where it is short, as a file where not.
type Snippet struct {
	Title string
	Text  string // already redacted; not yet escaped
	Lines int
	// Private says that it is for the requester's direct messages, not for where it was asked.
	Private bool
}

// Cards keeps the one message that shows an operation.
type Cards interface {
	// Post puts a new card up where it was asked for, or with the caller where the bot cannot
	// speak there, and says where it stands.
	Post(ctx context.Context, where Where, actor authz.Actor, operation string, message Message) (Card, error)
	// Edit has the card show its new state as soon as the rate of edits allows, and calls told once,
	// at any time and from anywhere, with what came of it; told does not wait for anything. A newer
	// state replaces one that waits, which is no error.
	Edit(ctx context.Context, card Card, message Message, told func(error))
	// Find is the card that an earlier run, or another process, has put up for an operation:
	// the zero value where there is none, an error where that cannot be known; ErrUnreadable where
	// trying again would not change it.
	Find(ctx context.Context, sought Sought) (Card, error)
	// Settle sees to it that one card shows an operation, after several processes may have put
	// one up each: the first stays, and is returned; all others are taken down.
	Settle(ctx context.Context, sought Sought, card Card) (Card, error)
	// Reply says something in a thread; with a snippet that is private, to the actor alone.
	Reply(ctx context.Context, thread Where, actor authz.Actor, message Message, snippet *Snippet) error
}

// Sought is a card that may stand somewhere.
type Sought struct {
	Where     Where
	Actor     authz.Actor
	Operation string
	Since     time.Time // no card of the operation can have been put up before
}

// Card is where a card stands in Slack.
type Card struct {
	Channel string
	Message string // timestamp
}

// People knows who somebody is and which groups they are in.
type People interface {
	// Recall answers from memory: what was read no longer ago than age. It never waits.
	Recall(actor authz.Actor, age time.Duration) (authz.Person, bool)
	// Read answers with what was read no longer ago than age, reading it if need be.
	Read(ctx context.Context, actor authz.Actor, age time.Duration) (authz.Person, error)
	// Members are the user IDs in a group, from memory.
	Members(group string) []string
}

// Finder finds services in memory.
type Finder interface {
	Find(environment, name string) (fleet.Ref, error)
	Services(environment string) []fleet.Ref
	// Ready says whether everything was discovered once.
	Ready() bool
}

// Reader reads services from AWS, now.
type Reader interface {
	Read(ctx context.Context, ref fleet.Ref) (fleet.Service, error)
	ReadAll(ctx context.Context, refs []fleet.Ref) ([]fleet.Service, error)
}

// Assumer obtains credentials for one purpose.
type Assumer interface {
	Assume(ctx context.Context, purpose fleet.Purpose) (fleet.Session, error)
	// Forget drops what is kept of a person's, who may have lost a right; of everybody's where
	// the user ID is empty.
	Forget(user string)
}
