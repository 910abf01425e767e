// Package ledger is the append-only record: audit trail, approval queue and crash recovery in
// one. Entries have one total order and form a hash chain; what is open is a fold of them.
// Keepers (sqlite, dynamodb) store the lines and know nothing of what stands in them.
package ledger

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gowebpki/jcs"

	"ecsbot/authz"
)

// Version is the format of entries that this program writes.
const Version = 1

// Event is what one entry says happened.
type Event string

// The events of the outside (DESIGN chapter 5).
const (
	Refused   Event = "refused"
	Asked     Event = "asked"
	Approved  Event = "approved"
	Rejected  Event = "rejected"
	Expired   Event = "expired"
	Voided    Event = "voided"
	Started   Event = "started"
	Accepted  Event = "accepted"
	Succeeded Event = "succeeded"
	Failed    Event = "failed"
	Unknown   Event = "unknown"
	Read      Event = "read"
)

// Entry is one step of one operation. Unset fields are left out of its JSON.
type Entry struct {
	Seq         int64             `json:"seq,omitempty"`  // 1, 2, 3 … in the stream
	Time        time.Time         `json:"time,omitzero"`  // UTC, microseconds
	Operation   string            `json:"operation"`      // ID of the operation
	Step        int               `json:"step,omitempty"` // 1, 2 … within the operation
	Event       Event             `json:"event"`
	Version     int               `json:"v"`
	Actor       authz.Actor       `json:"actor,omitzero"`
	Action      string            `json:"action,omitempty"`
	Environment string            `json:"environment,omitempty"`
	Service     string            `json:"service,omitempty"`
	Target      string            `json:"target,omitempty"` // ARN
	Arguments   map[string]string `json:"arguments,omitempty"`
	Reason      string            `json:"reason,omitempty"`
	Result      string            `json:"result,omitempty"`
	Request     string            `json:"request,omitempty"` // Slack's message or envelope
	AWS         *AWS              `json:"aws,omitempty"`
	Prev        string            `json:"prev"` // hash of the entry before; 64 zeros for the first
	MAC         string            `json:"mac,omitempty"`
	Hash        string            `json:"hash,omitempty"`
}

// AWS is what ties an entry to CloudTrail. The access key ID is not secret.
type AWS struct {
	RequestID      string `json:"request_id,omitempty"`
	AccessKeyID    string `json:"access_key_id,omitempty"`
	SourceIdentity string `json:"source_identity,omitempty"`
}

// Genesis is the prev of the first entry: 64 zeros.
func Genesis() string { return strings.Repeat("0", 2*sha256.Size) }

// redact takes secrets out of everything in the entry that somebody typed or AWS said.
func (e *Entry) redact(clean func(string) string) {
	if clean == nil {
		return
	}
	for _, field := range []*string{&e.Action, &e.Environment, &e.Service, &e.Reason, &e.Result} {
		*field = clean(*field)
	}
	arguments := make(map[string]string, len(e.Arguments))
	for name, value := range e.Arguments {
		arguments[name] = clean(value)
	}
	if len(arguments) > 0 {
		e.Arguments = arguments
	}
}

// shortened is how much is left of each text in an entry that is too long.
const shortened = 1000

// shorten cuts every text that can be long, at the border of a character.
func (e *Entry) shorten() {
	cut := func(text string) string {
		if len(text) <= shortened {
			return text
		}
		return strings.ToValidUTF8(text[:shortened], "") + "…"
	}
	for _, field := range []*string{&e.Operation, &e.Action, &e.Environment, &e.Service, &e.Target, &e.Reason, &e.Result, &e.Request} {
		*field = cut(*field)
	}
	arguments := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(e.Arguments)) {
		if len(arguments) < 20 {
			arguments[cut(name)] = cut(e.Arguments[name])
		}
	}
	e.Arguments = arguments
}

// Key signs entries. A nil key signs nothing.
type Key []byte

// seal gives the entry its hash, and its MAC where there is a key, and returns its line.
func (e *Entry) seal(key Key) (string, error) {
	e.Hash, e.MAC = "", ""
	signed, err := canonical(*e)
	if err != nil {
		return "", err
	}
	e.Hash, e.MAC = digest(signed), key.sign(signed)
	line, err := canonical(*e)
	return string(line), err
}

func (k Key) sign(signed []byte) string {
	if k == nil {
		return ""
	}
	mac := hmac.New(sha256.New, k)
	mac.Write(signed)
	return hex.EncodeToString(mac.Sum(nil))
}

func digest(signed []byte) string {
	sum := sha256.Sum256(signed)
	return hex.EncodeToString(sum[:])
}

// canonical is RFC 8785 JSON.
func canonical(value any) ([]byte, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encoding an entry: %w", err)
	}
	return jcs.Transform(plain)
}

// parse reads a line and checks its hash, and its MAC where there is a key. The signed bytes
// are the canonical JSON of everything in the line but hash and mac, fields that this version
// does not know included.
func parse(line string, key Key) (Entry, error) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(line), &fields); err != nil {
		return Entry{}, fmt.Errorf("not an entry: %w", err)
	}
	delete(fields, "hash")
	delete(fields, "mac")
	signed, err := canonical(fields)
	if err != nil {
		return Entry{}, err
	}
	var entry Entry
	if err := json.Unmarshal([]byte(line), &entry); err != nil {
		return Entry{}, fmt.Errorf("not an entry: %w", err)
	}
	if entry.Version > Version {
		return Entry{}, fmt.Errorf("entry %d has format %d, this program knows up to %d: a newer ecsbot wrote it", entry.Seq, entry.Version, Version)
	}
	if entry.Hash != digest(signed) {
		return Entry{}, fmt.Errorf("entry %d: its hash does not fit its text", entry.Seq)
	}
	if key != nil && !hmac.Equal([]byte(entry.MAC), []byte(key.sign(signed))) {
		return Entry{}, fmt.Errorf("entry %d: its MAC was not made with this key", entry.Seq)
	}
	if canonicalLine, err := jcs.Transform([]byte(line)); err != nil || !bytes.Equal(canonicalLine, []byte(line)) {
		return Entry{}, fmt.Errorf("entry %d: not canonical JSON", entry.Seq)
	}
	return entry, nil
}
