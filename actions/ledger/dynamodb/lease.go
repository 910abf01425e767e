package dynamodb

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ecsbot/actions/ledger"
)

// Lease is as it was last swapped; the zero value where it never was.
func (k *Keeper) Lease(ctx context.Context, name string) (ledger.Lease, error) {
	item, err := k.get(ctx, kindLease+name, 0)
	if err != nil {
		return ledger.Lease{}, fmt.Errorf("reading lease %s: %w", name, k.explain("read", err))
	}
	return ledger.Lease{Holder: textOf(item[attributeHolder]), Beat: numberOf(item[attributeBeat])}, nil
}

// Swap makes a lease next where it is still was. Nobody's lease is no item.
func (k *Keeper) Swap(ctx context.Context, name string, was, next ledger.Lease) (bool, error) {
	nobody := ledger.Lease{}
	if was == nobody && next == nobody {
		found, err := k.Lease(ctx, name)
		return found == nobody, err
	}
	condition, names, values := "attribute_not_exists(#holder)", map[string]string{"#holder": attributeHolder}, map[string]types.AttributeValue(nil)
	if was != nobody {
		condition = "#holder = :holder AND #beat = :beat"
		names["#beat"] = attributeBeat
		values = map[string]types.AttributeValue{":holder": text(was.Holder), ":beat": number(was.Beat)}
	}
	item, mark := k.key(kindLease+name, 0), newMark()
	var err error
	if next == nobody {
		_, err = k.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: aws.String(k.settings.Table), Key: item,
			ConditionExpression: aws.String(condition), ExpressionAttributeNames: names, ExpressionAttributeValues: values,
		})
	} else {
		item[attributeHolder], item[attributeBeat], item[attributeMark] = text(next.Holder), number(next.Beat), text(mark)
		_, err = k.client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: aws.String(k.settings.Table), Item: item,
			ConditionExpression: aws.String(condition), ExpressionAttributeNames: names, ExpressionAttributeValues: values,
		})
	}
	switch {
	case err == nil:
		return true, nil
	case !isConditionFailed(err):
		return false, fmt.Errorf("swapping lease %s: %w", name, k.explain("write to", err))
	}
	return k.swapped(ctx, name, mark, next)
}

// swapped says whether a swap whose condition failed had been made by an earlier try of the
// same call, whose answer was lost.
func (k *Keeper) swapped(ctx context.Context, name, mark string, next ledger.Lease) (bool, error) {
	if next == (ledger.Lease{}) {
		return false, nil // whether this call or nobody's gave it back: it is not held, and not by the caller
	}
	item, err := k.get(ctx, kindLease+name, 0)
	if err != nil {
		return false, fmt.Errorf("reading lease %s: %w", name, k.explain("read", err))
	}
	return textOf(item[attributeMark]) == mark, nil
}

// Cursor is how far a reader of the stream has come; 0 where it never began.
func (k *Keeper) Cursor(ctx context.Context, name string) (int64, error) {
	item, err := k.get(ctx, kindCursor+name, 0)
	if err != nil {
		return 0, fmt.Errorf("reading cursor %s: %w", name, k.explain("read", err))
	}
	return numberOf(item[attributeSeq]), nil
}

// MoveCursor keeps how far a reader has come; it never moves back.
func (k *Keeper) MoveCursor(ctx context.Context, name string, seq int64) error {
	_, err := k.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(k.settings.Table), Key: k.key(kindCursor+name, 0),
		UpdateExpression: aws.String("SET #seq = :seq"), ConditionExpression: aws.String("attribute_not_exists(#seq) OR #seq < :seq"),
		ExpressionAttributeNames:  map[string]string{"#seq": attributeSeq},
		ExpressionAttributeValues: map[string]types.AttributeValue{":seq": number(seq)},
	})
	if err != nil && !isConditionFailed(err) {
		return fmt.Errorf("moving cursor %s: %w", name, k.explain("write to", err))
	}
	return nil
}
