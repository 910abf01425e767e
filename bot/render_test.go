package bot

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ecsbot/actions"
)

var update = flag.Bool("update", false, "write the golden files anew")

// samples are messages as the core makes them, and as an attacker would like them.
func samples() map[string]actions.Message {
	at := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	hostile := "<!channel> <@U1> <https://evil.example|click> *bold* `code` ```\n@here :bomb: \x00\x1b[31m \u202egnp.exe\u202c zero\u200bwidth & < >"
	return map[string]actions.Message{
		"sentence": actions.Say(actions.Refusal, "You may not %v %v.", actions.Bold("restart"), actions.Named("staging/api")),
		"card": {
			Tone:  actions.Working,
			Title: actions.Textf("Restart %v in %v", actions.Named("api"), actions.Named("staging")),
			Body: []actions.Block{
				actions.Paragraph{Text: actions.Textf("Asked by %v of %v in %v at %v.",
					actions.PersonSpan("U1"), actions.GroupSpan("S1"), actions.ChannelSpan("C1"), actions.MomentSpan(at))},
				actions.Facts{Facts: []actions.Fact{{Name: "Tasks", Value: actions.Textf("2 of 3")}, {Name: "Version", Value: actions.Textf("%v", actions.Named("api:42"))}}},
				actions.List{Points: []actions.Text{actions.Textf("one"), actions.Textf("two")}},
				actions.Code{Text: "task  state\nabc   RUNNING\n"},
				actions.Chart{
					Title: "api: the last hour", Unit: "%", Labels: []string{"09:20", "09:25"}, Words: actions.Textf("CPU: 12% last"),
					Series: []actions.Series{{Name: "CPU", Values: []float64{34.567, 12}}, {Name: "Memory", Values: []float64{50, 50.04}}},
				},
				actions.Note{Text: actions.Textf("Since %v", actions.MomentSpan(at))},
			},
			Buttons: []actions.Button{
				{ID: "approve", Label: "Approve", Value: "op-1", Style: "primary"},
				{ID: "stop", Label: "Stop", Value: "op-1", Style: "danger", Confirm: &actions.Confirm{Title: "Stop it?", Text: "Really?", Yes: "Stop", No: "Keep"}},
			},
		},
		"hostile": {
			Tone:    actions.Bad,
			Title:   actions.Textf("Failed: %v", hostile),
			Body:    []actions.Block{actions.Paragraph{Text: actions.Textf("%v", actions.Named(hostile))}, actions.Code{Text: hostile}, actions.Note{Text: actions.Textf("%v", hostile)}},
			Buttons: []actions.Button{{ID: "older", Label: hostile, Value: "op-1"}},
		},
		"badids": {
			Title: actions.Textf("%v %v %v", actions.PersonSpan("U1><!channel"), actions.GroupSpan("here"), actions.ChannelSpan("")),
		},
		"empty": {},
	}
}

// huge are messages that no Slack takes as they are.
func huge() map[string]actions.Message {
	line := strings.Repeat("lorem <ipsum> & \"dolor\" ", 4)
	many := actions.Message{Title: actions.Textf("many"), Buttons: make([]actions.Button, 40)}
	for number := range many.Buttons {
		many.Buttons[number] = actions.Button{ID: "file", Label: line, Value: "v", Confirm: &actions.Confirm{Title: line + line, Text: strings.Repeat(line, 9), Yes: line, No: line}}
	}
	for range 200 {
		many.Body = append(many.Body, actions.Paragraph{Text: actions.Textf("%v", line)}, actions.Note{Text: actions.Textf("%v", line)})
	}
	facts := actions.Facts{}
	points := actions.List{}
	spans := actions.Text{}
	for range 500 {
		facts.Facts = append(facts.Facts, actions.Fact{Name: line, Value: actions.Textf("%v", actions.Named(line))})
		points.Points = append(points.Points, actions.Textf("%v", line))
		spans = append(spans, actions.Named("a"), actions.PersonSpan("U1"))
	}
	return map[string]actions.Message{
		"many":   many,
		"code":   {Title: actions.Textf("logs"), Body: []actions.Block{actions.Code{Text: strings.Repeat(line+"\n", 3000)}, actions.Note{Text: actions.Textf("end")}}},
		"emoji":  {Title: actions.Textf("%v", strings.Repeat("🔥", 5000)), Body: []actions.Block{actions.Code{Text: strings.Repeat("ü🔥", 20000)}}},
		"facts":  {Title: actions.Textf("facts"), Body: []actions.Block{facts, points}},
		"spans":  {Title: spans, Body: []actions.Block{actions.Paragraph{Text: spans}}},
		"escape": {Title: actions.Textf("%v", strings.Repeat("<&>", 5000)), Body: []actions.Block{actions.Paragraph{Text: actions.Textf("%v", strings.Repeat("&", 9000))}}},
	}
}

func TestRenderGolden(t *testing.T) {
	for name, message := range samples() {
		t.Run(name, func(t *testing.T) {
			shown := render(message)
			withinLimits(t, shown)
			var pretty bytes.Buffer
			encoder := json.NewEncoder(&pretty)
			encoder.SetEscapeHTML(false)
			encoder.SetIndent("", "  ")
			if err := encoder.Encode(map[string]any{"text": shown.text, "blocks": shown.blocks}); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name+".json")
			if *update {
				if err := os.WriteFile(file, pretty.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), pretty.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRenderStaysWithinLimits(t *testing.T) {
	for name, message := range huge() {
		t.Run(name, func(t *testing.T) {
			shown := render(message)
			withinLimits(t, shown)
			encoded, _ := json.Marshal(shown.blocks)
			if !strings.Contains(string(encoded), "Left out") && !strings.Contains(string(encoded), "…") {
				t.Error("nothing says that something was left out")
			}
		})
	}
}

// A page of the ledger has 15 entries, and Slack has room for them.
func TestWhatAuditShowsFitsInOneMessage(t *testing.T) {
	var points []actions.Text
	for range 15 {
		points = append(points, actions.Textf("%v %v %v by %v %v (%v)", actions.MomentSpan(time.Date(2026, 11, 25, 23, 0, 22, 0, time.UTC)), actions.Bold("succeeded"),
			"restart billing in prod", actions.PersonSpan("U0ALICE"), "container=billing image=4.3.0 · break-glass: payments are down", "x6rsq4z6nlv4hpqx"))
	}
	shown := render(actions.Message{Title: actions.Textf("Audit since yesterday"), Body: []actions.Block{actions.List{Points: points}, actions.Note{Text: actions.Textf("There is more.")}}})
	withinLimits(t, shown)
	if encoded, _ := json.Marshal(shown.blocks); strings.Contains(string(encoded), "Left out") || !strings.Contains(string(encoded), "There is more.") {
		t.Errorf("something was left out:\n%s", encoded)
	}
}

func FuzzRender(f *testing.F) {
	for _, message := range samples() {
		f.Add(plain(message.Title))
	}
	f.Fuzz(func(t *testing.T, text string) {
		message := actions.Message{
			Title:   actions.Textf("%v %v", text, actions.Named(text)),
			Body:    []actions.Block{actions.Code{Text: text}, actions.Note{Text: actions.Textf("%v", text)}, actions.Paragraph{Text: actions.Text{actions.PersonSpan(text), actions.Bold(text)}}},
			Buttons: []actions.Button{{ID: "a", Label: text, Value: "v"}},
		}
		withinLimits(t, render(message))
	})
}

// FuzzLine holds that a line of a log is nothing but text, wherever it goes: in a block, in
// the text for notifications, and in a file.
func FuzzLine(f *testing.F) {
	for _, line := range []string{
		"<!channel>", "<@U0ALICE|bob>", "<https://evil.example|log in>", "<#C01OPS>", "&lt;!here&gt;", "```\nout of the block", "<!date^1^{date}^https://x|y>", "@here @channel",
		"\x1b[31mred", "\u202eesrever", "\x00\xff", ":x: *bold* _it_ ~no~ `code`", "<!subteam^S0SRE>", "&amp;lt;!channel&amp;gt;", strings.Repeat("<", 5000), "mailto:a@b <tel:1|2>",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		shown := render(actions.Message{Title: actions.Textf("Last 1 line"), Body: []actions.Block{actions.Code{Text: line}, actions.Note{Text: actions.Textf("%v", line)}}})
		withinLimits(t, shown)
		if strings.ContainsAny(shown.text, "<>") || strings.Contains(strings.NewReplacer("&amp;", "", "&lt;", "", "&gt;", "").Replace(shown.text), "&") {
			t.Errorf("the text has a control sequence: %s", shown.text)
		}
		encoded, err := json.Marshal(shown.blocks)
		if err != nil {
			t.Fatal(err)
		}
		for _, acting := range []string{`"type":"link"`, `"type":"user"`, `"type":"broadcast"`, `"type":"usergroup"`, `"type":"channel"`, `"type":"mrkdwn"`, `"type":"date"`} {
			if strings.Contains(string(encoded), acting) {
				t.Errorf("a line became %s", acting)
			}
		}
		if strings.ContainsFunc(inert(line), isActive) {
			t.Errorf("something acts in %q", inert(line))
		}
	})
}

// withinLimits holds a message against Slack's documented limits.
func withinLimits(t *testing.T, shown rendered) {
	t.Helper()
	if length := utf8.RuneCountInString(shown.text); length == 0 || length > 3000 {
		t.Errorf("the text has %d characters", length)
	}
	if strings.Contains(shown.text, "<") || strings.Contains(shown.text, "@here") {
		t.Errorf("the text can mention: %s", shown.text)
	}
	if len(shown.blocks) > 50 {
		t.Errorf("%d blocks", len(shown.blocks))
	}
	if weight := weigh(shown.blocks); weight > 12_500 {
		t.Errorf("the blocks weigh %d", weight)
	}
	encoded, err := json.Marshal(shown.blocks)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []any
	if err := json.Unmarshal(encoded, &blocks); err != nil {
		t.Fatal(err)
	}
	walk(t, "", blocks)
}

// walk looks at every string of the blocks, and at every object that is limited as a whole.
func walk(t *testing.T, key string, value any) {
	t.Helper()
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			walk(t, key, element)
		}
	case map[string]any:
		checkObject(t, value)
		for key, element := range value {
			walk(t, key, element)
		}
	case string:
		if strings.ContainsFunc(value, isActive) || !utf8.ValidString(value) {
			t.Errorf("%s holds active characters: %q", key, value)
		}
		if key == "text" && (value == "" || utf8.RuneCountInString(escaped(value)) > 3000+len("…")) {
			t.Errorf("a text of %d characters", utf8.RuneCountInString(escaped(value)))
		}
	}
}

func checkObject(t *testing.T, object map[string]any) {
	t.Helper()
	length := func(key string) int {
		inner, _ := object[key].(map[string]any)
		text, _ := inner["text"].(string)
		return utf8.RuneCountInString(text)
	}
	elements, _ := object["elements"].([]any)
	switch object["type"] {
	case "mrkdwn":
		t.Error("markup that Slack would parse")
	case "link", "broadcast":
		t.Errorf("an element that acts: %v", object["type"])
	case "button":
		if length("text") > 75 {
			t.Error("a label is too long")
		}
	case "actions":
		if len(elements) > 25 {
			t.Errorf("%d buttons", len(elements))
		}
	case "rich_text", "rich_text_section", "rich_text_preformatted", "rich_text_list":
		if len(elements) == 0 {
			t.Errorf("an empty %v", object["type"])
		}
	}
	if _, ok := object["deny"]; ok && (length("title") > 100 || length("text") > 300 || length("confirm") > 30 || length("deny") > 30) {
		t.Error("a confirmation is too long")
	}
}

func TestEmptyMessageStillHasText(t *testing.T) {
	if shown := render(actions.Message{}); shown.text == "" {
		t.Error("Slack refuses a message without text")
	}
}

func TestInert(t *testing.T) {
	for given, want := range map[string]string{
		"plain\ttext\r\nnext":   "plain\ttext\nnext",
		"a\u202eb":              "a‹U+202E›b",
		"a\u2066b\u2069":        "a‹U+2066›b‹U+2069›",
		"a\u200fb":              "a‹U+200F›b",
		"a\u200bb\ufeffc\u2060": "abc",
		"a\U000E0041b":          "ab",
		"a\x00\x1bb\x7f":        "a␀␛b␡",
		"a\u0085b":              "a\uFFFDb",
		"a\xffb":                "a\uFFFDb",
		"grüße 🔥":               "grüße 🔥",
	} {
		if got := inert(given); got != want {
			t.Errorf("%q became %q, want %q", given, got, want)
		}
	}
}

func TestUnescapedUndoesOnce(t *testing.T) {
	if got := unescaped("&amp;lt; <@U1|x> &lt;b&gt;"); got != "&lt; <@U1|x> <b>" {
		t.Errorf("got %q", got)
	}
}

func TestCutEscapedKeepsWholeEscapes(t *testing.T) {
	if got := cutEscaped("a&b", 6); got != "a…" {
		t.Errorf("got %q", got)
	}
	if got := cutEscaped("ab", 2); got != "ab" {
		t.Errorf("got %q", got)
	}
}
