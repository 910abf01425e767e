package actions

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClassesAreWhatActionsDeclare(t *testing.T) {
	run := nothing
	catalog, err := NewCatalog([]Action{
		{Name: "help", Run: run},
		{Name: "restart", Changes: true, AWS: []string{"ecs:UpdateService"}, Run: run},
		{Name: "tasks", Operation: StatusClass, AWS: []string{"ecs:ListTasks"}, Run: run},
		{Name: "logs", AWS: []string{"logs:FilterLogEvents"}, Reads: []string{"ecr:DescribeImages", "ecs:ListTasks"}, Run: run},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Class{
		{Name: "logs", Calls: []string{"logs:FilterLogEvents"}},
		{Name: "restart", Changes: true, Calls: []string{"ecs:UpdateService"}},
		{Name: "status", Calls: append([]string{"ecr:DescribeImages"}, Following()...)},
	}
	if diff := cmp.Diff(want, catalog.Classes()); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
}
