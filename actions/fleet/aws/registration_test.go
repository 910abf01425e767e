package aws

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TestACopyLeavesNothingOut fills every field of a task definition that can be registered, and
// finds each in its registration: a field that the SDK gets later fails this test.
func TestACopyLeavesNothingOut(t *testing.T) {
	of := types.TaskDefinition{}
	filled := reflect.ValueOf(&of).Elem()
	input := reflect.TypeOf(ecs.RegisterTaskDefinitionInput{})
	left := map[string]bool{"Tags": true, "InferenceAccelerators": true, "noSmithyDocumentSerde": true} // the latter AWS has ended
	for index := range input.NumField() {
		name := input.Field(index).Name
		if left[name] {
			continue
		}
		field := filled.FieldByName(name)
		if !field.IsValid() {
			t.Errorf("a task definition has no %s", name)
			continue
		}
		field.Set(nonZero(field.Type()))
	}
	made := reflect.ValueOf(registration(of, []types.Tag{{Key: aws.String("Environment")}, {Key: aws.String("aws:x")}})).Elem()
	for index := range input.NumField() {
		if name := input.Field(index).Name; !left[name] && made.Field(index).IsZero() {
			t.Errorf("the copy leaves out %s", name)
		}
	}
	if tags := made.FieldByName("Tags"); tags.Len() != 1 {
		t.Errorf("%d tags, want the one that is not AWS's own", tags.Len())
	}
}

func nonZero(kind reflect.Type) reflect.Value {
	value := reflect.New(kind).Elem()
	switch kind.Kind() {
	case reflect.Pointer:
		value.Set(reflect.New(kind.Elem()))
	case reflect.Slice:
		value.Set(reflect.MakeSlice(kind, 1, 1))
	case reflect.String:
		value.SetString("x")
	case reflect.Int32:
		value.SetInt(1)
	default:
		panic("a field of kind " + kind.Kind().String())
	}
	return value
}
