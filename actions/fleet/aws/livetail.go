package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"ecsbot/actions/fleet"
)

// How a Live Tail is used: for how long, shorter than credentials last, since AWS judges who
// tails only when a session begins; how much is kept between two takings; and how soon it must
// have begun.
const (
	tailLife  = 10 * time.Minute
	tailLines = 6000 // as many as AWS sends in twelve seconds
	tailBytes = 4 << 20
	tailStart = 3 * time.Second
)

// liveTails counts the sessions of this process in each account and region.
type liveTails struct {
	most  int
	mutex sync.Mutex
	open  map[throttle]int
}

// take says whether there is room for one more.
func (l *liveTails) take(place throttle) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.open[place] >= l.most {
		return false
	}
	if l.open == nil {
		l.open = map[throttle]int{}
	}
	l.open[place]++
	return true
}

func (l *liveTails) give(place throttle) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.open[place]--
}

// liveTail is the sessions of one service, one for each log group, so that AWS sends the lines
// of its own streams alone.
type liveTail struct {
	looks string // of the service, when it began
	began time.Time
	known fleet.Lines // secrets and notes
	stop  context.CancelFunc

	sessions sync.WaitGroup

	mutex     sync.Mutex
	lines     []fleet.Line
	size      int
	left      int // lines that nobody took in time
	isSampled bool
	hasEnded  bool
}

// Tail has CloudWatch send what a service's tasks write from now on. It is fleet.ErrNoTail
// where the settings, the number of sessions or AWS do not allow it: then the log is read
// every few seconds.
func (f *Fleet) Tail(ctx context.Context, given fleet.Session, service fleet.Service, query fleet.LogQuery) (fleet.Tail, error) {
	doing := fmt.Sprintf("tail the logs of %s", service.Ref)
	if f.tails.most == 0 {
		return nil, fmt.Errorf("%s: %w", doing, fleet.ErrNoTail)
	}
	reader, err := mayRead(given, service.Ref)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	from, err := f.origins(ctx, reader, service, &query)
	if err != nil {
		return nil, logsError(doing, err)
	}
	ongoing, stop := context.WithCancel(context.WithoutCancel(ctx))
	made := &liveTail{looks: service.Look(), began: time.Now(), known: from.lines, stop: stop}
	if len(from.sources) == 0 {
		err = fleet.ErrNoTail
	}
	for _, source := range from.sources {
		if err == nil {
			err = f.tailSource(ongoing, made, reader, source, fleet.GroupARN(service.ARN, source.region, source.group), pattern(query))
		}
	}
	if err != nil {
		made.Close()
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	return made, nil
}

// tailSource begins one session.
func (f *Fleet) tailSource(ctx context.Context, to *liveTail, reader *session, from *source, arn, filter string) error {
	place := throttle{account: account(reader.purpose.Role), region: from.region}
	if !f.tails.take(place) {
		return fleet.ErrNoTail
	}
	input := &cloudwatchlogs.StartLiveTailInput{
		LogGroupIdentifiers: []string{arn}, LogStreamNames: slices.Sorted(maps.Keys(from.streams)),
	}
	if filter != "" {
		input.LogEventFilterPattern = aws.String(filter)
	}
	late := time.AfterFunc(tailStart, to.stop)
	output, err := f.tailing(reader, from.region).StartLiveTail(ctx, input)
	late.Stop()
	if err != nil {
		f.tails.give(place)
		f.log.Warn("no Live Tail: the log is read every few seconds instead", "group", from.group, "error", err)
		return errors.Join(fleet.ErrNoTail, readError("start a Live Tail", err))
	}
	to.sessions.Go(func() {
		defer f.tails.give(place)
		stream := output.GetStream()
		context.AfterFunc(ctx, func() { _ = stream.Close() })
		to.receive(from, stream)
		if err := stream.Err(); err != nil && ctx.Err() == nil {
			f.log.Warn("a Live Tail has ended", "group", from.group, "error", err)
		}
		to.stop()
	})
	return nil
}

// tailing is a client for an answer that goes on: no deadline ends it. The SDK puts "stream-"
// before the host, which must stay as it is where an endpoint is set.
func (f *Fleet) tailing(reader *session, region string) *cloudwatchlogs.Client {
	configured := f.base.Copy()
	configured.Credentials, configured.HTTPClient = reader.credentials, f.endless
	configured.Region = cmp.Or(region, configured.Region)
	configured.Retryer = func() aws.Retryer { return aws.NopRetryer{} } // the log is read instead
	configured.APIOptions = append(configured.APIOptions, f.limits.pass(account(reader.purpose.Role), configured.Region, false))
	return cloudwatchlogs.NewFromConfig(configured, func(options *cloudwatchlogs.Options) {
		if options.BaseEndpoint != nil {
			options.APIOptions = append(options.APIOptions, withoutHostPrefix)
		}
	})
}

func withoutHostPrefix(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ecsbot.HostPrefix",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			middleware.InitializeOutput, middleware.Metadata, error,
		) {
			return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
		}), middleware.Before)
}

// endless is a client without a bound on how long an answer takes.
func endless(loaded aws.HTTPClient) aws.HTTPClient {
	switch client := loaded.(type) {
	case *http.Client:
		copied := *client
		copied.Timeout = 0
		return &copied
	case *awshttp.BuildableClient:
		return client.WithTimeout(0).Freeze()
	}
	return loaded
}

// receive keeps what comes until the session ends, for whatever reason.
func (t *liveTail) receive(from *source, stream *cloudwatchlogs.StartLiveTailEventStream) {
	for event := range stream.Events() {
		if update, is := event.(*types.StartLiveTailResponseStreamMemberSessionUpdate); is {
			t.keep(from, update.Value)
		}
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.hasEnded = true
}

// keep takes an update in. Memory is bounded: what nobody takes in time is left out.
func (t *liveTail) keep(from *source, update types.LiveTailSessionUpdate) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.isSampled = t.isSampled || update.SessionMetadata != nil && update.SessionMetadata.Sampled
	for _, event := range update.SessionResults {
		wrote, isOwn := from.streams[aws.ToString(event.LogStreamName)]
		if !isOwn {
			continue
		}
		text := aws.ToString(event.Message)
		t.lines = append(t.lines, fleet.Line{
			Time: time.UnixMilli(aws.ToInt64(event.Timestamp)).UTC(), Task: wrote.task, Container: wrote.container, Text: text,
		})
		t.size += len(text)
	}
	for len(t.lines) > tailLines || t.size > tailBytes && len(t.lines) > 1 {
		t.size -= len(t.lines[0].Text)
		t.lines = t.lines[1:]
		t.left++
	}
}

// Take is what came since the last time, oldest first. It says false where it has ended, where
// the service's tasks are not the same any more, and where AWS has to judge anew who tails.
func (t *liveTail) Take(service fleet.Service) (fleet.Lines, bool) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.hasEnded || t.looks != service.Look() || time.Since(t.began) > tailLife {
		return fleet.Lines{}, false
	}
	taken := t.known
	taken.Lines, taken.Left = t.lines, t.left
	t.lines, t.size, t.left = nil, 0, 0
	if t.isSampled {
		taken.Notes = append(slices.Clone(taken.Notes), "CloudWatch sends 500 lines a second of each log group at most: of more it leaves some out")
	}
	slices.SortStableFunc(taken.Lines, func(a, b fleet.Line) int { return a.Time.Compare(b.Time) })
	return taken, true
}

// Close ends the sessions, and waits until their places are free again.
func (t *liveTail) Close() {
	t.stop()
	t.sessions.Wait()
}
