package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"ecsbot/actions/ledger"
	"ecsbot/actions/ledger/ledgertest"
	"ecsbot/authz"
)

// entrySchema is what docs/ promises of an entry.
func entrySchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("../../docs/entry.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// checkEntries holds every entry that was written to the schema, and all of them to the chain.
func checkEntries(t *testing.T, text string) {
	t.Helper()
	schema := entrySchema(t)
	for line := range strings.Lines(text) {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		if err == nil {
			err = schema.Validate(value)
		}
		if err != nil {
			t.Errorf("%s does not fit docs/entry.schema.json: %v", line, err)
		}
	}
	if err := ledger.Verify(t.Context(), newExport(strings.NewReader(text)), nil, nil); err != nil {
		t.Errorf("the entries on standard output: %v", err)
	}
}

// everyEvent writes an entry of each event, with every field that it can have.
func everyEvent(t *testing.T, key ledger.Key) string {
	t.Helper()
	keeper := &ledgertest.Memory{}
	stream, err := ledger.Open(t.Context(), keeper, ledger.Options{Key: key, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close(t.Context())
	for number, events := range [][]ledger.Event{
		{ledger.Asked, ledger.Approved, ledger.Started, ledger.Accepted, ledger.Succeeded},
		{ledger.Started, ledger.Unknown, ledger.Failed},
		{ledger.Asked, ledger.Rejected},
		{ledger.Asked, ledger.Expired},
		{ledger.Asked, ledger.Voided},
		{ledger.Refused},
		{ledger.Read},
	} {
		for _, event := range events {
			operation := fmt.Sprint("operation", number)
			entry := ledger.Entry{
				Operation: operation, Event: event, Actor: authz.Actor{Team: "T0ACME001", User: "U0ALICE01"}, Action: "restart", Environment: "staging",
				Service: "api", Target: "arn:aws:ecs:eu-west-1:111122223333:service/staging/api", Arguments: map[string]string{"service": "api"},
				Reason: "denied: no role", Result: "deployment=ecs-svc/1", Request: operation,
				AWS: &ledger.AWS{RequestID: "1", AccessKeyID: "ASIA" + "EXAMPLE", SourceIdentity: "slack-T0ACME001-U0ALICE01"},
			}
			if _, err := stream.Append(t.Context(), func(*ledger.State) ([]ledger.Entry, error) { return []ledger.Entry{entry}, nil }); err != nil {
				t.Fatal(err)
			}
		}
	}
	lines, err := keeper.Read(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestEntriesOfEveryEventFitTheSchema(t *testing.T) {
	text := everyEvent(t, ledger.Key("a key for tests"))
	checkEntries(t, text)
	schema := entrySchema(t)
	for _, change := range [][2]string{
		{`"v":1`, `"v":2`}, {`"event":"asked"`, `"event":"dreamt"`}, {`"seq":`, `"number":`}, {`"team":`, `"name":`}, {`"prev":"0`, `"prev":"x`},
	} {
		first, _, _ := strings.Cut(text, "\n")
		changed := strings.Replace(first, change[0], change[1], 1)
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(changed))
		if err != nil {
			t.Fatal(err)
		}
		if changed == first || schema.Validate(value) == nil {
			t.Errorf("the schema takes %s", changed)
		}
	}
}
