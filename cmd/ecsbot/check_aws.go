package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/aws"
	"ecsbot/bot"
	"ecsbot/internal/config"
	"ecsbot/internal/redact"
)

// Bounds of what is done at once, and of what a line lists.
const (
	assumedAtOnce = 8
	listedMost    = 10
)

// accountCheck asks AWS what a configuration needs of it. It reads, and changes nothing.
type accountCheck struct {
	loaded *config.Config
	fleet  *aws.Fleet
	scopes map[string]fleet.Scope
	names  []string // of the environments, sorted
}

func newAccountCheck(ctx context.Context, loaded *config.Config) (*accountCheck, error) {
	scopes := scopesOf(loaded)
	settings, err := fleetSettings(parts{config: loaded, log: slog.New(slog.DiscardHandler)}, scopes)
	if err != nil {
		return nil, err
	}
	reached, err := aws.New(ctx, settings)
	if err != nil {
		return nil, err
	}
	return &accountCheck{loaded: loaded, fleet: reached, scopes: scopes, names: slices.Sorted(maps.Keys(loaded.Environments))}, nil
}

// each looks at every environment, several at a time, and keeps their order.
func (c *accountCheck) each(look func(name string) []bot.Finding) []bot.Finding {
	found := make([][]bot.Finding, len(c.names))
	var looking errgroup.Group
	looking.SetLimit(assumedAtOnce)
	for at, name := range c.names {
		looking.Go(func() error { found[at] = look(name); return nil })
	}
	_ = looking.Wait()
	return slices.Concat(found...)
}

// roles assumes each environment's operator role, as the bot itself and for reading. The
// roles' trust names the Slack team, so without a team there is nothing to try.
func (c *accountCheck) roles(ctx context.Context, slack bot.Inspection) []bot.Finding {
	if slack.Team == "" {
		return findingAt(bot.Doubtful, "", "the operator roles were not tried: they are assumed for a Slack team, and Slack did not name the bot's")
	}
	return c.each(func(name string) []bot.Finding {
		environment := c.loaded.Environments[name]
		where := place(c.loaded, "environments", name, "operator_role")
		if environment.OperatorRole == config.NoRole {
			return findingAt(bot.Sound, where, "environment %s: the bot's own credentials are used, so AWS draws no line around it", name)
		}
		_, err := c.fleet.Assume(ctx, c.purpose(name, actions.StatusClass, slack))
		if err != nil {
			return findingAt(bot.Broken, where, "environment %s: %s: %s", name, plain(err),
				remedy(err, "the role must exist, its trust policy let the bot assume it, tag the session and set the source identity, and the bot's own role allow the same (docs/iam.md)"))
		}
		return findingAt(bot.Sound, where, "environment %s: its operator role can be assumed", name)
	})
}

// discover looks for the services that carry the tag, in every scope.
func (c *accountCheck) discover(ctx context.Context) map[fleet.Scope]*discovery {
	var looking errgroup.Group
	looked := map[fleet.Scope]*discovery{}
	for _, name := range c.names {
		scope := c.scopes[name]
		if looked[scope] == nil {
			looked[scope] = &discovery{scope: scope}
		}
		looked[scope].names = append(looked[scope].names, name)
	}
	for _, each := range looked {
		looking.Go(func() error { each.look(ctx, c.fleet); return nil })
	}
	_ = looking.Wait()
	return looked
}

// tags says what each environment has of them.
func (c *accountCheck) tags(looked map[fleet.Scope]*discovery) []bot.Finding {
	return c.each(func(name string) []bot.Finding { return c.judge(name, looked[c.scopes[name]]) })
}

// discovery is what a scope was found to hold.
type discovery struct {
	scope fleet.Scope
	names []string // of the environments that are looked for there
	refs  []fleet.Ref
	err   error
}

// look discovers the scope, and reads one service, which needs more rights than finding it.
func (d *discovery) look(ctx context.Context, reached *aws.Fleet) {
	d.refs, d.err = reached.Tagged(ctx, d.scope)
	if d.err == nil && len(d.refs) > 0 {
		_, d.err = reached.ReadAll(ctx, d.refs[:1])
	}
}

// values are the tag's values in the scope with the services of each, as people write them.
func (d *discovery) values() map[string][]string {
	values := map[string][]string{}
	for _, ref := range d.refs {
		values[ref.Environment] = append(values[ref.Environment], ref.String())
	}
	return values
}

// judge says what an environment has.
func (c *accountCheck) judge(name string, looked *discovery) []bot.Finding {
	if looked.err != nil && name != looked.names[0] {
		return nil // told once
	}
	if looked.err != nil {
		return findingAt(bot.Broken, c.scopePlace(name), "%s: %s: %s", listed(looked.names), plain(looked.err),
			remedy(looked.err, "the credentials must be valid and allow ecs:ListClusters, ecs:ListServices and ecs:DescribeServices; a discovery_role must trust the bot (docs/iam.md)"))
	}
	where, values := place(c.loaded, "environments", name), looked.values()
	var findings []bot.Finding
	if services := len(values[name]); services > 0 {
		findings = findingAt(bot.Sound, where, "environment %s: services tagged %s=%s in %s: %d", name, c.loaded.AWS.Tag, name, looked.scope, services)
	} else {
		findings = findingAt(bot.Doubtful, where, "environment %s: no service is tagged %s=%s in %s (tagged there: %s): tag its services, or correct the name or the region",
			name, c.loaded.AWS.Tag, name, looked.scope, listed(slices.Sorted(maps.Keys(values))))
	}
	return findings
}

// scopePlace is the line that says where an environment's services are looked for.
func (c *accountCheck) scopePlace(name string) string {
	environment := c.loaded.Environments[name]
	switch {
	case environment.DiscoveryRole != "":
		return place(c.loaded, "environments", name, "discovery_role")
	case environment.Region != "":
		return place(c.loaded, "environments", name, "region")
	}
	return place(c.loaded, "aws", "region")
}

func findingAt(level bot.Level, where, format string, arguments ...any) []bot.Finding {
	return []bot.Finding{{Level: level, Where: where, Text: fmt.Sprintf(format, arguments...)}}
}

// remedy is what to do: where AWS denies access what it wants, and otherwise to look at the way
// there.
func remedy(err error, refused string) string {
	switch {
	case errors.Is(err, fleet.ErrDenied):
		return refused
	case errors.Is(err, fleet.ErrThrottled):
		return "try again in a minute"
	}
	return "check the credentials, the network, the region and AWS_ENDPOINT_URL"
}

// listed is some of many.
func listed(names []string) string {
	switch {
	case len(names) == 0:
		return "nothing"
	case len(names) > listedMost:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:listedMost], " "), len(names)-listedMost)
	}
	return strings.Join(names, " ")
}

// plain is an error's first line without secrets: AWS answers a wrong signature with the whole
// request.
func plain(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	redactor, broken := redact.New(nil)
	if broken != nil {
		return "AWS did not answer as it should"
	}
	clean, _ := redactor.Redact(line, nil)
	return clean
}
