package main

import (
	"context"
	"fmt"
	"path/filepath"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"ecsbot/actions"
	"ecsbot/actions/ledger"
	"ecsbot/actions/ledger/dynamodb"
	"ecsbot/actions/ledger/sqlite"
	"ecsbot/internal/config"
)

// keyVariable names the environment variable with the key that signs entries.
const keyVariable = "ECSBOT_LEDGER_KEY"

// storage is where a ledger is kept.
type storage interface {
	ledger.Store
	Close() error
}

// ledgerPlace is what a configuration says of the ledger.
type ledgerPlace struct {
	file     string // of SQLite; empty: a table
	table    string
	region   string
	loadWith []func(*awsconfig.LoadOptions) error // in tests
}

func placeOf(loaded *config.Config) ledgerPlace {
	if table := loaded.Ledger.DynamoDB; table != nil {
		region := table.Region
		if region == "" {
			region = loaded.AWS.Region
		}
		return ledgerPlace{table: table.Table, region: region}
	}
	file := loaded.Ledger.SQLite
	if !filepath.IsAbs(file) {
		file = filepath.Join(filepath.Dir(loaded.Path), file)
	}
	return ledgerPlace{file: file}
}

// String names the place.
func (p ledgerPlace) String() string {
	if p.shared() {
		return fmt.Sprintf("the DynamoDB table %s in %s", p.table, p.region)
	}
	return p.file
}

// shared says whether several processes may write there.
func (p ledgerPlace) shared() bool { return p.table != "" }

// leases are how several processes share the work; none where the file's lock keeps everybody
// else out.
func (p ledgerPlace) leases(keeper storage) actions.Leases {
	if !p.shared() {
		return nil
	}
	return keeper
}

func (p ledgerPlace) settings() dynamodb.Settings {
	return dynamodb.Settings{Table: p.table, Region: p.region, LoadOptions: p.loadWith}
}

// open opens the ledger for writing. Where whoever reaches the table could write into it,
// there has to be a key.
func (p ledgerPlace) open(ctx context.Context, key ledger.Key) (storage, error) {
	if !p.shared() {
		return opened(sqlite.Open(ctx, p.file))
	}
	if key == nil {
		return nil, usageError(keyVariable + " is not set: a ledger in DynamoDB needs a key that signs its entries, the same for every replica")
	}
	return opened(dynamodb.Open(ctx, p.settings()))
}

// read opens the ledger for reading, whoever writes it meanwhile.
func (p ledgerPlace) read(ctx context.Context) (storage, error) {
	if !p.shared() {
		return opened(sqlite.OpenReader(ctx, p.file))
	}
	return opened(dynamodb.OpenReader(ctx, p.settings()))
}

// opened keeps a keeper that is nil from becoming a storage that is not.
func opened[K storage](keeper K, err error) (storage, error) {
	if err != nil {
		return nil, err
	}
	return keeper, nil
}

// ledgerKey is the key that signs entries; nil where none is set.
func ledgerKey(around surroundings) (ledger.Key, error) {
	key, err := secret(around.getenv, keyVariable)
	if err != nil || key == "" {
		return nil, err
	}
	return ledger.Key(key), nil
}
