package bot

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/slack-go/slack"
)

// The environment variables in which the two tokens are given.
const (
	botVariable = "SLACK_BOT_TOKEN"
	appVariable = "SLACK_APP_TOKEN"
)

// unnamedWait is waited after a 429 that does not say how long; slack-go brings it as a plain
// status code.
const unnamedWait = 10 * time.Second

// slackCode is what Slack calls an error of its API; empty where it is none.
func slackCode(err error) string {
	if response, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return response.Err
	}
	return ""
}

// isCode says whether Slack answered with one of these errors.
func isCode(err error, codes ...string) bool {
	code := slackCode(err)
	return code != "" && slices.Contains(codes, code)
}

// isTold says whether Slack was reached and said no: trying again would not change it.
func isTold(err error) bool {
	if code := slackCode(err); code != "" {
		return !isCode(err, "ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout")
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return status.Code < http.StatusInternalServerError && status.Code != http.StatusTooManyRequests
	}
	return false
}

// toldWait is how long Slack asks to wait.
func toldWait(err error) (time.Duration, bool) {
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return max(limited.RetryAfter, time.Second), true
	}
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok && status.Code == http.StatusTooManyRequests {
		return unnamedWait, true
	}
	return unnamedWait, isCode(err, "ratelimited", "rate_limited")
}

// isRefusedToken knows the errors that no retry heals. slack-go gives up on four of them and
// repeats the others without end.
func isRefusedToken(err error) bool {
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return status.Code == http.StatusNotFound
	}
	return isCode(err,
		"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope",
		"not_allowed_token_type", "no_permission", "access_denied", "org_login_required", "team_access_not_granted",
		"two_factor_setup_required", "ekm_access_denied", "user_removed_from_team", "missing_authentication",
	)
}

// refusedToken is the one line that says which token Slack does not take, and how to get it.
func refusedToken(token string, err error) error {
	if status, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return fmt.Errorf("asking Slack: the address in SLACK_API_URL answers %d; is it a Slack API (it ends in /api/)?", status.Code)
	}
	said := slackCode(err)
	if response, ok := errors.AsType[slack.SlackErrorResponse](err); ok && said == "missing_scope" && response.Needed != "" {
		said = "missing_scope: " + response.Needed
	}
	return fmt.Errorf("%s: Slack says %s; %s", token, said, howToGet(token))
}

func howToGet(token string) string {
	if token == appVariable {
		return "create an app-level token (xapp-…) with the scope connections:write under " +
			"https://api.slack.com/apps → your app → Basic Information → App-Level Tokens"
	}
	return "copy the Bot User OAuth Token (xoxb-…) from https://api.slack.com/apps → your app → OAuth & Permissions, " +
		"after installing the app with the scopes of `ecsbot manifest`"
}
