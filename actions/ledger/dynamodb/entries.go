package dynamodb

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ecsbot/actions/ledger"
)

// mostLines is how many lines an item has at most, and so how far before a line its item can
// begin.
const mostLines = 100

// lookTimeout is how long finding out may take what became of a write.
const lookTimeout = 3 * time.Second

// Put stores a batch as one item. Batches never overlap and leave no gap, since one is put
// only where another is known to end, and on the condition that nobody put one there.
func (k *Keeper) Put(ctx context.Context, first int64, lines []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	end, err := k.knownEnd(ctx, first-1)
	if err != nil {
		return fmt.Errorf("finding the last entry: %w", err)
	}
	if first <= end {
		return ledger.ErrTaken
	}
	if first > end+1 {
		return fmt.Errorf("entry %d would leave a gap after %d", first, end)
	}
	last, mark := first+int64(len(lines))-1, newMark()
	item := k.key(kindEntries, first)
	item[attributeLast], item[attributeLines], item[attributeMark] = number(last), list(lines), text(mark)
	_, err = k.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(k.settings.Table), Item: item,
		ConditionExpression:      aws.String("attribute_not_exists(#kind)"),
		ExpressionAttributeNames: map[string]string{"#kind": attributeKind},
	})
	if err != nil {
		if err = k.fate(ctx, first, mark, err); err != nil {
			return err
		}
	}
	k.ends(last)
	return nil
}

// fate is what became of a put whose answer was not yes: a cut connection says nothing, and a
// failed condition may be a try of this very call that was stored before.
func (k *Keeper) fate(ctx context.Context, first int64, mark string, cause error) error {
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	stored, err := k.get(look, kindEntries, first)
	switch {
	case err == nil && textOf(stored[attributeMark]) == mark:
		return nil
	case err == nil && stored != nil:
		k.ends(numberOf(stored[attributeLast]))
		return ledger.ErrTaken
	case isConditionFailed(cause):
		return ledger.ErrTaken
	}
	return fmt.Errorf("putting entry %d: %w", first, k.explain("write to", cause))
}

// Read returns at most limit lines with numbers above after, in order.
func (k *Keeper) Read(ctx context.Context, after int64, limit int) ([]string, error) {
	from := after + 1
	if !k.isSeam(after) {
		from = max(1, from-mostLines+1) // the item with the next line may begin before it
	}
	query := k.query(from, int32(min(limit+mostLines, 1000))) //nolint:gosec // at most 1000
	var lines []string
	for {
		found, err := k.client.Query(ctx, query)
		if err != nil {
			return nil, fmt.Errorf("reading entries after %d: %w", after, k.explain("read", err))
		}
		for _, item := range found.Items {
			first, stored := numberOf(item[attributeNumber]), listOf(item[attributeLines])
			lines = append(lines, stored[min(max(0, after+1-first), int64(len(stored))):]...)
			if k.ends(numberOf(item[attributeLast])); len(lines) >= limit {
				return lines[:limit], nil
			}
		}
		if query.ExclusiveStartKey = found.LastEvaluatedKey; query.ExclusiveStartKey == nil {
			return lines, nil
		}
	}
}

// query finds batches that begin at a number or later.
func (k *Keeper) query(from int64, most int32) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName: aws.String(k.settings.Table), ConsistentRead: aws.Bool(true), Limit: aws.Int32(most),
		KeyConditionExpression:    aws.String("#kind = :kind AND #number >= :from"),
		ExpressionAttributeNames:  map[string]string{"#kind": attributeKind, "#number": attributeNumber},
		ExpressionAttributeValues: map[string]types.AttributeValue{":kind": text(k.settings.Prefix + kindEntries), ":from": number(from)},
	}
}

// knownEnd is the end of the last batch, as far as it needs to be known: where it is before
// wanted, the table is asked again.
func (k *Keeper) knownEnd(ctx context.Context, wanted int64) (int64, error) {
	k.mutex.Lock()
	end := k.end
	k.mutex.Unlock()
	if end >= wanted {
		return end, nil
	}
	return k.lookForEnd(ctx)
}

// lookForEnd asks the table for its last batch.
func (k *Keeper) lookForEnd(ctx context.Context) (int64, error) {
	query := k.query(1, 1)
	query.ScanIndexForward = aws.Bool(false)
	found, err := k.client.Query(ctx, query)
	if err != nil {
		return 0, err
	}
	var end int64
	for _, item := range found.Items {
		end = numberOf(item[attributeLast])
	}
	k.ends(end)
	return end, nil
}

// ends remembers where a batch ends. Nothing is ever taken away, so what was the end once is
// the end of a batch for ever.
func (k *Keeper) ends(at int64) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.end, k.read = max(k.end, at), at
}

// isSeam says whether a batch is known to end there, or nothing comes before.
func (k *Keeper) isSeam(at int64) bool {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return at == 0 || at == k.end || at == k.read
}
