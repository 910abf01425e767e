package aws_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"ecsbot/internal/sandbox/aws"
)

func attribute(key trailtypes.LookupAttributeKey, value string) []trailtypes.LookupAttribute {
	return []trailtypes.LookupAttribute{{AttributeKey: key, AttributeValue: &value}}
}

func (c cloud) lookUp(t *testing.T, in cloudtrail.LookupEventsInput) []trailtypes.Event {
	t.Helper()
	var events []trailtypes.Event
	pages := cloudtrail.NewLookupEventsPaginator(cloudtrail.NewFromConfig(c.config), &in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, page.Events...)
	}
	return events
}

func TestTheTrailHasEachCallAndWhoMadeIt(t *testing.T) {
	c := patient(t)
	role, name, source := "arn:aws:iam::"+aws.HomeAccount+":role/ecsbot-operator", "slack-T1-U1", "slack-T1-U1"
	out, err := c.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: &role, RoleSessionName: &name, SourceIdentity: &source, Tags: []ststypes.Tag{{Key: sdk.String("RequestId"), Value: sdk.String("op1")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	key := *out.Credentials.AccessKeyId
	c.as(key, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken).restart(t, "staging", "api")
	for by, attributes := range map[string][]trailtypes.LookupAttribute{
		"the key":      attribute(trailtypes.LookupAttributeKeyAccessKeyId, key),
		"the event":    attribute(trailtypes.LookupAttributeKeyEventName, "UpdateService"),
		"the session":  attribute(trailtypes.LookupAttributeKeyUsername, "slack-T1-U1"),
		"what it does": attribute(trailtypes.LookupAttributeKeyReadOnly, "false"),
	} {
		events := c.lookUp(t, cloudtrail.LookupEventsInput{LookupAttributes: attributes})
		if len(events) != 1 || *events[0].EventName != "UpdateService" || *events[0].AccessKeyId != key || *events[0].EventSource != "ecs.amazonaws.com" {
			t.Fatalf("by %s: %+v", by, events)
		}
		var record struct {
			UserIdentity struct {
				SessionContext map[string]any
			}
			RequestParameters struct{ Service string }
		}
		if err := json.Unmarshal([]byte(*events[0].CloudTrailEvent), &record); err != nil {
			t.Fatal(err)
		}
		if record.UserIdentity.SessionContext["sourceIdentity"] != source || record.RequestParameters.Service != "api" || strings.Contains(*events[0].CloudTrailEvent, "op1") {
			t.Errorf("record %s", *events[0].CloudTrailEvent)
		}
	}
	assumed := c.lookUp(t, cloudtrail.LookupEventsInput{LookupAttributes: attribute(trailtypes.LookupAttributeKeyResourceName, key)})
	if len(assumed) != 1 || *assumed[0].EventName != "AssumeRole" || !strings.Contains(*assumed[0].CloudTrailEvent, `"tags":[{"key":"RequestId","value":"op1"}]`) {
		t.Errorf("assumed %+v", assumed)
	}
	if strings.Contains(*assumed[0].CloudTrailEvent, *out.Credentials.SecretAccessKey) || strings.Contains(*assumed[0].CloudTrailEvent, *out.Credentials.SessionToken) {
		t.Error("the record has the credentials")
	}
	if all := c.lookUp(t, cloudtrail.LookupEventsInput{MaxResults: sdk.Int32(1)}); len(all) < 2 || all[0].EventTime.Before(*all[len(all)-1].EventTime) {
		t.Errorf("page by page, the newest first: %+v", all)
	}
}

func TestTheTrailIsLateAndRefusesWhatAWSRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := serve(t, aws.Options{Fleet: aws.DemoFleet()})
		client := cloudtrail.NewFromConfig(c.config)
		c.restart(t, "staging", "api")
		wanted := cloudtrail.LookupEventsInput{LookupAttributes: attribute(trailtypes.LookupAttributeKeyEventName, "UpdateService")}
		if events := c.lookUp(t, wanted); len(events) > 0 {
			t.Errorf("at once: %+v", events)
		}
		time.Sleep(6 * time.Minute)
		if events := c.lookUp(t, wanted); len(events) != 1 {
			t.Errorf("minutes later: %+v", events)
		}
		from, to := time.Now().Add(-time.Minute), time.Now()
		wanted.StartTime, wanted.EndTime = &from, &to
		if events := c.lookUp(t, wanted); len(events) > 0 {
			t.Errorf("of another time: %+v", events)
		}
		_, err := client.LookupEvents(t.Context(), &wanted)
		wantCode(t, err, "ThrottlingException")
		time.Sleep(time.Minute)
		for code, in := range map[string]cloudtrail.LookupEventsInput{
			"InvalidLookupAttributesException": {LookupAttributes: append(wanted.LookupAttributes, wanted.LookupAttributes...)},
			"InvalidMaxResultsException":       {MaxResults: sdk.Int32(51)},
			"InvalidTimeRangeException":        {StartTime: &to, EndTime: &from},
			"InvalidNextTokenException":        {NextToken: sdk.String("x")},
		} {
			_, err := client.LookupEvents(t.Context(), &in)
			wantCode(t, err, code)
			time.Sleep(time.Second)
		}
	})
}
