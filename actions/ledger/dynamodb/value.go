package dynamodb

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func text(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }

func number(value int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(value, 10)}
}

func list(values []string) types.AttributeValue {
	made := &types.AttributeValueMemberL{}
	for _, value := range values {
		made.Value = append(made.Value, text(value))
	}
	return made
}

// What is missing or of another type reads as the zero value: whatever is made of it does not
// fit the chain.
func textOf(value types.AttributeValue) string {
	if found, ok := value.(*types.AttributeValueMemberS); ok {
		return found.Value
	}
	return ""
}

func numberOf(value types.AttributeValue) int64 {
	found, ok := value.(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	parsed, _ := strconv.ParseInt(found.Value, 10, 64)
	return parsed
}

func listOf(value types.AttributeValue) []string {
	found, ok := value.(*types.AttributeValueMemberL)
	if !ok {
		return nil
	}
	lines := make([]string, 0, len(found.Value))
	for _, one := range found.Value {
		lines = append(lines, textOf(one))
	}
	return lines
}
