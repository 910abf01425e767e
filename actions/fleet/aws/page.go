package aws

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"ecsbot/actions/fleet"
)

// wireBuffer is how much of an answer is read at a time, in bytes.
const wireBuffer = 32 << 10

// page takes the events out of an answer of FilterLogEvents while it arrives. The SDK would
// hold the whole answer, and then each event once more: four times the memory, and twice the
// processor time, which counts where a hundred pages are read. What is left of the answer,
// and every failure, is the SDK's as ever.
type page struct {
	source *source
	lines  []fleet.Line // newest first; used again for the next page
	text   wireText
}

// middleware stands before the SDK's own reading of the answer.
func (p *page) middleware(options *cloudwatchlogs.Options) {
	options.APIOptions = append(options.APIOptions, func(stack *middleware.Stack) error {
		return stack.Deserialize.Insert(middleware.DeserializeMiddlewareFunc("ecsbot.Page", p.receive), "OperationDeserializer", middleware.After)
	})
}

func (p *page) receive(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
	middleware.DeserializeOutput, middleware.Metadata, error,
) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	response, is := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !is || response.StatusCode != http.StatusOK {
		return out, metadata, err
	}
	rest, err := p.read(response.Body)
	if err != nil {
		return out, metadata, &smithy.DeserializationError{Err: fmt.Errorf("reading a page of events: %w", err)}
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(rest), response.Body}
	return out, metadata, nil
}

// read takes the events and returns what else is wanted of the answer.
func (p *page) read(body io.Reader) (rest []byte, err error) {
	if p.text.in == nil {
		p.text.in = bufio.NewReaderSize(body, wireBuffer)
	}
	p.text.in.Reset(body)
	p.lines = p.lines[:0]
	kept := map[string]string{}
	err = p.text.members(func(name []byte) error {
		switch string(name) {
		case "events":
			return p.events()
		case "nextToken":
			err := p.text.maybeText()
			if err == nil && len(p.text.token) > 0 {
				kept["nextToken"] = string(p.text.token)
			}
			return err
		}
		return p.text.skip()
	})
	if err == nil {
		_, err = io.Copy(io.Discard, p.text.in) // to its end, so that the connection is used again
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(kept)
}

func (p *page) events() error {
	if char, err := p.text.peek(); err != nil || char != '[' {
		return p.text.skip()
	}
	return p.text.items('[', ']', func() error {
		line, err := p.event()
		p.lines = append(p.lines, line)
		return err
	})
}

func (p *page) event() (line fleet.Line, err error) {
	err = p.text.members(func(name []byte) error {
		switch string(name) {
		case "logStreamName":
			err := p.text.maybeText()
			from := p.source.streams[string(p.text.token)]
			line.Task, line.Container = from.task, from.container
			return err
		case "timestamp":
			at, err := p.text.number()
			line.Time = time.UnixMilli(at).UTC()
			return err
		case "message":
			err := p.text.maybeText()
			line.Text = string(p.text.token)
			return err
		}
		return p.text.skip()
	})
	return line, err
}
