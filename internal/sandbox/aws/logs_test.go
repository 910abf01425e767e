package aws_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"ecsbot/internal/sandbox/aws"
)

const stagingAPI = "/ecs/staging/api"

// ago is a time in milliseconds as Logs takes it.
func ago(d time.Duration) *int64 { return sdk.Int64(time.Now().Add(-d).UnixMilli()) }

// filter reads all pages.
func (c cloud) filter(t *testing.T, in cloudwatchlogs.FilterLogEventsInput) (events []logstypes.FilteredLogEvent, pages int) {
	t.Helper()
	if in.LogGroupName == nil {
		in.LogGroupName = sdk.String(stagingAPI)
	}
	for {
		out, err := c.logs.FilterLogEvents(t.Context(), &in)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, out.Events...)
		pages++
		if out.NextToken == nil {
			return events, pages
		}
		in.NextToken = out.NextToken
	}
}

func TestStreamsAreNamedAfterTheTask(t *testing.T) {
	c := patient(t)
	state, _ := c.Service("staging", "api")
	out, err := c.logs.DescribeLogStreams(t.Context(), &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: sdk.String(stagingAPI), LogStreamNamePrefix: sdk.String("api/api/")})
	if err != nil || len(out.LogStreams) != 3 {
		t.Fatalf("streams %v, %v", out, err)
	}
	for _, task := range state.Tasks {
		if !slices.ContainsFunc(out.LogStreams, func(s logstypes.LogStream) bool { return *s.LogStreamName == "api/api/"+task.ID }) {
			t.Errorf("no stream of task %s", task.ID)
		}
	}
	_, err = c.logs.DescribeLogStreams(t.Context(), &cloudwatchlogs.DescribeLogStreamsInput{
		LogGroupName: sdk.String(stagingAPI), LogStreamNamePrefix: sdk.String("api"), OrderBy: logstypes.OrderByLastEventTime,
	})
	wantCode(t, err, "InvalidParameterException")
	groups, err := c.logs.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: sdk.String("/ecs/staging/"), Limit: sdk.Int32(2)})
	if err != nil || len(groups.LogGroups) != 2 || groups.NextToken == nil {
		t.Errorf("groups %v, %v", groups, err)
	}
	tags, err := c.logs.ListTagsForResource(t.Context(), &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: groups.LogGroups[0].LogGroupArn})
	if err != nil || tags.Tags["Environment"] != "staging" {
		t.Errorf("tags %v, %v", tags, err)
	}
}

func TestLinesGrowWithTimeAndStayTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := patient(t)
		start := ago(10 * time.Minute)
		before, _ := c.filter(t, cloudwatchlogs.FilterLogEventsInput{StartTime: start})
		time.Sleep(time.Minute)
		after, _ := c.filter(t, cloudwatchlogs.FilterLogEventsInput{StartTime: start})
		if len(before) < 400 || len(after) <= len(before) {
			t.Fatalf("%d lines, a minute later %d", len(before), len(after))
		}
		for i, event := range before {
			if *after[i].EventId != *event.EventId || *after[i].Message != *event.Message {
				t.Fatalf("event %d changed from %q to %q", i, *event.Message, *after[i].Message)
			}
		}
		if !slices.IsSortedFunc(after, func(a, b logstypes.FilteredLogEvent) int { return int(*a.Timestamp - *b.Timestamp) }) {
			t.Error("events are not in order of time")
		}
		all := ""
		for _, event := range after {
			all += *event.Message + "\n"
		}
		for _, text := range []string{"<!channel>", "goroutine", "HTTP/1.1", "pw-staging-api-", "Bearer eyJ"} {
			if !strings.Contains(all, text) {
				t.Errorf("no line has %q", text)
			}
		}
	})
}

func TestPagesTileTheEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := patient(t)
		start := ago(5 * time.Minute)
		whole, _ := c.filter(t, cloudwatchlogs.FilterLogEventsInput{StartTime: start})
		for _, newest := range []bool{false, true} {
			parts, pages := c.filter(t, cloudwatchlogs.FilterLogEventsInput{StartTime: start, Limit: sdk.Int32(7), StartFromHead: sdk.Bool(!newest)})
			if newest {
				slices.Reverse(parts)
			}
			same := slices.EqualFunc(whole, parts, func(a, b logstypes.FilteredLogEvent) bool { return *a.EventId == *b.EventId })
			if !same || pages < len(whole)/7 {
				t.Errorf("newest first %v: %d events on %d pages, want the same %d", newest, len(parts), pages, len(whole))
			}
		}
	})
}

func TestAPageMayBeEmptyWithMoreToCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := patient(t)
		first, err := c.logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: sdk.String(stagingAPI)})
		if err != nil || len(first.Events) != 0 || first.NextToken == nil {
			t.Errorf("first page without a start time: %d events, token %v, %v", len(first.Events), first.NextToken, err)
		}
		now := time.Now()
		if err := c.WriteLog("staging", "api", now, "a needle in the hay"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		found, pages := c.filter(t, cloudwatchlogs.FilterLogEventsInput{StartTime: sdk.Int64(now.Add(-time.Hour).UnixMilli()), FilterPattern: sdk.String("needle")})
		if len(found) != 1 || pages < 3 {
			t.Errorf("found %d on %d pages, want 1 on several: a page looks at 1 MB", len(found), pages)
		}
	})
}

// A page looks through a day at most: of a log that is silent for days most pages are empty.
func TestAPageLooksThroughADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fleet := aws.Fleet{Clusters: []aws.ClusterSpec{{Name: "staging", Services: []aws.ServiceSpec{{Name: "api", Desired: 1, LogEvery: -1, LogGroup: stagingAPI}}}}}
		c := serve(t, aws.Options{Fleet: fleet, Lag: aws.Consistent(), Limits: aws.Unlimited()})
		began := time.Now()
		for day := range 3 {
			if err := c.WriteLog("staging", "api", time.Now(), fmt.Sprint("day ", 2*day)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(48*time.Hour + time.Second)
		}
		for _, newest := range []bool{false, true} {
			found, pages := c.filter(t, cloudwatchlogs.FilterLogEventsInput{StartTime: sdk.Int64(began.UnixMilli()), StartFromHead: sdk.Bool(!newest)})
			if len(found) != 3 || pages != 7 {
				t.Errorf("newest first %v: found %d on %d pages", newest, len(found), pages)
			}
		}
	})
}

func TestPatternsSelectLines(t *testing.T) {
	c := patient(t)
	now := time.Now().Add(-time.Second)
	if err := c.WriteLog("staging", "api", now, "mark error one", "mark error two", `mark "quoted" three`); err != nil {
		t.Fatal(err)
	}
	for pattern, want := range map[string]int{
		`mark`: 3, `mark error`: 2, `"error one"`: 1, `mark -error`: 1, `?one ?three mark`: 3, `"error one" -mark`: 0, `"\"quoted\""`: 1, `Mark`: 0,
	} {
		in := cloudwatchlogs.FilterLogEventsInput{StartTime: sdk.Int64(now.UnixMilli()), EndTime: sdk.Int64(now.UnixMilli()), FilterPattern: sdk.String(pattern)}
		if events, _ := c.filter(t, in); len(events) != want {
			t.Errorf("%s finds %d lines, want %d", pattern, len(events), want)
		}
	}
	for _, pattern := range []string{`a-b`, `"open`, `{ $.level = "error" }`, `-`} {
		_, err := c.logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: sdk.String(stagingAPI), FilterPattern: &pattern})
		wantCode(t, err, "InvalidParameterException")
	}
}

func TestFilterLogEventsIsStrict(t *testing.T) {
	c := patient(t)
	many := make([]string, 101)
	for i := range many {
		many[i] = fmt.Sprint("stream-", i)
	}
	group := sdk.String(stagingAPI)
	for _, row := range []struct {
		what string
		in   cloudwatchlogs.FilterLogEventsInput
		code string
	}{
		{"no group", cloudwatchlogs.FilterLogEventsInput{}, "InvalidParameterException"},
		{"unknown group", cloudwatchlogs.FilterLogEventsInput{LogGroupName: sdk.String("/ecs/moon")}, "ResourceNotFoundException"},
		{"name and identifier", cloudwatchlogs.FilterLogEventsInput{LogGroupName: group, LogGroupIdentifier: group}, "InvalidParameterException"},
		{"names and prefix", cloudwatchlogs.FilterLogEventsInput{LogGroupName: group, LogStreamNames: []string{"a"}, LogStreamNamePrefix: sdk.String("a")}, "InvalidParameterException"},
		{"101 streams", cloudwatchlogs.FilterLogEventsInput{LogGroupName: group, LogStreamNames: many}, "InvalidParameterException"},
		{"unknown stream", cloudwatchlogs.FilterLogEventsInput{LogGroupName: group, LogStreamNames: []string{"a"}}, "ResourceNotFoundException"},
		{"10,001 events", cloudwatchlogs.FilterLogEventsInput{LogGroupName: group, Limit: sdk.Int32(10_001)}, "InvalidParameterException"},
		{"made-up token", cloudwatchlogs.FilterLogEventsInput{LogGroupName: group, NextToken: sdk.String("abc")}, "InvalidParameterException"},
	} {
		_, err := c.logs.FilterLogEvents(t.Context(), &row.in)
		t.Run(row.what, func(t *testing.T) { wantCode(t, err, row.code) })
	}
}

func TestGetLogEventsGoesBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := patient(t)
		state, _ := c.Service("staging", "api")
		in := cloudwatchlogs.GetLogEventsInput{LogGroupName: sdk.String(stagingAPI), LogStreamName: sdk.String("api/api/" + state.Tasks[0].ID), Limit: sdk.Int32(20)}
		newest, err := c.logs.GetLogEvents(t.Context(), &in)
		if err != nil || len(newest.Events) != 20 {
			t.Fatalf("%d events, %v", len(newest.Events), err)
		}
		in.NextToken = newest.NextForwardToken
		end, err := c.logs.GetLogEvents(t.Context(), &in)
		if err != nil || len(end.Events) != 0 || *end.NextForwardToken != *newest.NextForwardToken {
			t.Errorf("at the end: %d events, %v: want the same token", len(end.Events), err)
		}
		time.Sleep(10 * time.Second)
		more, err := c.logs.GetLogEvents(t.Context(), &in)
		if err != nil || len(more.Events) == 0 || *more.Events[0].Timestamp < *newest.Events[19].Timestamp {
			t.Errorf("later: %d events, %v", len(more.Events), err)
		}
		in.NextToken = newest.NextBackwardToken
		older, err := c.logs.GetLogEvents(t.Context(), &in)
		if err != nil || len(older.Events) != 20 || *older.Events[19].Timestamp > *newest.Events[0].Timestamp {
			t.Errorf("before: %d events, %v", len(older.Events), err)
		}
		in.NextToken, in.StartFromHead = nil, sdk.Bool(true)
		head, err := c.logs.GetLogEvents(t.Context(), &in)
		if err != nil || !strings.Contains(*head.Events[0].Message, "starting") {
			t.Errorf("from the head: %v, %v", head, err)
		}
		in.LogStreamName = sdk.String("api/api/none")
		_, err = c.logs.GetLogEvents(t.Context(), &in)
		wantCode(t, err, "ResourceNotFoundException")
	})
}

func TestADyingTaskHasLastWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := patient(t)
		begun := time.Now()
		if err := c.FailNext("staging", "api", "exit"); err != nil {
			t.Fatal(err)
		}
		c.restart(t, "staging", "api")
		time.Sleep(time.Minute)
		if events, _ := c.filter(t, cloudwatchlogs.FilterLogEventsInput{StartTime: sdk.Int64(begun.UnixMilli()), FilterPattern: sdk.String(`"panic: configuration"`)}); len(events) < 3 {
			t.Errorf("%d panics in the log, want one for each failed task", len(events))
		}
	})
}
