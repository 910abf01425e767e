package ledger

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"ecsbot/authz"
)

// Checkpoints keep one text beside the stream. It may be lost without harm.
type Checkpoints interface {
	// Checkpoint is what was kept last, by whomever; nothing where nothing was.
	Checkpoint(ctx context.Context) ([]byte, error)
	KeepCheckpoint(ctx context.Context, text []byte) error
}

// checkpointFormat changes whenever a fold of the same entries comes to something else: a
// checkpoint of another format is not used.
const checkpointFormat = 1

// checkpointEvery is how many entries there are between two checkpoints at least, and so about
// how many a start reads. Where much is open it is as many as that, so that keeping checkpoints
// costs each entry the same.
const checkpointEvery = 1000

// checkpoint is a state as text: the entries of what is open, and what is remembered for a
// while. It says nothing that the entries up to it do not say.
type checkpoint struct {
	Format  int                  `json:"format"`
	Seq     int64                `json:"seq"`
	Head    string               `json:"head"` // hash of that entry
	Now     time.Time            `json:"now"`
	Steps   []Entry              `json:"steps,omitempty"` // of everything open, in order
	Busy    map[string]string    `json:"busy,omitempty"`
	Begun   map[string]time.Time `json:"begun,omitempty"`
	Started []changes            `json:"started,omitempty"` // by team and user
}

// changes are when one person has started some.
type changes struct {
	Actor authz.Actor `json:"actor"`
	Times []time.Time `json:"times"`
}

func (c changes) compare(other changes) int {
	return cmp.Or(cmp.Compare(c.Actor.Team, other.Actor.Team), cmp.Compare(c.Actor.User, other.Actor.User))
}

// errFormat says that another version of this program made the checkpoint.
var errFormat = errors.New("its checkpoint has another format")

// sealed is a checkpoint with what shows that it is whole, and, with a key, whose it is.
type sealed struct {
	Checkpoint json.RawMessage `json:"checkpoint"`
	Digest     string          `json:"digest"`
	MAC        string          `json:"mac,omitempty"`
}

// checkpoint keeps the state, if enough was added since the last time. Where that fails the
// next start reads more.
func (s *Stream) checkpoint(ctx context.Context) {
	weight := int64(len(s.state.operations) + len(s.state.requests) + len(s.state.started))
	if s.options.Checkpoints == nil || s.state.Seq < s.kept+max(checkpointEvery, weight) {
		return
	}
	text, err := s.state.encode(s.options.Key)
	if err == nil {
		err = s.options.Checkpoints.KeepCheckpoint(ctx, text)
	}
	if err != nil {
		s.doubt(fmt.Errorf("keeping a checkpoint of the ledger: %w", err))
	}
	s.kept = s.state.Seq
}

func (s *Stream) doubt(err error) {
	if s.options.Doubt != nil {
		s.options.Doubt(err)
	}
}

// begin takes the state from the last checkpoint, if there is one that can be trusted as far
// as the entries themselves can; else the stream is read from its first entry.
func (s *Stream) begin(ctx context.Context) error {
	if s.options.Checkpoints == nil {
		return nil
	}
	text, err := s.options.Checkpoints.Checkpoint(ctx)
	if err == nil && len(text) == 0 {
		return nil
	}
	var state *State
	if err == nil {
		state, err = decodeCheckpoint(text, s.options.Key)
	}
	if err != nil {
		s.doubt(fmt.Errorf("the ledger is read from its first entry: %w", err))
		return nil
	}
	entries, err := s.Entries(ctx, state.Seq-1, 1)
	if err != nil {
		return err
	}
	if len(entries) == 0 || entries[0].Seq != state.Seq || entries[0].Hash != state.Hash {
		return fmt.Errorf("the ledger has not the entry %d that its checkpoint knows: entries were removed or replaced", state.Seq)
	}
	s.state, s.kept = state, state.Seq
	s.publish(nil)
	return nil
}

// encode is the state as a sealed checkpoint. The same entries always come to the same text.
func (s *State) encode(key Key) ([]byte, error) {
	made := checkpoint{
		Format: checkpointFormat, Seq: s.Seq, Head: s.Hash, Now: s.now, Busy: s.busy,
		Begun: maps.Clone(s.requests),
	}
	maps.DeleteFunc(made.Begun, func(_ string, at time.Time) bool { return !s.isRecent(at, requestMemory) })
	for actor, times := range s.started {
		if times = s.recentChanges(times); len(times) > 0 {
			made.Started = append(made.Started, changes{actor, times})
		}
	}
	slices.SortFunc(made.Started, changes.compare)
	for _, operation := range s.operations {
		made.Steps = append(made.Steps, operation.steps()...)
	}
	slices.SortFunc(made.Steps, func(a, b Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	text, err := canonical(made)
	if err != nil {
		return nil, err
	}
	return seal(text, key)
}

// seal keeps the text byte for byte: what was signed must be what is read.
func seal(text []byte, key Key) ([]byte, error) {
	var kept bytes.Buffer
	encoder := json.NewEncoder(&kept)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(sealed{Checkpoint: text, Digest: digest(text), MAC: key.sign(text)}); err != nil {
		return nil, err
	}
	return kept.Bytes(), nil
}

// steps are the entries from which the operation is folded again, each once.
func (o *Operation) steps() []Entry {
	steps := append([]Entry{o.First}, o.Approvals...)
	steps = append(steps, o.Start, o.Last)
	slices.SortFunc(steps, func(a, b Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	steps = slices.CompactFunc(steps, func(a, b Entry) bool { return a.Seq == b.Seq })
	return slices.DeleteFunc(steps, func(step Entry) bool { return step.Seq == 0 })
}

// decodeCheckpoint reads a sealed checkpoint; it is an error where it is not whole, not of this
// format, or not signed by the key.
func decodeCheckpoint(text []byte, key Key) (*State, error) {
	var outer sealed
	if err := json.Unmarshal(text, &outer); err != nil {
		return nil, fmt.Errorf("its checkpoint is not readable: %w", err)
	}
	if outer.Digest != digest(outer.Checkpoint) {
		return nil, errors.New("its checkpoint was changed")
	}
	if key != nil && !hmac.Equal([]byte(outer.MAC), []byte(key.sign(outer.Checkpoint))) {
		return nil, errors.New("its checkpoint was not made with this key")
	}
	var inner checkpoint
	if err := json.Unmarshal(outer.Checkpoint, &inner); err != nil {
		return nil, fmt.Errorf("its checkpoint is not readable: %w", err)
	}
	if inner.Format != checkpointFormat {
		return nil, fmt.Errorf("%w (%d, this program writes %d)", errFormat, inner.Format, checkpointFormat)
	}
	return inner.state(), nil
}

// state folds what the checkpoint has.
func (c checkpoint) state() *State {
	state := newState()
	for _, step := range c.Steps {
		state.fold(state.operations[step.Operation], step)
	}
	state.Seq, state.Hash, state.now = c.Seq, c.Head, c.Now
	state.busy, state.requests, state.started = map[string]string{}, map[string]time.Time{}, map[authz.Actor][]time.Time{}
	maps.Copy(state.busy, c.Busy)
	maps.Copy(state.requests, c.Begun)
	for _, person := range c.Started {
		state.started[person.Actor] = person.Times
	}
	return state
}
