package aws

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// witness is the HTTP client of one attempt at a change. It sees whether the request can have
// reached AWS: a change that never had a connection surely did not.
type witness struct {
	client    aws.HTTPClient
	tried     atomic.Bool
	asked     atomic.Bool
	connected atomic.Bool
}

// Do sends the request unless its time is over.
func (w *witness) Do(request *http.Request) (*http.Response, error) {
	ctx := request.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if deadline, bounded := ctx.Deadline(); bounded && !time.Now().Round(0).Before(deadline.Round(0)) {
		return nil, context.DeadlineExceeded // the machine stood still, and with it the clock that the context has
	}
	w.tried.Store(true)
	trace := &httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { w.connected.Store(true) },
	}
	return w.client.Do(request.WithContext(httptrace.WithClientTrace(ctx, trace)))
}

// sent is true wherever it is not certain that nothing went out, a transport that cannot be
// traced included.
func (w *witness) sent() bool {
	return w.tried.Load() && (w.connected.Load() || !w.asked.Load())
}
