package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// The policy for a table, beside which the example's ledger is a file, is what `ecsbot iam base`
// prints once the ledger is in that table.
func TestTheTablesPolicyIsWhatIsPrintedForALedgerThere(t *testing.T) {
	example, err := os.ReadFile("../../deploy/ecsbot.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(example), "sqlite: ecsbot.db", "dynamodb: {table: ecsbot}", 1)
	file := filepath.Join(t.TempDir(), "ecsbot.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	done := runs(t, nil, "iam", "base", "--config", file)
	printed := statementsAbout(t, "dynamodb:", done.stdout)
	kept, err := os.ReadFile("../../deploy/dynamodb-policy.json")
	if err != nil {
		t.Fatal(err)
	}
	if want := statementsAbout(t, "", string(kept)); len(printed) == 0 || !reflect.DeepEqual(printed, want) {
		t.Errorf("deploy/dynamodb-policy.json has %v, and what is printed is %v", want, printed)
	}
}

// statementsAbout are a document's allowing statements whose calls all begin so.
func statementsAbout(t *testing.T, begin, text string) []any {
	t.Helper()
	var document struct{ Statement []map[string]any }
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&document); err != nil {
		t.Fatal(err)
	}
	var found []any
	for _, statement := range document.Statement {
		calls, isList := statement["Action"].([]any)
		other := func(call any) bool { return !strings.HasPrefix(call.(string), begin) }
		if statement["Effect"] == "Allow" && isList && !slices.ContainsFunc(calls, other) {
			found = append(found, statement)
		}
	}
	return found
}

// taskDefinition is the part of one that says where its container may write.
type taskDefinition struct {
	Volumes              []struct{ Name string }
	ContainerDefinitions []struct {
		User                   string
		ReadonlyRootFilesystem bool
		MountPoints            []struct {
			SourceVolume, ContainerPath string
			ReadOnly                    bool
		}
	}
}

// A log becomes a file on a disk (docs/logs.md), and the bot's own root is read-only: the task
// definition has a volume there, which Terraform makes too, and which belongs to the bot's user
// because the image names it (ECS developer guide, "Use bind mounts": the path of a VOLUME).
func TestTheBotsTaskHasAPlaceForTemporaryFiles(t *testing.T) {
	t.Setenv("TMPDIR", "")
	text, err := os.ReadFile("../../deploy/task-definition.json")
	if err != nil {
		t.Fatal(err)
	}
	var task taskDefinition
	if err := json.Unmarshal(text, &task); err != nil {
		t.Fatal(err)
	}
	var mounted []string
	for _, container := range task.ContainerDefinitions {
		for _, mount := range container.MountPoints {
			if container.ReadonlyRootFilesystem && mount.ContainerPath == os.TempDir() && !mount.ReadOnly {
				mounted = append(mounted, mount.SourceVolume)
			}
		}
	}
	var made []string
	for _, volume := range readTerraform(t).eachOf(t, "aws_ecs_task_definition", "bot", "volume") {
		made = append(made, volume.GetAttr("name").AsString())
	}
	if len(mounted) != 1 || len(task.Volumes) != 1 || task.Volumes[0].Name != mounted[0] || !slices.Equal(made, mounted) {
		t.Errorf("of the volumes %v and Terraform's %v, %v is mounted to be written", task.Volumes, made, mounted)
	}
	image, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(image), "COPY --from=build --chown="+task.ContainerDefinitions[0].User+":")
	if !found || !strings.Contains(after, `VOLUME ["`+os.TempDir()+`"]`) {
		t.Error("the image names no such volume that belongs to the bot's user")
	}
}

// eachOf are the values for which a resource repeats one of its blocks.
func (f *terraform) eachOf(t *testing.T, kind, name, block string) []cty.Value {
	t.Helper()
	for _, each := range f.resource(t, kind, name).Blocks {
		if each.Type == "dynamic" && slices.Equal(each.Labels, []string{block}) {
			return f.value(t, each.Body.Attributes["for_each"].Expr).AsValueSlice()
		}
	}
	t.Fatalf("no blocks %s of %s.%s", block, kind, name)
	return nil
}
