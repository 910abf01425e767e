package dynamodb

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// partSize is how much of a checkpoint one item takes; an item has 400 KB at most
// (DynamoDB developer guide, "Quotas").
const partSize = 300 << 10

// kindHead is of the item that says which checkpoint counts. The parts of each stand under a
// mark of their own, so that none is ever changed.
const (
	kindHead  = kindCheckpoint + "head"
	replacing = 3 // tries at reading while others keep theirs
)

// Checkpoint is what was kept last; nothing where nothing was.
func (k *Keeper) Checkpoint(ctx context.Context) ([]byte, error) {
	for range replacing {
		head, err := k.get(ctx, kindHead, 0)
		if err != nil {
			return nil, fmt.Errorf("reading the checkpoint: %w", k.explain("read", err))
		}
		packed, err := k.parts(ctx, textOf(head[attributeMark]), numberOf(head[attributeLast]))
		if err != nil {
			return nil, fmt.Errorf("reading the checkpoint: %w", k.explain("read", err))
		}
		if packed != nil {
			return unpack(packed)
		}
	}
	return nil, errors.New("reading the checkpoint: its parts are missing")
}

// parts reads the parts of one checkpoint; nil where another has replaced it meanwhile.
func (k *Keeper) parts(ctx context.Context, mark string, count int64) ([]byte, error) {
	packed := []byte{}
	for part := range count {
		item, err := k.get(ctx, kindCheckpoint+mark, part)
		if err != nil {
			return nil, err
		}
		stored, ok := item[attributeText].(*types.AttributeValueMemberB)
		if !ok {
			return nil, nil
		}
		packed = append(packed, stored.Value...)
	}
	return packed, nil
}

// KeepCheckpoint puts the parts, then says that they count, then removes those of the one before.
func (k *Keeper) KeepCheckpoint(ctx context.Context, kept []byte) error {
	packed, err := pack(kept)
	if err != nil {
		return err
	}
	mark, count := newMark(), int64(0)
	for ; len(packed) > 0; count++ {
		item := k.key(kindCheckpoint+mark, count)
		size := min(partSize, len(packed))
		item[attributeText] = &types.AttributeValueMemberB{Value: packed[:size]}
		if _, err := k.put(ctx, item); err != nil {
			return fmt.Errorf("keeping the checkpoint: %w", k.explain("write to", err))
		}
		packed = packed[size:]
	}
	head := k.key(kindHead, 0)
	head[attributeMark], head[attributeLast] = text(mark), number(count)
	before, err := k.put(ctx, head)
	if err != nil {
		return fmt.Errorf("keeping the checkpoint: %w", k.explain("write to", err))
	}
	if replaced := textOf(before[attributeMark]); replaced != mark { // else it is an earlier try of this very call
		return k.removeParts(ctx, replaced, numberOf(before[attributeLast]))
	}
	return nil
}

func (k *Keeper) removeParts(ctx context.Context, mark string, count int64) error {
	for part := range count {
		_, err := k.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String(k.settings.Table), Key: k.key(kindCheckpoint+mark, part)})
		if err != nil {
			return fmt.Errorf("removing the checkpoint before: %w", k.explain("delete from", err))
		}
	}
	return nil
}

// put puts an item whatever was there, and returns that.
func (k *Keeper) put(ctx context.Context, item map[string]types.AttributeValue) (map[string]types.AttributeValue, error) {
	done, err := k.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(k.settings.Table), Item: item, ReturnValues: types.ReturnValueAllOld})
	if err != nil {
		return nil, err
	}
	return done.Attributes, nil
}

func pack(text []byte) ([]byte, error) {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	if _, err := writer.Write(text); err != nil {
		return nil, fmt.Errorf("packing the checkpoint: %w", err)
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("packing the checkpoint: %w", err)
	}
	return packed.Bytes(), nil
}

func unpack(packed []byte) ([]byte, error) {
	if len(packed) == 0 {
		return nil, nil
	}
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpacking the checkpoint: %w", err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		return nil, fmt.Errorf("unpacking the checkpoint: %w", err)
	}
	return text, nil
}
