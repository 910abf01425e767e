package aws_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// recorded is an event of CloudTrail's history with a record in it.
func recorded(t *testing.T, record object) object {
	t.Helper()
	text, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	return object{"EventId": "e1", "CloudTrailEvent": string(text)}
}

// TestSessionTagsAreReadInEitherForm: AWS's sample of AssumeRole has a list, the samples of
// SAML and OIDC a map of another name.
func TestSessionTagsAreReadInEitherForm(t *testing.T) {
	for name, parameters := range map[string]object{
		"a list":                 {"tags": []object{{"key": "RequestId", "value": "op-1"}}},
		"a map":                  {"principalTags": object{"RequestId": "op-1"}},
		"a map of the list name": {"tags": object{"RequestId": "op-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			event := recorded(t, object{
				"eventName": "AssumeRole", "eventTime": "2026-11-25T10:00:00Z", "requestParameters": parameters,
				"responseElements": object{"credentials": object{"accessKeyId": "ASIA1", "sessionToken": "made-up"}},
			})
			w := &wire{answers: map[string]func(call) (int, any){}}
			w.answer("LookupEvents", func(asked call) (int, any) {
				attribute := asked.body["LookupAttributes"].([]any)[0].(object)
				if attribute["AttributeKey"] != "EventName" { // found by its name alone
					return http.StatusOK, object{"Events": []object{}}
				}
				return http.StatusOK, object{"Events": []object{event, recorded(t, object{"eventName": "AssumeRole", "responseElements": nil})}}
			})
			events, err := newFleet(t, w).Trail(t.Context(), home, "ASIA1", time.Now())
			if err != nil || len(events) != 1 || events[0].Assumed.Tags["RequestId"] != "op-1" {
				t.Errorf("events %+v, %v", events, err)
			}
		})
	}
}
