package ops

import (
	"strings"
	"testing"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
)

// said is a list of points as plain text.
func said(points []actions.Text) string {
	var lines []string
	for _, point := range points {
		lines = append(lines, point.Plain())
	}
	return strings.Join(lines, "\n")
}

func TestEveryDifferenceIsToldByName(t *testing.T) {
	before := fleet.Definition{
		Family: "api", Number: 1, CPU: "256", Memory: "512", TaskRole: "arn:aws:iam::111122223333:role/ecs/staging/api",
		Rest: map[string]fleet.Mark{"volumes": 1},
		Containers: []fleet.ContainerDefinition{
			{
				Name: "api", Image: "api:1", Variables: map[string]fleet.Mark{"LEVEL": 1, "GONE": 2, "SAME": 3},
				Secrets: map[string]fleet.Mark{"PASSWORD": 1}, Rest: map[string]fleet.Mark{"command": 1},
			},
			{Name: "old", Image: "old:1"},
		},
	}
	after := fleet.Definition{
		Family: "api", Number: 2, CPU: "512", Memory: "512", TaskRole: "arn:aws:iam::111122223333:role/ecs/staging/api2",
		Rest: map[string]fleet.Mark{"volumes": 2},
		Containers: []fleet.ContainerDefinition{
			{
				Name: "api", Image: "api:2", Memory: "64", Variables: map[string]fleet.Mark{"LEVEL": 9, "NEW": 4, "SAME": 3},
				Secrets: map[string]fleet.Mark{"PASSWORD": 1, "KEY": 2}, Rest: map[string]fleet.Mark{"command": 5},
			},
			{Name: "new", Image: "new:1"},
		},
	}
	want := `Task CPU: 256 → 512
Task role: ecs/staging/api → ecs/staging/api2
The task settings changed: volumes
api image: api:1 → api:2
api memory: none → 64
api environment added: NEW
api environment removed: GONE
api environment changed: LEVEL
api secrets added: KEY
api settings changed: command
new: new container, new:1
old: container removed`
	if got := said(differences(before, after)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := said(differences(before, before)); got != "" {
		t.Errorf("of a revision and itself: %s", got)
	}
}

func TestRevisionsAreNumbersWithOrWithoutTheirFamily(t *testing.T) {
	for text, want := range map[string]revision{
		"42": {"", 42}, "api:42": {"api", 42}, "arn:aws:ecs:eu-west-1:111122223333:task-definition/api:42": {"api", 42},
	} {
		if got, err := readRevision(text); err != nil || got != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "+3", "latest", "api:", ":3", "1e3", "٣", "99999999999999999999"} {
		if got, err := readRevision(text); err == nil {
			t.Errorf("%q is %v, want an error", text, got)
		}
	}
}
