package bot

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// ackTimeout bounds an acknowledgement: with no connection, slack-go takes 20 of them and
// blocks on the next.
const ackTimeout = 2 * time.Second

var errStaleSocket = errors.New("the socket on which the request came is gone")

// envelope is one delivery of Socket Mode.
type envelope struct {
	acker   acker
	ID      string          `json:"envelope_id"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload"`
	Accepts bool            `json:"accepts_response_payload"`
	foreign bool            // slack-go could not read it
}

// readEnvelope reads a delivery that slack-go could not: what can be made out is enough to
// acknowledge it.
func readEnvelope(acker acker, raw json.RawMessage) envelope {
	read := envelope{acker: acker, foreign: true}
	if err := json.Unmarshal(raw, &read); err != nil {
		var least struct {
			ID any `json:"envelope_id"`
		}
		_ = json.Unmarshal(raw, &least) // without an ID there is nothing to acknowledge
		read.ID, _ = least.ID.(string)
	}
	return read
}

// answer is what an acknowledgement may say to the caller. It knows what to do when slack-go
// could not write it.
type answer struct {
	ResponseType string        `json:"response_type,omitempty"`
	Text         string        `json:"text"`
	Blocks       []slack.Block `json:"blocks,omitempty"`

	again func(context.Context)
}

func answerWith(shown rendered, again func(context.Context)) answer {
	return answer{ResponseType: slack.ResponseTypeEphemeral, Text: shown.text, Blocks: shown.blocks, again: again}
}

// acker acknowledges on the connection from which a delivery came.
type acker struct {
	client *socketmode.Client
	links  *links
	number int
	epoch  int
}

// ack acknowledges; payload may be nil. An error means that the payload may not have arrived:
// slack-go takes acknowledgements without a connection, and writes them to the next one.
func (a acker) ack(ctx context.Context, id string, payload any) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackTimeout)
	defer cancel()
	if err := a.client.AckCtx(ctx, id, payload); err != nil {
		return err
	}
	if a.links.epoch(a.number) != a.epoch {
		return errStaleSocket
	}
	return nil
}
