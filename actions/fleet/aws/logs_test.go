package aws_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
)

// awslogs is a container that logs to CloudWatch Logs.
func awslogs(name string, options object) object {
	return object{"name": name, "logConfiguration": object{"logDriver": "awslogs", "options": options}}
}

// driven is a container whose log goes elsewhere.
func driven(driver string) object {
	return object{"name": "web", "logConfiguration": object{"logDriver": driver}}
}

func to(group string) object {
	return object{"awslogs-group": group, "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "ecs"}
}

// logging is a wire with so many tasks whose containers are given. Each of the streams has a
// line every second, the newest now.
func logging(tasks int, containers ...object) *wire {
	w := taskList(tasks, "arn:aws:ecs:eu-west-1:111122223333:task-definition/api:7")
	list := w.answers["ListTasks"]
	w.answers["ListTasks"] = func(asked call) (int, any) {
		if asked.body["desiredStatus"] == "STOPPED" {
			return http.StatusOK, object{"taskArns": []string{}}
		}
		return list(asked)
	}
	w.answers["DescribeTaskDefinition"] = always(http.StatusOK, object{"taskDefinition": object{"containerDefinitions": containers}})
	w.answers["FilterLogEvents"] = func(asked call) (int, any) {
		now, events := time.Now().UnixMilli(), []object{}
		for second := 0; len(events) < int(asked.body["limit"].(float64)); second++ {
			for _, stream := range asked.body["logStreamNames"].([]any) {
				at := now - int64(second)*1000
				events = append(events, object{"logStreamName": stream, "timestamp": at, "message": fmt.Sprintf("%s -%ds", stream, second)})
			}
		}
		return http.StatusOK, object{"events": events[:int(asked.body["limit"].(float64))]}
	}
	return w
}

func readLogs(t *testing.T, w *wire, query fleet.LogQuery) (fleet.Lines, error) {
	t.Helper()
	f := newFleet(t, w)
	session, err := f.Assume(t.Context(), reading("logs"))
	if err != nil {
		t.Fatal(err)
	}
	return f.Logs(t.Context(), session, api(), query)
}

func TestLogsAreTheNewestLinesOldestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := logging(2, awslogs("web", to("/ecs/web")), awslogs("side", to("/ecs/side")))
		lines, err := readLogs(t, w, fleet.LogQuery{Lines: 6, From: time.Now().Add(-time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		if lines.Tasks != 2 || len(lines.Notes) != 0 {
			t.Errorf("%d tasks, notes %q", lines.Tasks, lines.Notes)
		}
		var older, newest []string
		for i, line := range lines.Lines {
			from := line.Container + "/" + line.Task
			if !strings.HasPrefix(line.Text, "ecs/"+from) {
				t.Errorf("%s is said to come from %s", line.Text, from)
			}
			if i < 2 {
				older = append(older, line.Text)
			} else {
				newest = append(newest, line.Text)
			}
		}
		slices.Sort(newest)
		if want := "[ecs/side/0000 -0s ecs/side/0001 -0s ecs/web/0000 -0s ecs/web/0001 -0s]"; fmt.Sprint(newest) != want {
			t.Errorf("newest %v, want %v", newest, want)
		}
		if len(older) != 2 || strings.Count(fmt.Sprint(older), "-1s") != 2 {
			t.Errorf("before them %v, want two of the second before", older)
		}
		asked := w.asked("FilterLogEvents")
		if len(asked) != 2 {
			t.Fatalf("%d calls, want one for each group", len(asked))
		}
		body := asked[0].body
		if body["startFromHead"] != false || body["limit"] != 6.0 || body["startTime"] != float64(time.Now().Add(-time.Hour).UnixMilli()) {
			t.Errorf("asked for %v", body)
		}
		streams := fmt.Sprint(asked[0].body["logStreamNames"], asked[1].body["logStreamNames"])
		if !strings.Contains(streams, "[ecs/web/0000 ecs/web/0001]") || !strings.Contains(streams, "[ecs/side/0000 ecs/side/0001]") {
			t.Errorf("streams %s", streams)
		}
	})
}

func TestEachOperationReadsItsOwnPart(t *testing.T) {
	w := logging(1, awslogs("web", to("/ecs/web")))
	if _, err := readLogs(t, w, fleet.LogQuery{}); err != nil {
		t.Fatal(err)
	}
	operation := map[string]string{}
	for i, assumed := range w.asked("AssumeRole") {
		operation[fmt.Sprintf("ASIASANDBOX%d", i+1)] = sessionTags(assumed.form)["Operation"]
	}
	for call, want := range map[string]string{
		"ListTasks": "status", "DescribeTasks": "status", "DescribeTaskDefinition": "status", "FilterLogEvents": "logs",
	} {
		if got := operation[w.asked(call)[0].key]; got != want {
			t.Errorf("%s by credentials for %q, want %q", call, got, want)
		}
	}
}

func TestLogsSayWhatCannotBeReadAndWhatToDo(t *testing.T) {
	for _, row := range []struct {
		says      string
		container object
		note      string
	}{
		{"FireLens", driven("awsfirelens"), "its FireLens container routes it: read it where that sends it"},
		{"Splunk", driven("splunk"), "read it in Splunk"},
		{"json-file", driven("json-file"), "it stays on the container instance: read it there, or change logDriver to awslogs"},
		{"journald", driven("journald"), "it stays in the journal of the container instance"},
		{"a driver of whatever kind", driven("gelf"), "or change logDriver to awslogs"},
		{"no log configuration", object{"name": "web"}, "add the awslogs driver"},
		{"no prefix", awslogs("web", object{"awslogs-group": "/ecs/web"}), "awslogs-stream-prefix"},
		{"no group", awslogs("web", object{"awslogs-stream-prefix": "ecs"}), "awslogs-group"},
	} {
		w := logging(3, row.container)
		lines, err := readLogs(t, w, fleet.LogQuery{})
		if err != nil || len(lines.Notes) != 1 || !strings.Contains(lines.Notes[0], row.note) {
			t.Errorf("%s: notes %q, error %v", row.says, lines.Notes, err)
		}
		if len(w.asked("FilterLogEvents")) != 0 {
			t.Errorf("%s: asked for lines", row.says)
		}
	}
}

func TestLogsOfNoTask(t *testing.T) {
	lines, err := readLogs(t, logging(0), fleet.LogQuery{})
	if err != nil || len(lines.Notes) != 1 || !strings.Contains(lines.Notes[0], "no tasks are running") {
		t.Errorf("notes %q, error %v", lines.Notes, err)
	}
}

func TestLogGroupsThatCannotBeRead(t *testing.T) {
	for _, row := range []struct{ says, code, message, note string }{
		{"missing", "ResourceNotFoundException", "The specified log group does not exist.", "there is no log group /ecs/web in eu-west-1"},
		{"denied, as one without the tag is", "AccessDeniedException", "not authorized", "must have the tag Environment=staging. Whoever keeps the platform can tag it with: " +
			"aws logs tag-resource --region eu-west-1 --resource-arn arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/web --tags Environment=staging"},
	} {
		w := logging(1, awslogs("web", to("/ecs/web")), awslogs("side", to("/ecs/side")))
		good := w.answers["FilterLogEvents"]
		w.answers["FilterLogEvents"] = func(asked call) (int, any) {
			if asked.body["logGroupName"] == "/ecs/web" {
				return 400, failure(row.code, row.message)
			}
			return good(asked)
		}
		lines, err := readLogs(t, w, fleet.LogQuery{Lines: 5})
		if err != nil || len(lines.Notes) != 1 || !strings.Contains(lines.Notes[0], row.note) {
			t.Errorf("%s: notes %q, error %v", row.says, lines.Notes, err)
		}
		if len(lines.Lines) != 5 {
			t.Errorf("%s: %d lines of the other group", row.says, len(lines.Lines))
		}
	}
}

func TestOneStreamThatDoesNotExistYetHidesNoOther(t *testing.T) {
	w := logging(3, awslogs("web", to("/ecs/web")))
	good := w.answers["FilterLogEvents"]
	w.answers["FilterLogEvents"] = func(asked call) (int, any) {
		if slices.Contains(asked.body["logStreamNames"].([]any), any("ecs/web/0001")) {
			return 400, failure("ResourceNotFoundException", "The specified log stream does not exist.")
		}
		return good(asked)
	}
	lines, err := readLogs(t, w, fleet.LogQuery{Lines: 4})
	if err != nil || len(lines.Lines) != 4 {
		t.Errorf("%d lines, error %v", len(lines.Lines), err)
	}
	if len(lines.Notes) != 1 || !strings.Contains(lines.Notes[0], "web of task 0001 has not written a line yet") {
		t.Errorf("notes %q", lines.Notes)
	}
}

func TestEmptyPagesAreFollowedUpToABound(t *testing.T) {
	w := logging(1, awslogs("web", to("/ecs/web")))
	good := w.answers["FilterLogEvents"]
	pages := 0
	w.answers["FilterLogEvents"] = func(asked call) (int, any) {
		if pages++; pages < 5 {
			return http.StatusOK, object{"events": []object{}, "nextToken": fmt.Sprint(pages)}
		}
		return good(asked)
	}
	lines, err := readLogs(t, w, fleet.LogQuery{Lines: 3})
	if err != nil || len(lines.Lines) != 3 || w.asked("FilterLogEvents")[4].body["nextToken"] != "4" {
		t.Errorf("%d lines after %d pages, error %v", len(lines.Lines), pages, err)
	}

	w.answers["FilterLogEvents"] = always(http.StatusOK, object{"nextToken": "more"})
	synctest.Test(t, func(t *testing.T) {
		lines, err = readLogs(t, w, fleet.LogQuery{Lines: 3})
		if err != nil || len(lines.Notes) != 1 || !strings.Contains(lines.Notes[0], "shorter time") {
			t.Errorf("endless pages: notes %q, error %v", lines.Notes, err)
		}
	})
}

func TestSecretsOfTheTaskAreNamedForMasking(t *testing.T) {
	container := awslogs("web", to("/ecs/web"))
	container["environment"] = []object{
		{"name": "DB_PASSWORD", "value": "correct horse"},
		{"name": "apiKey", "value": "made-up-key"},
		{"name": "SENTRY_DSN", "value": "https://made-up"},
		{"name": "AUTH", "value": "short"},
		{"name": "LOG_LEVEL", "value": "information"},
	}
	lines, err := readLogs(t, logging(2, container), fleet.LogQuery{Lines: 1})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"correct horse", "https://made-up", "made-up-key"}; !slices.Equal(lines.Secrets, want) {
		t.Errorf("secrets %q, want %q", lines.Secrets, want)
	}
}

func TestLogsInAnotherRegionAndRevisionsReadOnce(t *testing.T) {
	options := to("/ecs/web")
	options["awslogs-region"] = "us-east-1"
	w := logging(2, awslogs("web", options))
	f := newFleet(t, w)
	session, err := f.Assume(t.Context(), reading("logs"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := f.Logs(t.Context(), session, api(), fleet.LogQuery{Lines: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if region := w.asked("FilterLogEvents")[0].region; region != "us-east-1" {
		t.Errorf("asked in %s", region)
	}
	if read := len(w.asked("DescribeTaskDefinition")); read != 1 {
		t.Errorf("the revision was read %d times", read)
	}
}
