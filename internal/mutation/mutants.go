package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
)

// mutant is one mistake: a piece of a file that is replaced by another.
type mutant struct {
	file       string
	line       int
	start, end int // offsets in the file
	was, is    string
}

// String names the mutant in one line without its number, so that it keeps its name while
// lines move.
func (m mutant) String() string {
	return strings.Join(strings.Fields(fmt.Sprintf("%s: %s → %s", m.file, m.was, m.is)), " ")
}

// reader finds the places of one file at which somebody could make a mistake.
type reader struct {
	file   string
	source []byte
	set    *token.FileSet
	found  []mutant
}

// mutants are all mistakes that can be made in the file, each alone.
func mutants(file string) ([]mutant, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := &reader{file: file, source: source, set: token.NewFileSet()}
	parsed, err := parser.ParseFile(r.set, file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	ast.Inspect(parsed, r.visit)
	return r.found, nil
}

func (r *reader) visit(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.IfStmt:
		r.condition(node.Cond)
	case *ast.SwitchStmt:
		if node.Tag == nil {
			for _, clause := range node.Body.List {
				for _, each := range clause.(*ast.CaseClause).List {
					r.condition(each)
				}
			}
		}
	case *ast.ReturnStmt:
		for _, each := range node.Results {
			r.result(each)
		}
	case *ast.BinaryExpr:
		r.operator(node)
	case *ast.BranchStmt:
		if other := map[token.Token]string{token.BREAK: "continue", token.CONTINUE: "break"}[node.Tok]; other != "" && node.Label == nil {
			r.replace(node, other)
		}
	case *ast.ExprStmt, *ast.DeferStmt, *ast.IncDecStmt:
		r.replace(node, "{}")
	case *ast.AssignStmt:
		if node.Tok != token.DEFINE {
			r.replace(node, "_ = 0")
		}
	}
	return true
}

// condition leaves a question out, either way.
func (r *reader) condition(node ast.Expr) {
	text := r.text(node)
	r.replace(node, "false && ("+text+")")
	r.replace(node, "true || ("+text+")")
}

// result turns a boolean that is given back.
func (r *reader) result(node ast.Expr) {
	name, isName := node.(*ast.Ident)
	switch {
	case isName && name.Name == "true":
		r.replace(node, "false")
	case isName && name.Name == "false":
		r.replace(node, "true")
	}
}

func (r *reader) operator(node *ast.BinaryExpr) {
	left, right := r.text(node.X), r.text(node.Y)
	if node.Op == token.LAND || node.Op == token.LOR {
		r.replace(node, left)
		r.replace(node, right)
		return
	}
	for _, other := range map[token.Token][]string{
		token.EQL: {"!="}, token.NEQ: {"=="}, token.LSS: {"<="}, token.LEQ: {"<"}, token.GTR: {">="}, token.GEQ: {">"},
		token.ADD: {"-"}, token.SUB: {"+"}, token.MUL: {"/"}, token.QUO: {"*"}, token.AND: {"|"}, token.OR: {"&"},
	}[node.Op] {
		r.replace(node, left+" "+other+" "+right)
	}
}

func (r *reader) text(node ast.Node) string {
	return string(r.source[r.set.Position(node.Pos()).Offset:r.set.Position(node.End()).Offset])
}

func (r *reader) replace(node ast.Node, by string) {
	at := r.set.Position(node.Pos())
	r.found = append(r.found, mutant{r.file, at.Line, at.Offset, r.set.Position(node.End()).Offset, r.text(node), by})
}
