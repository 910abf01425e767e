package dynamodb_test

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	client "github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ecsbot/actions/ledger"
	"ecsbot/actions/ledger/dynamodb"
	"ecsbot/actions/ledger/ledgertest"
	"ecsbot/actions/ledger/ledgertest/dynalite"
)

// realTable names a table of a real DynamoDB, in the region and with the credentials of the
// environment; the same tests run there. Each test keeps to a prefix of its own.
const realTable = "ECSBOT_TEST_DYNAMODB_TABLE"

// place is where the tests keep ledgers.
func place(t *testing.T) dynamodb.Settings {
	t.Helper()
	if table := os.Getenv(realTable); table != "" {
		return dynamodb.Settings{Table: table, Region: os.Getenv("AWS_REGION"), Prefix: "test/" + rand.Text() + "/"}
	}
	settings := dynamodb.Settings{Region: "eu-west-1", LoadOptions: []func(*awsconfig.LoadOptions) error{
		awsconfig.WithBaseEndpoint(dynalite.Start(t)), awsconfig.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")),
	}}
	settings.Table = createTable(t, settings)
	return settings
}

// createTable makes the table that operators are told to make, from the same file.
func createTable(t *testing.T, settings dynamodb.Settings) string {
	t.Helper()
	text, err := os.ReadFile("../../../deploy/dynamodb-table.json")
	if err != nil {
		t.Fatal(err)
	}
	var definition client.CreateTableInput
	if err := json.Unmarshal(text, &definition); err != nil {
		t.Fatal(err)
	}
	if _, err := clientOf(t, settings).CreateTable(t.Context(), &definition); err != nil {
		t.Fatal(err)
	}
	return aws.ToString(definition.TableName)
}

// clientOf is a plain client of the same place.
func clientOf(t *testing.T, settings dynamodb.Settings) *client.Client {
	t.Helper()
	loaded, err := awsconfig.LoadDefaultConfig(t.Context(), append(settings.LoadOptions, awsconfig.WithRegion(settings.Region))...)
	if err != nil {
		t.Fatal(err)
	}
	return client.NewFromConfig(loaded)
}

func openAt(t *testing.T, settings dynamodb.Settings) *dynamodb.Keeper {
	t.Helper()
	keeper, err := dynamodb.Open(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keeper.Close() })
	return keeper
}

// fresh gives a new, empty ledger in the same table each time.
func fresh(settings dynamodb.Settings) func(t *testing.T) ledger.Store {
	return func(t *testing.T) ledger.Store {
		one := settings
		one.Prefix += rand.Text() + "/"
		return openAt(t, one)
	}
}

func TestConformance(t *testing.T) { ledgertest.Run(t, fresh(place(t))) }

func TestConformanceOfTwoProcesses(t *testing.T) {
	settings := place(t)
	ledgertest.RunShared(t, func(t *testing.T) (ledger.Store, ledger.Store) {
		one := settings
		one.Prefix += rand.Text() + "/"
		return openAt(t, one), openAt(t, one)
	})
}
