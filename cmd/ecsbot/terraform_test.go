package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"ecsbot/internal/config"
)

const terraformFolder = "../../deploy/terraform"

// terraform is the files of deploy/terraform, read as Terraform reads them.
type terraform struct {
	blocks   []*hclsyntax.Block
	declared map[string]bool // var.image, local.iam, aws_iam_role.bot
	scope    *hcl.EvalContext
}

func readTerraform(t *testing.T) *terraform {
	t.Helper()
	paths, err := filepath.Glob(terraformFolder + "/*.tf")
	if err != nil || len(paths) == 0 {
		t.Fatal("no files of Terraform")
	}
	made := &terraform{declared: map[string]bool{}, scope: &hcl.EvalContext{Functions: functions(t), Variables: map[string]cty.Value{}}}
	parser := hclparse.NewParser()
	for _, path := range paths {
		file, wrong := parser.ParseHCLFile(path)
		if wrong.HasErrors() {
			t.Fatal(wrong)
		}
		made.blocks = append(made.blocks, file.Body.(*hclsyntax.Body).Blocks...)
	}
	made.declare(t)
	return made
}

// declare notes what there is, and gives variables their defaults and locals their values.
func (f *terraform) declare(t *testing.T) {
	t.Helper()
	variables, locals := map[string]cty.Value{}, map[string]hclsyntax.Expression{}
	for _, block := range f.blocks {
		switch block.Type {
		case "variable":
			f.declared["var."+block.Labels[0]] = true
			variables[block.Labels[0]] = cty.UnknownVal(cty.DynamicPseudoType)
			if fallback := block.Body.Attributes["default"]; fallback != nil {
				variables[block.Labels[0]] = f.value(t, fallback.Expr)
			}
		case "locals":
			for name, attribute := range block.Body.Attributes {
				f.declared["local."+name] = true
				locals[name] = attribute.Expr
			}
		case "resource":
			f.declared[strings.Join(block.Labels, ".")] = true
		}
	}
	f.scope.Variables["path"] = cty.ObjectVal(map[string]cty.Value{"module": cty.StringVal(terraformFolder)})
	f.scope.Variables["var"] = cty.ObjectVal(variables)
	known := map[string]cty.Value{}
	for len(known) < len(locals) { // each after those that it names
		before := len(known)
		f.scope.Variables["local"] = cty.ObjectVal(known)
		for name, expression := range locals {
			if value, wrong := expression.Value(f.scope); !wrong.HasErrors() {
				known[name] = value
			}
		}
		if len(known) == before {
			t.Fatalf("locals that have no value: %d of %d", len(locals)-before, len(locals))
		}
	}
	f.scope.Variables["local"] = cty.ObjectVal(known)
}

func (f *terraform) value(t *testing.T, expression hclsyntax.Expression) cty.Value {
	t.Helper()
	value, wrong := expression.Value(f.scope)
	if wrong.HasErrors() {
		t.Fatal(wrong)
	}
	return value
}

// functions are those of Terraform's that the files use.
func functions(t *testing.T) map[string]function.Function {
	t.Helper()
	text := func(name string) function.Parameter { return function.Parameter{Name: name, Type: cty.String} }
	file := function.New(&function.Spec{
		Params: []function.Parameter{text("path")}, Type: function.StaticReturnType(cty.String),
		Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
			read, err := os.ReadFile(arguments[0].AsString())
			return cty.StringVal(string(read)), err
		},
	})
	fileset := function.New(&function.Spec{
		Params: []function.Parameter{text("folder"), text("pattern")}, Type: function.StaticReturnType(cty.Set(cty.String)),
		Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
			paths, err := filepath.Glob(filepath.Join(arguments[0].AsString(), arguments[1].AsString()))
			var names []cty.Value
			for _, path := range paths {
				names = append(names, cty.StringVal(filepath.Base(path)))
			}
			return cty.SetVal(names), err
		},
	})
	toset := function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}}, Type: function.StaticReturnType(cty.Set(cty.String)),
		Impl: func(arguments []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.SetVal(arguments[0].AsValueSlice()), nil
		},
	})
	return map[string]function.Function{
		"file": file, "fileset": fileset, "toset": toset, "can": tryfunc.CanFunc, "regex": stdlib.RegexFunc,
		"jsondecode": stdlib.JSONDecodeFunc, "jsonencode": stdlib.JSONEncodeFunc, "merge": stdlib.MergeFunc, "trimsuffix": stdlib.TrimSuffixFunc,
	}
}

// What Terraform makes of the account is what `ecsbot iam` prints for the example: the roles have
// the names that the documents say, each has its trust, and the operator role every document.
func TestTerraformWiresTheGeneratedDocuments(t *testing.T) {
	files := readTerraform(t)
	example, err := config.Load("../../deploy/ecsbot.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ role, arn, trust string }{
		{"bot", example.AWS.Role, "base-trust"}, {"operator", example.Environments["prod"].OperatorRole, "trust"},
	} {
		role := files.resource(t, "aws_iam_role", row.role)
		if name := files.value(t, role.Attributes["name"].Expr).AsString(); !strings.HasSuffix(row.arn, ":role/"+name) {
			t.Errorf("role %s is called %s, and the documents say %s", row.role, name, row.arn)
		}
		if role.Attributes["tags"] != nil {
			t.Errorf("role %s has tags", row.role)
		}
		sameDocument(t, row.trust, files.value(t, role.Attributes["assume_role_policy"].Expr).AsString())
	}
	sameDocument(t, "base", files.value(t, files.resource(t, "aws_iam_policy", "base").Attributes["policy"].Expr).AsString())
	operator := files.resource(t, "aws_iam_policy", "operator")
	var attached []string
	for _, name := range files.value(t, operator.Attributes["for_each"].Expr).AsValueSlice() {
		attached = append(attached, name.AsString())
		files.scope.Variables["each"] = cty.ObjectVal(map[string]cty.Value{"key": name})
		sameDocument(t, name.AsString(), files.value(t, operator.Attributes["policy"].Expr).AsString())
	}
	if want := []string{"fences", "guard", "guard-2", "operator"}; !slices.Equal(attached, want) {
		t.Errorf("the operator role has %v, want %v", attached, want)
	}
}

// sameDocument holds a text against a file of deploy/iam, which another test holds fresh.
func sameDocument(t *testing.T, name, text string) {
	t.Helper()
	want, err := os.ReadFile("../../deploy/iam/" + name + ".json")
	if err != nil || text != string(want) || !json.Valid(want) {
		t.Errorf("%s is not the document that is printed: %v", name, err)
	}
}

func (f *terraform) resource(t *testing.T, kind, name string) *hclsyntax.Body {
	t.Helper()
	for _, block := range f.blocks {
		if block.Type == "resource" && slices.Equal(block.Labels, []string{kind, name}) {
			return block.Body
		}
	}
	t.Fatalf("no resource %s.%s", kind, name)
	return nil
}

// Whatever the files refer to is declared, and what table and task definition are asked for
// stands in their JSON.
func TestTerraformRefersToWhatThereIs(t *testing.T) {
	files := readTerraform(t)
	for _, block := range files.blocks {
		wrong := hclsyntax.VisitAll(block.Body, func(node hclsyntax.Node) hcl.Diagnostics {
			expression, isOne := node.(*hclsyntax.ScopeTraversalExpr)
			if !isOne || len(expression.Traversal) < 2 {
				return nil
			}
			step, isName := expression.Traversal[1].(hcl.TraverseAttr)
			root := expression.Traversal.RootName()
			if !isName || slices.Contains([]string{"path", "each", "attribute", "secret", "volume"}, root) {
				return nil
			}
			if name := root + "." + step.Name; !files.declared[name] {
				t.Errorf("%s: %s is not declared", expression.SrcRange, name)
			}
			if root == "local" {
				files.value(t, expression)
			}
			return nil
		})
		if wrong.HasErrors() {
			t.Error(wrong)
		}
	}
}
