package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/aws"
	"ecsbot/actions/fleet/doctor"
	"ecsbot/bot"
	"ecsbot/internal/config"
)

// checkExamineTime is how long a check may look for what the doctor finds; in a larger account
// that is for /ecs doctor.
const checkExamineTime = 10 * time.Second

// examine looks for what is wrong with tags and roles, as /ecs doctor does.
func (c *accountCheck) examine(ctx context.Context, slack bot.Inspection, looked map[fleet.Scope]*discovery) []bot.Finding {
	for _, scope := range looked {
		if scope.err != nil || slack.Team == "" {
			return nil // told already
		}
		if took := c.fleet.ExamineTime(scope.scope, len(scope.refs), len(scope.refs)); took > checkExamineTime {
			return findingAt(bot.Sound, "", "%s has %d tagged services, which would take about %v to examine: ask /ecs doctor", scope.scope, len(scope.refs), actions.DurationText(took.Round(time.Second)))
		}
	}
	ctx, cancel := context.WithTimeout(ctx, checkExamineTime)
	defer cancel()
	into := doctor.NewExamination(rulesOf(c.loaded))
	err := c.fleet.Examine(ctx, into, nil, func(environment string) fleet.Purpose {
		return c.purpose(environment, actions.StatusClass, slack)
	})
	if err != nil {
		return findingAt(bot.Doubtful, "", "tags and roles could not be examined: %s: ask /ecs doctor", plain(err))
	}
	return c.diagnosed(into.Report())
}

// diagnosed is a report line by line: what voids the line between environments, and what else
// is wrong.
func (c *accountCheck) diagnosed(report doctor.Report) []bot.Finding {
	var findings []bot.Finding
	for _, found := range report.Findings {
		about := found.Kind.About()
		seen := found.Resource
		if found.Seen != "" {
			seen += ": " + found.Seen
		}
		level := bot.Doubtful
		if about.Severity == doctor.Note {
			level = bot.Sound
		}
		where := ""
		if found.Environment != "" {
			where = place(c.loaded, "environments", found.Environment)
		}
		findings = append(findings, findingAt(level, where, "%s (%s): %s. Mend: %s", strings.ToLower(about.Title[:1])+about.Title[1:], about.Severity, seen, found.Mend)...)
	}
	for _, unread := range report.Unread {
		findings = append(findings, findingAt(bot.Doubtful, "", "cannot be read: %s (%s)", unread.What, unread.Why)...)
	}
	return findings
}

// purpose is what credentials are wanted for in a check: the bot is the person.
func (c *accountCheck) purpose(environment, class string, slack bot.Inspection) fleet.Purpose {
	role := c.loaded.Environments[environment].OperatorRole
	if role == config.NoRole {
		role = ""
	}
	return fleet.Purpose{
		Environment: environment, Region: c.scopes[environment].Region, Role: role,
		Operation: class, Team: slack.Team, User: slack.User, Request: "check",
	}
}

// backstop proves, live and harmlessly, that AWS draws the line by itself: with each
// environment's credentials, another's service must not be readable, and a task in another's
// cluster (one that does not exist) must not be stoppable. Anything but a refusal is an error.
func (c *accountCheck) backstop(ctx context.Context, slack bot.Inspection, looked map[fleet.Scope]*discovery) []bot.Finding {
	if slack.Team == "" {
		return nil // told with the roles
	}
	return c.each(func(name string) []bot.Finding {
		where := place(c.loaded, "environments", name, "operator_role")
		if c.loaded.Environments[name].OperatorRole == config.NoRole {
			return nil // told with the roles
		}
		target, found := c.neighbour(name, looked)
		if !found {
			return findingAt(bot.Doubtful, where, "environment %s: the backstop is not proven: no other environment of its account has a service to try it on", name)
		}
		for _, try := range []struct {
			class string
			do    func(context.Context, fleet.Session, fleet.Ref) error
		}{{actions.StatusClass, c.fleet.TrespassRead}, {"stop", c.fleet.TrespassStop}} {
			session, err := c.fleet.Assume(ctx, c.purpose(name, try.class, slack))
			if err == nil {
				err = try.do(ctx, session, target)
			}
			switch {
			case err == nil:
			case errors.Is(err, aws.ErrOpen):
				return findingAt(bot.Broken, where, "environment %s: THE BACKSTOP DOES NOT HOLD: with its credentials: %s. Put the documents that `ecsbot iam` prints on its operator role", name, plain(err))
			default:
				return findingAt(bot.Doubtful, where, "environment %s: the backstop is not proven: a session for %s: %s", name, try.class, plain(err))
			}
		}
		return findingAt(bot.Sound, where, "environment %s: AWS itself refuses its credentials in %s (tried on %s and on a task that does not exist)", name, target.Environment, target)
	})
}

// neighbour is a service of another environment in the same account: of a protected one, where
// there is any.
func (c *accountCheck) neighbour(name string, looked map[fleet.Scope]*discovery) (fleet.Ref, bool) {
	var candidates []fleet.Ref
	for _, other := range c.names {
		if other == name || accountOf(c.loaded.Environments[other].OperatorRole) != accountOf(c.loaded.Environments[name].OperatorRole) {
			continue
		}
		for _, ref := range looked[c.scopes[other]].refs {
			if ref.Environment == other {
				candidates = append(candidates, ref)
				break
			}
		}
	}
	slices.SortStableFunc(candidates, func(a, b fleet.Ref) int {
		return cmp.Compare(rank(*c.loaded.Environments[a.Environment].Protected), rank(*c.loaded.Environments[b.Environment].Protected))
	})
	if len(candidates) == 0 {
		return fleet.Ref{}, false
	}
	return candidates[0], true
}

func rank(isProtected bool) int {
	if isProtected {
		return 0
	}
	return 1
}

// accountOf is the account of a role's ARN.
func accountOf(role string) string {
	parts := strings.SplitN(role, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}
