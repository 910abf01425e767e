package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What documents cite as proof: tests by their names, scenarios by their files; in the list of what
// shows which statement also by their names, in cells that hold nothing else.
var (
	declaredTest = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Z]\w*)\(`)
	citedTest    = regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w*`)
	scenarioFile = regexp.MustCompile("`([a-z0-9-]+)\\.txtar`")
	proofs       = regexp.MustCompile("^(?:`[\\w-]+`(?:, )?)+$")
	inCode       = regexp.MustCompile("`([a-z0-9-]+)`")
)

// proofsOf are the lists of what shows which statement, each with how many cells of proofs it has at
// least; fewer found would mean that it is not read.
func proofsOf() map[string]int {
	return map[string]int{root + "/docs/authorisation-shown.md": 60, root + "/docs/operations-shown.md": 80, root + "/docs/logs-shown.md": 35}
}

// TestWhatDocumentsCiteIsThere: a test or a scenario that a document names exists.
func TestWhatDocumentsCiteIsThere(t *testing.T) {
	tests, scenarios := declared(t)
	documents, err := filepath.Glob(root + "/docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	documents = append(documents, root+"/ARCHITECTURE.md", root+"/README.md", root+"/SECURITY.md")
	for _, document := range documents {
		content, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range citedTest.FindAllString(string(content), -1) {
			if !tests[name] {
				t.Errorf("%s cites %s, and there is no such test", document, name)
			}
		}
		for _, cited := range scenarioFile.FindAllStringSubmatch(string(content), -1) {
			if !scenarios[cited[1]] {
				t.Errorf("%s cites the scenario %s, and there is none", document, cited[1])
			}
		}
	}
}

// TestTheListsOfWhatShowsWhatCiteScenarios that there are.
func TestTheListsOfWhatShowsWhatCiteScenarios(t *testing.T) {
	_, scenarios := declared(t)
	for list, least := range proofsOf() {
		content, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		found := cells(string(content))
		if len(found) < least {
			t.Errorf("%s: only %d cells of proofs found: this test does not see the list", list, len(found))
		}
		for _, cell := range found {
			for _, cited := range inCode.FindAllStringSubmatch(cell, -1) {
				if !scenarios[cited[1]] {
					t.Errorf("%s cites the scenario %s, and there is none", list, cited[1])
				}
			}
		}
	}
}

// cells are those of a document's tables that hold nothing but proofs.
func cells(document string) []string {
	var found []string
	for line := range strings.Lines(document) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		for cell := range strings.SplitSeq(line, "|") {
			if cell = strings.TrimSpace(cell); proofs.MatchString(cell) {
				found = append(found, cell)
			}
		}
	}
	return found
}

// declared are the tests and the scenarios that there are.
func declared(t *testing.T) (tests, scenarios map[string]bool) {
	t.Helper()
	tests, scenarios = map[string]bool{}, map[string]bool{}
	for _, file := range files(t) {
		if !file.isTest() {
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, file.folder, file.name))
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range declaredTest.FindAllStringSubmatch(string(content), -1) {
			tests[found[1]] = true
		}
	}
	paths, err := filepath.Glob(root + "/cmd/ecsbot/testdata/scenarios/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, path := range paths {
		scenarios[strings.TrimSuffix(filepath.Base(path), ".txtar")] = true
	}
	return tests, scenarios
}
