package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ecsbot/actions/ledger/ledgertest/dynalite"
)

// dynamoDB starts a server that speaks DynamoDB's protocol, with the table that deploy/
// defines, and returns its address.
func dynamoDB(t *testing.T) string {
	t.Helper()
	endpoint := dynalite.Start(t)
	text, err := os.ReadFile("../../deploy/dynamodb-table.json")
	if err != nil {
		t.Fatal(err)
	}
	var definition dynamodb.CreateTableInput
	if err := json.Unmarshal(text, &definition); err != nil {
		t.Fatal(err)
	}
	loaded, err := awsconfig.LoadDefaultConfig(t.Context(), awsconfig.WithRegion("eu-west-1"), awsconfig.WithBaseEndpoint(endpoint),
		awsconfig.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dynamodb.NewFromConfig(loaded).CreateTable(t.Context(), &definition); err != nil {
		t.Fatal(err)
	}
	return endpoint
}

// onATable is the demo's configuration with its ledger in DynamoDB.
func onATable(t *testing.T, table string) string {
	t.Helper()
	text := strings.Replace(string(demoConfig), "sqlite: ecsbot.db", "dynamodb: {table: "+table+", region: eu-west-1}", 1)
	if text == string(demoConfig) {
		t.Fatal("the demo's configuration has no ledger to replace")
	}
	path := filepath.Join(t.TempDir(), "ecsbot.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRunOnDynamoDB(t *testing.T) {
	local, environment := realSandbox(t)
	environment["ECSBOT_LEDGER_KEY"] = "a key for tests"
	pointAWS(t, environment)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamoDB(t))
	path := onATable(t, "ecsbot")
	bot := startRun(t, environment, path)
	bot.restart(t, local)
	if status := bot.stop(); status != 0 {
		t.Errorf("ended with %d: %s", status, bot.errors.String())
	}
	exported := runs(t, environment, "audit", "export", "--config", path)
	if exported.status != 0 || exported.stdout != bot.out.String() || !strings.Contains(exported.stdout, `"event":"accepted"`) || !strings.Contains(exported.stdout, `"mac":`) {
		t.Errorf("exported %+v, and on standard output stood %s", exported, bot.out.String())
	}
	if got := runs(t, environment, "audit", "verify", "--config", path); got.status != 0 || !strings.Contains(got.stdout, "unbroken") {
		t.Errorf("verify: %+v", got)
	}
	environment["ECSBOT_LEDGER_KEY"] = "another key"
	if got := runs(t, environment, "audit", "verify", "--config", path); got.status != 1 || !strings.Contains(got.stderr, "entry 1 is bad") {
		t.Errorf("verify with another key: %+v", got)
	}
	if got := runs(t, environment, "run", "--config", path); got.status != 1 || !strings.Contains(got.stderr, "its MAC was not made with this key") {
		t.Errorf("a run with another key: %+v", got)
	}
}

func TestALedgerInDynamoDBNeedsAKeyAndATable(t *testing.T) {
	_, environment := realSandbox(t)
	pointAWS(t, environment)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamoDB(t))
	if got := runs(t, environment, "run", "--config", onATable(t, "ecsbot")); got.status != 2 || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, "ECSBOT_LEDGER_KEY is not set") {
		t.Errorf("without a key: %+v", got)
	}
	environment["ECSBOT_LEDGER_KEY"] = "a key for tests"
	got := runs(t, environment, "run", "--config", onATable(t, "another"))
	if got.status != 1 || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, "the DynamoDB table another in eu-west-1 does not exist") {
		t.Errorf("without a table: %+v", got)
	}
}
