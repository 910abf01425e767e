package aws_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"ecsbot/internal/sandbox/aws"
)

const stagingAPIARN = "arn:aws:logs:eu-west-1:" + aws.HomeAccount + ":log-group:" + stagingAPI

// tail begins a session by the SDK's own client.
func (c cloud) tail(t *testing.T, in cloudwatchlogs.StartLiveTailInput) (*cloudwatchlogs.StartLiveTailEventStream, error) {
	t.Helper()
	out, err := c.logs.StartLiveTail(t.Context(), &in, cloudwatchlogs.WithAPIOptions(func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("host", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
		}), middleware.Before)
	}))
	if err != nil {
		return nil, err
	}
	return out.GetStream(), nil
}

func TestALiveTailIsAStreamOfEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := patient(t)
		stream, err := c.tail(t, cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{stagingAPIARN}, LogEventFilterPattern: sdk.String(`"needle"`)})
		if err != nil {
			t.Fatal(err)
		}
		first, isStart := (<-stream.Events()).(*logstypes.StartLiveTailResponseStreamMemberSessionStart)
		if !isStart || sdk.ToString(first.Value.LogEventFilterPattern) != `"needle"` {
			t.Fatalf("it begins with %v", first)
		}
		if err := c.WriteLog("staging", "api", time.Now(), "a needle", "hay"); err != nil {
			t.Fatal(err)
		}
		began, found := time.Now(), 0
		for event := range stream.Events() {
			update, isUpdate := event.(*logstypes.StartLiveTailResponseStreamMemberSessionUpdate)
			if !isUpdate {
				t.Fatalf("then came %T", event)
			}
			for _, each := range update.Value.SessionResults {
				found++
				if sdk.ToString(each.Message) != "a needle" || sdk.ToString(each.LogGroupIdentifier) != stagingAPIARN || time.Since(began) > 2*time.Second {
					t.Errorf("after %v: %q of %s", time.Since(began), sdk.ToString(each.Message), sdk.ToString(each.LogGroupIdentifier))
				}
			}
		}
		if timedOut, is := errors.AsType[*logstypes.SessionTimeoutException](stream.Err()); !is || timedOut == nil {
			t.Errorf("it ended with %v", stream.Err())
		}
		if lasted := time.Since(began).Round(time.Second); found != 1 || lasted != 3*time.Hour {
			t.Errorf("%d events in %v", found, lasted)
		}
	})
}

func TestWhatALiveTailTakes(t *testing.T) {
	c := patient(t)
	for _, test := range []struct {
		name string
		in   cloudwatchlogs.StartLiveTailInput
		want string
	}{
		{"a name", cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{stagingAPI}}, "InvalidParameterException"},
		{"an ARN with an asterisk", cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{stagingAPIARN + ":*"}}, "InvalidParameterException"},
		{"no group", cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{}}, "InvalidParameterException"},
		{"a group that is not there", cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{stagingAPIARN + "x"}}, "ResourceNotFoundException"},
		{"streams of two groups", cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{stagingAPIARN, stagingAPIARN}, LogStreamNames: []string{"a"}}, "InvalidParameterException"},
		{"names and beginnings", cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{stagingAPIARN}, LogStreamNames: []string{"a"}, LogStreamNamePrefixes: []string{"b"}}, "InvalidParameterException"},
		{"no streams", cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{stagingAPIARN}, LogStreamNames: []string{}}, "InvalidParameterException"},
		{"a pattern that is none", cloudwatchlogs.StartLiveTailInput{LogGroupIdentifiers: []string{stagingAPIARN}, LogEventFilterPattern: sdk.String(`"open`)}, "InvalidParameterException"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := c.tail(t, test.in)
			wantCode(t, err, test.want)
		})
	}
}
