// Package house holds the repository to its own plan: who may import whom, where outside
// libraries may be used, and how large a file may grow.
package house

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "ecsbot/"

// root is the repository, seen from this package.
const root = "../.."

// mayImport says which of the house's packages each may import, beside those below its own
// folder. A folder that is not named here may import nothing of the house.
var mayImport = map[string][]string{
	"authz":                     {},
	"authz/iam":                 {},
	"internal/redact":           {},
	"actions/fleet":             {},
	"actions/ledger":            {"authz"},
	"actions":                   {"actions/fleet", "actions/ledger", "authz"},
	"actions/ops":               {"actions", "actions/fleet", "actions/ledger", "authz", "internal/redact"},
	"actions/fleet/aws":         {"actions/fleet"},
	"actions/ledger/sqlite":     {"actions/ledger"},
	"actions/ledger/dynamodb":   {"actions/ledger"},
	"actions/ledger/ledgertest": {"actions/ledger"},
	"bot":                       {"actions", "authz"},
	"internal/config":           {"actions", "authz"},
	"internal/policytest":       {"actions", "authz", "internal/config"},
	"internal/mutation":         {},
	"internal/sandbox":          {"authz/iam"},
	"internal/house":            {},
	"internal/chaos":            {"internal/sandbox"},
	"internal/bench":            {"actions/fleet", "actions/fleet/aws", "actions/ledger", "actions/ledger/sqlite", "authz", "internal/sandbox"},
	"cmd/ecsbot": {
		"actions", "actions/fleet", "actions/fleet/aws", "actions/ledger", "actions/ledger/dynamodb", "actions/ledger/sqlite", "actions/ops",
		"authz", "authz/iam", "bot", "internal/config", "internal/policytest", "internal/redact", "internal/sandbox",
	},
}

// onlyIn says where an outside library may be imported by what is not a test or the sandbox.
var onlyIn = map[string][]string{
	"github.com/slack-go/slack":                {"bot"},
	"github.com/aws/aws-sdk-go-v2/service":     {"actions/fleet/aws", "actions/ledger/dynamodb"},
	"github.com/aws/aws-sdk-go-v2/config":      {"actions/fleet/aws", "actions/ledger/dynamodb", "cmd/ecsbot"},
	"github.com/aws/aws-sdk-go-v2/credentials": {"actions/fleet/aws", "actions/ledger/dynamodb", "cmd/ecsbot"},
	"modernc.org/sqlite":                       {"actions/ledger/sqlite"},
	"go.yaml.in/yaml":                          {"internal/config", "internal/policytest"},
}

type file struct {
	folder  string
	name    string
	imports []string
	lines   int
}

func (f file) isTest() bool { return strings.HasSuffix(f.name, "_test.go") }

// files parses the imports of every Go file of the repository, in this process: a test that
// ran `go list` would be served stale from the test cache.
func files(t *testing.T) []file {
	t.Helper()
	var all []file
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && name != root || entry.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		one := file{folder: path.Dir(filepath.ToSlash(relative)), name: path.Base(relative), lines: strings.Count(string(text), "\n")}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			one.imports = append(one.imports, imported)
		}
		all = append(all, one)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("only %d files found: this test does not see the repository", len(all))
	}
	return all
}

// rules finds the entry of the plan for a folder: its own, or that of the nearest above.
func rules(folder string) (owner string, allowed []string, found bool) {
	for owner = folder; owner != "."; owner = path.Dir(owner) {
		if allowed, found = mayImport[owner]; found {
			return owner, allowed, true
		}
	}
	return "", nil, false
}

func TestImportsRunOneWay(t *testing.T) {
	for _, file := range files(t) {
		owner, allowed, found := rules(file.folder)
		if !found {
			t.Errorf("%s is not in the plan", file.folder)
			continue
		}
		for _, imported := range file.imports {
			inside, ours := strings.CutPrefix(imported, module)
			if !ours || file.isTest() {
				continue
			}
			target, _, _ := rules(inside)
			if target != owner && !slices.Contains(allowed, target) {
				t.Errorf("%s/%s imports %s, which %s may not", file.folder, file.name, inside, owner)
			}
		}
	}
}

func TestLibrariesStayWhereTheyBelong(t *testing.T) {
	for _, file := range files(t) {
		if file.isTest() || strings.HasPrefix(file.folder, "internal/sandbox") || strings.HasPrefix(file.folder, "internal/bench") {
			continue
		}
		for _, imported := range file.imports {
			for library, folders := range onlyIn {
				if strings.HasPrefix(imported, library) && !slices.Contains(folders, file.folder) {
					t.Errorf("%s/%s imports %s, which belongs to %v alone", file.folder, file.name, imported, folders)
				}
			}
		}
	}
}

func TestAuthzDoesNoIO(t *testing.T) {
	decides := []string{"cmp", "errors", "fmt", "maps", "slices", "sort", "strings", "time", "unicode"}
	reads := []string{"bytes", "encoding/json", "io", "strconv", "unicode/utf8"} // documents that are in memory
	allowed := map[string][]string{"authz": decides, "authz/iam": append(decides, reads...)}
	for _, file := range files(t) {
		if allowed[file.folder] == nil || file.isTest() {
			continue
		}
		for _, imported := range file.imports {
			if !slices.Contains(allowed[file.folder], imported) {
				t.Errorf("%s/%s imports %s", file.folder, file.name, imported)
			}
		}
	}
}

func TestFilesStaySmall(t *testing.T) {
	const most = 500
	for _, file := range files(t) {
		if file.lines > most {
			t.Errorf("%s/%s has %d lines, more than %d", file.folder, file.name, file.lines, most)
		}
	}
}
