package aws_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"ecsbot/internal/sandbox/aws"
)

// cloud is a server with the SDK's own clients on it, over in-memory connections.
type cloud struct {
	*aws.Server
	config  sdk.Config
	ecs     *ecs.Client
	logs    *cloudwatchlogs.Client
	tagging *resourcegroupstaggingapi.Client
	sts     *sts.Client
}

// serve starts a server for the length of a test, which may be a bubble of synctest.
func serve(t *testing.T, options aws.Options) cloud {
	t.Helper()
	server := aws.New(options)
	listener := newPipes()
	web := &http.Server{Handler: http.StripPrefix("/aws", server)}
	stopped := make(chan error, 1)
	go func() { stopped <- web.Serve(listener) }()
	transport := &http.Transport{DialContext: listener.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = web.Close()
		<-stopped
		server.Close()
	})
	id, secret := server.BaseKey()
	made := cloud{Server: server}
	made.config = sdk.Config{
		Region: "eu-west-1", BaseEndpoint: sdk.String("http://aws.sandbox/aws"),
		HTTPClient: &http.Client{Transport: wholeBodies{transport}}, Retryer: func() sdk.Retryer { return sdk.NopRetryer{} },
	}
	return made.as(id, secret, "")
}

// as is the same cloud with other credentials.
func (c cloud) as(id, secret, token string) cloud {
	c.config.Credentials = credentials.NewStaticCredentialsProvider(id, secret, token)
	c.ecs, c.logs = ecs.NewFromConfig(c.config), cloudwatchlogs.NewFromConfig(c.config)
	c.tagging, c.sts = resourcegroupstaggingapi.NewFromConfig(c.config), sts.NewFromConfig(c.config)
	return c
}

// in is the same cloud in another region.
func (c cloud) in(region string) cloud {
	c.config.Region = region
	credentials, _ := c.config.Credentials.Retrieve(context.Background())
	return c.as(credentials.AccessKeyID, credentials.SecretAccessKey, credentials.SessionToken)
}

// demo is the demo fleet without any lag.
func demo(t *testing.T) cloud {
	t.Helper()
	return serve(t, aws.Options{Fleet: aws.DemoFleet(), Lag: aws.Consistent()})
}

// patient is the demo fleet without throttles.
func patient(t *testing.T) cloud {
	t.Helper()
	return serve(t, aws.Options{Fleet: aws.DemoFleet(), Lag: aws.Consistent(), Limits: aws.Unlimited()})
}

func (c cloud) describe(t *testing.T, cluster, service string) ecstypes.Service {
	t.Helper()
	out, err := c.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{
		Cluster: &cluster, Services: []string{service}, Include: []ecstypes.ServiceField{ecstypes.ServiceFieldTags},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Services) != 1 {
		t.Fatalf("services of %s/%s: %d, failures: %v", cluster, service, len(out.Services), out.Failures)
	}
	return out.Services[0]
}

func (c cloud) restart(t *testing.T, cluster, service string) ecstypes.Service {
	t.Helper()
	out, err := c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: &cluster, Service: &service, ForceNewDeployment: true})
	if err != nil {
		t.Fatal(err)
	}
	return *out.Service
}

// wantCode fails unless err is AWS's error of that code.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != code {
		t.Errorf("error %v, want %s", err, code)
	}
}

// wholeBodies hands each body to the transport as its own. The SDK closes its body as soon as it
// has the answer, and a transport that is then still looking for the body's end gives the
// connection up: with an answer at once over an unbuffered connection, that happens.
type wholeBodies struct{ http.RoundTripper }

// RoundTrip sends a copy of the request.
func (w wholeBodies) RoundTrip(request *http.Request) (*http.Response, error) {
	sent := request.Clone(request.Context())
	if request.Body != nil {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		sent.Body = io.NopCloser(bytes.NewReader(body))
	}
	return w.RoundTripper.RoundTrip(sent)
}

// pipes is a listener whose connections are in memory.
type pipes struct {
	connections chan net.Conn
	closed      chan struct{}
	close       sync.Once
}

func newPipes() *pipes {
	return &pipes{connections: make(chan net.Conn), closed: make(chan struct{})}
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.connections <- server:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept waits for the next connection.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case connection := <-p.connections:
		return connection, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (p *pipes) Close() error {
	p.close.Do(func() { close(p.closed) })
	return nil
}

// Addr is made up.
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "aws.sandbox", Net: "pipe"} }

// page serves the console over real connections.
func (c cloud) page(t *testing.T) string {
	t.Helper()
	web := httptest.NewServer(c.Console())
	t.Cleanup(web.Close)
	return web.URL
}

// within ends a wait that takes longer than any test should.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}
