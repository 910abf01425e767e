package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

func isConditionFailed(err error) bool {
	return errors.As(err, new(*types.ConditionalCheckFailedException))
}

// explain says in one line why the table cannot be used.
func (k *Keeper) explain(what string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	table := fmt.Sprintf("the DynamoDB table %s in %s", k.settings.Table, k.settings.Region)
	var refused smithy.APIError
	switch {
	case !errors.As(err, &refused):
		return fmt.Errorf("%s cannot be reached: %w", table, err)
	case refused.ErrorCode() == "ResourceNotFoundException":
		return fmt.Errorf("%s does not exist (docs/ledger.md says how to make it)", table)
	case strings.HasPrefix(refused.ErrorCode(), "AccessDenied"):
		return fmt.Errorf("the credentials may not %s %s (docs/ledger.md names the permissions): %s", what, table, refused.ErrorMessage())
	case refused.ErrorCode() == "ValidationException":
		return fmt.Errorf("%s has not the keys kind (a string) and number (a number) (docs/ledger.md): %s", table, refused.ErrorMessage())
	}
	return fmt.Errorf("to %s %s: %w", what, table, err)
}
