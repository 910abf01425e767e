// Package dynamodb keeps the ledger in one DynamoDB table, for several replicas: an item is a
// batch of entries under its first number, put on the condition that it does not exist. There
// are no transactions, and every read is consistent.
package dynamodb

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// How long one try of a call may take, and how often it is tried. A call can be repeated
// without harm: whatever writes carries a mark by which it is known again.
const (
	tryTimeout = 3 * time.Second
	tries      = 3
)

// The table's attributes. kind and number are its keys; deploy/dynamodb-table.json defines it.
const (
	attributeKind   = "kind"   // entries, or the name of something beside the stream
	attributeNumber = "number" // of a batch: its first entry's
	attributeLast   = "last"
	attributeLines  = "lines"
	attributeMark   = "mark" // of the one call that wrote the item
	attributeHolder = "holder"
	attributeBeat   = "beat"
	attributeSeq    = "seq"
	attributeText   = "text" // a part of a checkpoint
)

// The kinds of items.
const (
	kindEntries = "entries"
	kindLease   = "lease/"
	kindCursor  = "cursor/"
	kindProbe   = "probe"

	kindCheckpoint = "checkpoint/"
)

// Settings say which table, and how it is reached.
type Settings struct {
	Table  string
	Region string
	Prefix string // of every kind, so that one table can keep several ledgers; usually empty
	HTTP   *http.Client
	// LoadOptions come after the SDK's own chain.
	LoadOptions []func(*awsconfig.LoadOptions) error
}

// Keeper is a ledger in a table.
type Keeper struct {
	settings Settings
	client   *dynamodb.Client

	mutex sync.Mutex // of what follows
	end   int64      // where a batch is known to end: nothing that is put can overlap another
	read  int64      // where the batch ended that was read last
}

// Open opens the ledger for a process that writes it. It proves that the table is there, has
// the right keys, and may be written.
func Open(ctx context.Context, settings Settings) (*Keeper, error) {
	keeper, err := OpenReader(ctx, settings)
	if err != nil {
		return nil, err
	}
	if err := keeper.probe(ctx); err != nil {
		return nil, err
	}
	return keeper, nil
}

// OpenReader opens the ledger for reading.
func OpenReader(ctx context.Context, settings Settings) (*Keeper, error) {
	options := []func(*awsconfig.LoadOptions) error{
		awsconfig.WithRegion(settings.Region), awsconfig.WithRetryMaxAttempts(tries),
		awsconfig.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(tryTimeout)),
	}
	loaded, err := awsconfig.LoadDefaultConfig(ctx, append(options, settings.LoadOptions...)...)
	if err != nil {
		return nil, fmt.Errorf("loading AWS's configuration: %w", err)
	}
	keeper := &Keeper{settings: settings, client: dynamodb.NewFromConfig(loaded, func(options *dynamodb.Options) {
		if settings.HTTP != nil {
			options.HTTPClient = settings.HTTP
		}
	})}
	if _, err := keeper.lookForEnd(ctx); err != nil {
		return nil, keeper.explain("read", err)
	}
	return keeper, nil
}

// probe asks for a write that can never happen: who may not write is told so, and nobody else
// leaves a trace.
func (k *Keeper) probe(ctx context.Context) error {
	_, err := k.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(k.settings.Table), Item: k.key(kindProbe, 0),
		ConditionExpression:      aws.String("attribute_exists(#kind)"),
		ExpressionAttributeNames: map[string]string{"#kind": attributeKind},
	})
	if isConditionFailed(err) {
		return nil
	}
	return k.explain("write to", err)
}

// Close ends the use of the table.
func (k *Keeper) Close() error { return nil }

func (k *Keeper) key(kind string, position int64) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{attributeKind: text(k.settings.Prefix + kind), attributeNumber: number(position)}
}

// get reads one item; nil where there is none.
func (k *Keeper) get(ctx context.Context, kind string, position int64) (map[string]types.AttributeValue, error) {
	found, err := k.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(k.settings.Table), Key: k.key(kind, position), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, err
	}
	return found.Item, nil
}

// newMark is a mark that no other call has.
func newMark() string { return rand.Text() }
