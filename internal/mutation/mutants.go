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
	switched   wrapping // how it is switched on in a program that holds all of them
}

// wrapping is how a mistake is built in beside what stands there.
type wrapping int

// The wrappings. Arithmetic has none, since its type is not known: it is built by itself.
const (
	byItself  wrapping = iota
	question           // a boolean that is another one
	statement          // something that is not done
	branch             // another way out of a loop
)

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
	ast.PreorderStack(parsed, nil, r.visit)
	return r.found, nil
}

func (r *reader) visit(node ast.Node, above []ast.Node) bool {
	switch node := node.(type) {
	case *ast.GenDecl:
		return node.Tok == token.VAR // a constant asks nothing
	case *ast.IfStmt:
		r.condition(node.Cond)
	case *ast.SwitchStmt:
		r.cases(node)
	case *ast.ReturnStmt:
		for _, each := range node.Results {
			r.result(each)
		}
	case *ast.BinaryExpr:
		r.operator(node)
	case *ast.BranchStmt:
		if other := map[token.Token]string{token.BREAK: "continue", token.CONTINUE: "break"}[node.Tok]; other != "" && node.Label == nil {
			r.replace(node, other, branch)
		}
	case *ast.ExprStmt, *ast.DeferStmt, *ast.IncDecStmt:
		r.replace(node, "{}", stands(node, above))
	case *ast.AssignStmt:
		if node.Tok != token.DEFINE {
			r.replace(node, "_ = 0", stands(node, above))
		}
	}
	return true
}

// stands says how a statement can be left out: by a condition around it, where one may stand.
func stands(node ast.Node, above []ast.Node) wrapping {
	if call, isExpression := node.(*ast.ExprStmt); isExpression && isPanic(call.X) { // what ends a function has to stay its end
		return byItself
	}
	switch block := above[len(above)-1].(type) {
	case *ast.BlockStmt, *ast.CaseClause:
		return statement
	case *ast.CommClause:
		if block.Comm != node {
			return statement
		}
	}
	return byItself
}

func isPanic(expression ast.Expr) bool {
	call, isCall := expression.(*ast.CallExpr)
	if !isCall {
		return false
	}
	name, isName := call.Fun.(*ast.Ident)
	return isName && name.Name == "panic"
}

func (r *reader) cases(node *ast.SwitchStmt) {
	if node.Tag != nil {
		return
	}
	for _, clause := range node.Body.List {
		for _, each := range clause.(*ast.CaseClause).List {
			r.condition(each)
		}
	}
}

// condition leaves a question out, either way.
func (r *reader) condition(node ast.Expr) {
	text := r.text(node)
	r.replace(node, "false && ("+text+")", question)
	r.replace(node, "true || ("+text+")", question)
}

// result turns a boolean that is given back.
func (r *reader) result(node ast.Expr) {
	name, isName := node.(*ast.Ident)
	switch {
	case isName && name.Name == "true":
		r.replace(node, "false", question)
	case isName && name.Name == "false":
		r.replace(node, "true", question)
	}
}

func (r *reader) operator(node *ast.BinaryExpr) {
	left, right := r.text(node.X), r.text(node.Y)
	if node.Op == token.LAND || node.Op == token.LOR {
		r.replace(node, left, question)
		r.replace(node, right, question)
		return
	}
	for _, other := range map[token.Token][]string{
		token.EQL: {"!="}, token.NEQ: {"=="}, token.LSS: {"<="}, token.LEQ: {"<"}, token.GTR: {">="}, token.GEQ: {">"},
	}[node.Op] {
		r.replace(node, left+" "+other+" "+right, question)
	}
	for _, other := range map[token.Token][]string{
		token.ADD: {"-"}, token.SUB: {"+"}, token.MUL: {"/"}, token.QUO: {"*"}, token.AND: {"|"}, token.OR: {"&"},
	}[node.Op] {
		r.replace(node, left+" "+other+" "+right, byItself)
	}
}

func (r *reader) text(node ast.Node) string {
	return string(r.source[r.set.Position(node.Pos()).Offset:r.set.Position(node.End()).Offset])
}

func (r *reader) replace(node ast.Node, by string, switched wrapping) {
	at := r.set.Position(node.Pos())
	r.found = append(r.found, mutant{r.file, at.Line, at.Offset, r.set.Position(node.End()).Offset, r.text(node), by, switched})
}
