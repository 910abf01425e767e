package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"ecsbot/actions/fleet"
)

const (
	// trailPages bounds one search of CloudTrail's history: AWS answers two pages of 50 a
	// second (CloudTrail API reference, LookupEvents).
	trailPages = 20
	// trailSlack is how far around a time events are looked for.
	trailSlack = 2 * time.Minute
	// sessionTrail is how long a session's calls are looked for.
	sessionTrail = sessionLife + trailSlack
)

// Trail finds what was done with an access key, and the AssumeRole that handed it out, around
// the time at which it was. The oldest comes first.
func (f *Fleet) Trail(ctx context.Context, scope fleet.Scope, accessKeyID string, around time.Time) ([]fleet.TrailEvent, error) {
	from, to := around.Add(-trailSlack), around.Add(sessionTrail)
	issued, err := f.lookUp(ctx, scope, types.LookupAttributeKeyResourceName, accessKeyID, from, to)
	if err != nil {
		return nil, err
	}
	if len(issued) == 0 { // the list of an event's resources is AWS's to make: then by its name
		all, err := f.lookUp(ctx, scope, types.LookupAttributeKeyEventName, "AssumeRole", from, around.Add(trailSlack))
		if err != nil {
			return nil, err
		}
		for _, event := range all {
			if event.Assumed != nil && event.Assumed.AccessKeyID == accessKeyID {
				issued = append(issued, event)
			}
		}
	}
	used, err := f.lookUp(ctx, scope, types.LookupAttributeKeyAccessKeyId, accessKeyID, from, to)
	return append(issued, used...), err
}

// Updates finds the UpdateService calls for a service between two times, the oldest first.
func (f *Fleet) Updates(ctx context.Context, ref fleet.Ref, from, to time.Time) ([]fleet.TrailEvent, error) {
	all, err := f.lookUp(ctx, ref.Scope, types.LookupAttributeKeyEventName, "UpdateService", from, to)
	if err != nil {
		return nil, err
	}
	var updates []fleet.TrailEvent
	for _, event := range all {
		if event.Error == "" && event.Cluster == ref.Cluster && event.Service == ref.Name {
			updates = append(updates, event)
		}
	}
	return updates, nil
}

// lookUp reads CloudTrail's history by one attribute, and returns the oldest event first.
func (f *Fleet) lookUp(
	ctx context.Context, scope fleet.Scope, key types.LookupAttributeKey, value string, from, to time.Time,
) ([]fleet.TrailEvent, error) {
	pages := cloudtrail.NewLookupEventsPaginator(f.scope(scope).trail, &cloudtrail.LookupEventsInput{
		LookupAttributes: []types.LookupAttribute{{AttributeKey: key, AttributeValue: aws.String(value)}},
		StartTime:        aws.Time(from), EndTime: aws.Time(to),
	})
	var events []fleet.TrailEvent
	for number := 0; pages.HasMorePages(); number++ {
		if number == trailPages {
			return events, fmt.Errorf("look up %s in CloudTrail: %w: more than %d pages", key, fleet.ErrRefused, trailPages)
		}
		page, err := pages.NextPage(ctx)
		if err != nil {
			return events, readError("look up "+string(key)+" in CloudTrail", err)
		}
		for _, event := range page.Events {
			if read, ok := readTrail(event); ok {
				events = append([]fleet.TrailEvent{read}, events...)
			}
		}
	}
	return events, nil
}

// trailRecord is what of CloudTrail's record is read: names as in the CloudTrail User Guide,
// "CloudTrail record contents". No secret of it is.
type trailRecord struct {
	UserIdentity struct {
		Type           string `json:"type"`
		ARN            string `json:"arn"`
		AccountID      string `json:"accountId"`
		AccessKeyID    string `json:"accessKeyId"`
		InvokedBy      string `json:"invokedBy"`
		SessionContext struct {
			SourceIdentity string `json:"sourceIdentity"`
		} `json:"sessionContext"`
	} `json:"userIdentity"`
	EventTime  time.Time `json:"eventTime"`
	EventName  string    `json:"eventName"`
	Region     string    `json:"awsRegion"`
	Address    string    `json:"sourceIPAddress"`
	Agent      string    `json:"userAgent"`
	Error      string    `json:"errorCode"`
	RequestID  string    `json:"requestID"`
	EventID    string    `json:"eventID"`
	Parameters struct {
		RoleARN        string            `json:"roleArn"`
		SessionName    string            `json:"roleSessionName"`
		SourceIdentity string            `json:"sourceIdentity"`
		Tags           json.RawMessage   `json:"tags"` // a list of key and value
		PrincipalTags  map[string]string `json:"principalTags"`
		Cluster        string            `json:"cluster"`
		Service        string            `json:"service"`
	} `json:"requestParameters"`
	Response struct {
		Credentials struct {
			AccessKeyID string `json:"accessKeyId"`
		} `json:"credentials"`
		SourceIdentity string `json:"sourceIdentity"`
	} `json:"responseElements"`
}

func readTrail(event types.Event) (fleet.TrailEvent, bool) {
	var record trailRecord
	if err := json.Unmarshal([]byte(aws.ToString(event.CloudTrailEvent)), &record); err != nil {
		return fleet.TrailEvent{}, false
	}
	read := fleet.TrailEvent{
		ID: record.EventID, Name: record.EventName, Time: record.EventTime, Region: record.Region, Account: record.UserIdentity.AccountID,
		RequestID: record.RequestID, AccessKeyID: record.UserIdentity.AccessKeyID, Principal: record.UserIdentity.ARN,
		SourceIdentity: record.UserIdentity.SessionContext.SourceIdentity, Agent: record.Agent, Address: record.Address, Error: record.Error,
		Cluster: lastPart(record.Parameters.Cluster), Service: lastPart(record.Parameters.Service),
	}
	if read.Principal == "" {
		read.Principal = record.UserIdentity.InvokedBy
	}
	if record.EventName == "UpdateService" && read.Cluster == "" {
		read.Cluster = "default"
	}
	if issued := record.Response.Credentials.AccessKeyID; record.EventName == "AssumeRole" {
		read.Assumed = &fleet.Assumed{
			Role: record.Parameters.RoleARN, Session: record.Parameters.SessionName, AccessKeyID: issued,
			Source: record.Parameters.SourceIdentity, Tags: sessionTags(record.Parameters.Tags, record.Parameters.PrincipalTags),
		}
	}
	return read, true
}

// sessionTags are an AssumeRole's, in either form that AWS's own samples show: a list, and a
// map under another name.
func sessionTags(list json.RawMessage, named map[string]string) map[string]string {
	tags := map[string]string{}
	var pairs []struct{ Key, Value string }
	if json.Unmarshal(list, &pairs) == nil {
		for _, pair := range pairs {
			tags[pair.Key] = pair.Value
		}
	}
	var plain map[string]string
	if json.Unmarshal(list, &plain) == nil {
		maps.Copy(tags, plain)
	}
	maps.Copy(tags, named)
	return tags
}
