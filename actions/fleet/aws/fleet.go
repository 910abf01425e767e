// Package aws is the fleet as AWS has it: discovery, fresh reads, credentials for one
// purpose, changes, tasks and logs. It is the only importer of the ECS, CloudWatch Logs, STS
// and tagging clients, and no type or error of theirs leaves it. Every call waits for the
// account's own throttle and carries a deadline; a change is sent once.
package aws

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"

	"ecsbot/actions/fleet"
)

// Settings say where the fleet is and how it may be asked.
type Settings struct {
	Tag          string                 // the tag key that names a resource's environment
	Region       string                 // of calls whose purpose names none
	Environments map[string]Environment // by name
	Rates        map[string]Rate        // an account's own throttles by bucket; absent: AWS's published ones
	LiveTails    int                    // sessions of Live Tail that may be open at a time in each account and region; 0: none
	HTTP         *http.Client           // nil: a client with the SDK's defaults and timeouts everywhere
	Log          *slog.Logger

	// Narrow is the inline policy of a session: what its class declares, on its one target. It
	// only takes away from what the operator role may do.
	Narrow func(fleet.Purpose) string

	// LoadOptions come after the SDK's own chain of environment, files and instance.
	LoadOptions []func(*config.LoadOptions) error

	// OnQueue, where set, is told that a call waits for its account's throttle, and how long.
	OnQueue func(operation string, wait time.Duration)
}

// Environment is where one environment's services are found.
type Environment struct {
	Scope    fleet.Scope
	Clusters []string // narrowing: names of its clusters; empty: any that no other environment names
}

// Fleet speaks with AWS.
type Fleet struct {
	settings Settings
	base     aws.Config
	limits   *limits
	log      *slog.Logger

	building sync.Mutex
	scopes   map[fleet.Scope]*scope

	sessions    *sessions
	definitions *definitions
	rosters     rosters
	tails       liveTails
	endless     aws.HTTPClient // of answers that go on
	identity    identity
}

// New finds the bot's own credentials by the SDK's chain, without using them yet.
func New(ctx context.Context, settings Settings) (*Fleet, error) {
	if settings.Tag == "" {
		return nil, fmt.Errorf("reach AWS: no tag key names the environment")
	}
	if settings.Narrow == nil {
		return nil, errors.New("reach AWS: nothing narrows a session to its target")
	}
	limits, err := newLimits(settings.Rates, settings.OnQueue)
	if err != nil {
		return nil, fmt.Errorf("reach AWS: %w", err)
	}
	if settings.Log == nil {
		settings.Log = slog.New(slog.DiscardHandler)
	}
	base, err := config.LoadDefaultConfig(ctx, loadOptions(settings)...)
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	goesOn := endless(base.HTTPClient)
	if settings.HTTP != nil {
		goesOn = endless(settings.HTTP)
	}
	base.HTTPClient = shared(base.HTTPClient, settings.HTTP)
	return &Fleet{
		settings:    settings,
		base:        base,
		limits:      limits,
		log:         settings.Log,
		scopes:      make(map[fleet.Scope]*scope),
		sessions:    newSessions(),
		definitions: newDefinitions(),
		tails:       liveTails{most: settings.LiveTails},
		endless:     goesOn,
	}, nil
}

func loadOptions(settings Settings) []func(*config.LoadOptions) error {
	options := []func(*config.LoadOptions) error{config.WithHTTPClient(newHTTPClient())}
	if settings.Region != "" {
		options = append(options, config.WithRegion(settings.Region))
	}
	return append(options, settings.LoadOptions...)
}

// shared is the one client of all calls. It comes after loading, which puts AWS_CA_BUNDLE into
// none but the SDK's own kind; of that kind, under AWS_DEFAULTS_MODE, each of the SDK's clients
// would make a copy with connections of its own, and each session has clients of its own.
func shared(loaded aws.HTTPClient, given *http.Client) aws.HTTPClient {
	if given != nil {
		return given
	}
	if own, ok := loaded.(*awshttp.BuildableClient); ok {
		return own.Freeze()
	}
	return loaded
}

// newHTTPClient is the SDK's own client, so that AWS_CA_BUNDLE and proxies are honoured, with
// a bound on every phase. The last one is above the longest deadline of a call.
func newHTTPClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithTimeout(time.Minute).
		WithDialerOptions(func(dialer *net.Dialer) { dialer.Timeout = 5 * time.Second }).
		WithTransportOptions(func(transport *http.Transport) {
			transport.TLSHandshakeTimeout = 5 * time.Second
			transport.ResponseHeaderTimeout = 15 * time.Second
			transport.MaxIdleConnsPerHost = 32
		})
}
