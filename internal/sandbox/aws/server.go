// Package aws is the sandbox's AWS: ECS, CloudWatch with its Logs, STS and the tagging API over their
// own wire formats, with AWS's page sizes, throttles, failures and delays, on a fleet that
// lives in memory and moves with time. Any SDK or the aws CLI works against it unchanged.
package aws

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Options are what an AWS of the sandbox is made of. The zero value of each is as strict as AWS.
type Options struct {
	Fleet     Fleet                // what exists at the start; the zero value is an empty account
	Pace      Pace                 // how long tasks take; zero: DefaultPace
	Limits    Limits               // throttles; nil: DefaultLimits
	Lag       Lag                  // eventual consistency; zero: DefaultLag
	Latency   time.Duration        // added to every call; zero: 1 ms, negative: none
	Authorize func(Request) error  // decides each authorisation of each call; nil allows all. Called under a lock: it must not call back
	Tag       string               // tag key that the page shows as the environment; empty: Environment
	Seed      uint64               // of every ID and variation
	Log       *slog.Logger         // nil: silent
	Keys      map[string]Principal // access keys beside the base key
	Roles     map[string]RoleTexts // what IAM tells of roles, by ARN
}

// Server is one AWS: an http.Handler with its fleet behind it.
type Server struct {
	options    Options
	operations map[string]operation

	mu      sync.Mutex
	places  map[where]*place
	keys    map[string]*credential
	roles   map[string]bool
	agenda  agenda
	faults  []*fault
	journal journal
	limiter limiter
	random  *rand.Rand // of IDs and faults
	paces   *rand.Rand // of deployments alone: how soon one goes on depends on no call
	changed chan struct{}
	closed  bool
}

// shortest is how soon an answer comes. It lets a client's transport end its request first:
// the SDK closes a request's body once it has the answer, and a transport that is then still
// looking for the body's end gives the connection up.
const shortest = time.Millisecond

// New returns a running AWS with the fleet of options. Close ends its clock.
func New(options Options) *Server {
	s := &Server{
		options:    options.withDefaults(),
		operations: operations(),
		places:     map[where]*place{},
		keys:       map[string]*credential{},
		roles:      map[string]bool{},
		random:     rand.New(rand.NewPCG(options.Seed, 0x65637362)), // IDs of a sandbox, repeatable on purpose
		paces:      rand.New(rand.NewPCG(options.Seed, 0x70616365)),
		changed:    make(chan struct{}),
	}
	s.journal.counts = map[string]int{}
	s.limiter = limiter{limits: s.options.Limits}
	s.issueBaseKeys()
	s.populate(s.options.Fleet, time.Now())
	return s
}

func (o Options) withDefaults() Options {
	if o.Pace == (Pace{}) {
		o.Pace = DefaultPace()
	}
	if o.Limits == nil {
		o.Limits = DefaultLimits()
	}
	if o.Lag == (Lag{}) {
		o.Lag = DefaultLag()
	}
	if o.Latency == 0 {
		o.Latency = shortest
	}
	if o.Tag == "" {
		o.Tag = "Environment"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Close stops the clock of the fleet. Calls are still answered, but nothing moves any more.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.agenda.stop()
}

// ServeHTTP answers one call of any of the services.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "request body too long", http.StatusRequestEntityTooLarge)
		return
	}
	c := s.receive(r, body)
	result, err := s.carryOut(r, c)
	if tail, goesOn := result.(*liveTail); goesOn && tail != nil {
		defer tail.end()
		if err == nil {
			tail.serve(w, r)
			return
		}
	}
	if err == nil {
		c.protocol.succeed(w, c, result)
		return
	}
	var refusal *failure
	if !errors.As(err, &refusal) {
		panic(http.ErrAbortHandler) // cut, or the client has gone
	}
	c.protocol.fail(w, c, refusal)
}

// receive reads what is called, without judging it.
func (s *Server) receive(r *http.Request, body []byte) *call {
	c := &call{server: s, received: time.Now(), body: body, header: r.Header}
	target := r.Header.Get("X-Amz-Target")
	switch {
	case r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor":
		c.protocol = cborProtocol{}
		c.readCBOR(r)
	case target != "":
		c.protocol = jsonProtocol{}
		c.service, c.operation = splitTarget(target)
	default:
		c.protocol = queryProtocol{}
		c.readForm(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.id = s.uuid()
	return c
}

// errCut says that the answer is a closed connection.
var errCut = errors.New("connection cut")

// carryOut authenticates, delays, throttles and runs the call, and writes it down.
func (s *Server) carryOut(r *http.Request, c *call) (any, error) {
	if err := s.begin(c, r); err != nil {
		return nil, s.end(c, err)
	}
	if err := pause(r.Context(), s.options.Latency); err != nil {
		return nil, s.end(c, err)
	}
	fault := s.drawFault(c)
	if err := fault.before(r.Context()); err != nil {
		return nil, s.end(c, err)
	}
	result, err := s.execute(c)
	if err == nil {
		result, err = fault.after(result)
	}
	return result, s.end(c, err)
}

// begin identifies the caller and enters the call in the journal.
func (s *Server) begin(c *call, r *http.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.authenticate(c, r)
	s.journal.open(c)
	s.notify()
	return err
}

func (s *Server) execute(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.now = time.Now()
	s.advance(c.now)
	operation, ok := s.operations[c.service+":"+c.operation]
	if !ok {
		return nil, c.protocol.unknown(c)
	}
	if !s.limiter.allow(c.place.where, operation.bucket, c.now) {
		return nil, throttled(c.service)
	}
	result, err := operation.run(c)
	s.arm()
	return result, err
}

// end notes the outcome of the call and passes its error on.
func (s *Server) end(c *call, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal.closed(c, err)
	s.notify()
	return err
}

// pause waits, or returns the context's error if the client leaves first.
func pause(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
