package blockkit_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"ecsbot/internal/sandbox/slack/blockkit"
)

func xs(count int) string { return strings.Repeat("x", count) }

func times(count int, item string) string {
	items := make([]string, count)
	for i := range items {
		items[i] = strings.ReplaceAll(item, "#", fmt.Sprint(i))
	}
	return strings.Join(items, ",")
}

func button(rest string) string {
	return `{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"Go"}` + rest + `}]}`
}

func option(text string) string {
	return fmt.Sprintf(`{"text":{"type":"plain_text","text":%q},"value":"v#"}`, text)
}

func menu(rest string) string {
	return `{"type":"section","text":{"type":"mrkdwn","text":"x"},"accessory":{"type":"static_select",` + rest + `}}`
}

func rich(element string) string { return `{"type":"rich_text","elements":[` + element + `]}` }

func chart(chart string) string {
	return `{"type":"data_visualization","title":"CPU","chart":` + chart + `}`
}

func series(count, points int) string {
	return fmt.Sprintf(`{"type":"line","series":[%s],"axis_config":{"categories":[%s]}}`,
		times(count, `{"name":"s#","data":[`+strings.ReplaceAll(times(points, `{"label":"p#","value":1}`), "#", "")+`]}`), times(points, `"p#"`))
}

func TestMessages(t *testing.T) {
	const fine = ""
	for _, test := range []struct{ name, blocks, want string }{
		{"a divider", `{"type":"divider"}`, fine},
		{"no type", `{}`, "unsupported type"},
		{"an unknown block", `{"type":"carpet"}`, "unsupported type: carpet"},
		{"an unknown property", `{"type":"divider","color":"red"}`, "invalid additional property: color"},
		{"a section without text", `{"type":"section"}`, "must define either"},
		{"3,000 characters", `{"type":"section","text":{"type":"mrkdwn","text":"` + xs(3000) + `"}}`, fine},
		{"3,001 characters", `{"type":"section","text":{"type":"mrkdwn","text":"` + xs(3001) + `"}}`, "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"},
		{"no characters", `{"type":"section","text":{"type":"mrkdwn","text":""}}`, "must be more than 0 characters"},
		{"text as a string", `{"type":"section","text":"x"}`, "must be a valid text object"},
		{"emoji in mrkdwn", `{"type":"section","text":{"type":"mrkdwn","text":"x","emoji":true}}`, "invalid additional property: emoji"},
		{"ten fields", `{"type":"section","fields":[` + times(10, `{"type":"mrkdwn","text":"x"}`) + `]}`, fine},
		{"eleven fields", `{"type":"section","fields":[` + times(11, `{"type":"mrkdwn","text":"x"}`) + `]}`, "no more than 10 items allowed"},
		{"a field of 2,001", `{"type":"section","fields":[{"type":"mrkdwn","text":"` + xs(2001) + `"}]}`, "must be less than 2001"},
		{"a header in mrkdwn", `{"type":"header","text":{"type":"mrkdwn","text":"x"}}`, "must be a valid text object"},
		{"a header of 151", `{"type":"header","text":{"type":"plain_text","text":"` + xs(151) + `"}}`, "must be less than 151"},
		{"eleven context elements", `{"type":"context","elements":[` + times(11, `{"type":"mrkdwn","text":"x"}`) + `]}`, "no more than 10"},
		{"a button in a context", `{"type":"context","elements":[{"type":"button","text":{"type":"plain_text","text":"x"}}]}`, "unsupported type: button"},
		{"twenty-six buttons", `{"type":"actions","elements":[` + times(26, `{"type":"button","action_id":"a#","text":{"type":"plain_text","text":"x"}}`) + `]}`, "no more than 25"},
		{"the same action_id twice", `{"type":"actions","elements":[` + times(2, `{"type":"button","action_id":"a","text":{"type":"plain_text","text":"x"}}`) + `]}`, "already exists"},
		{"the same action_id in two blocks", button(`,"action_id":"a"`) + "," + button(`,"action_id":"a"`), fine},
		{"the same block_id twice", `{"type":"divider","block_id":"b"},{"type":"divider","block_id":"b"}`, "already exists"},
		{"a block_id of 256", `{"type":"divider","block_id":"` + xs(256) + `"}`, "must be less than 256"},
		{"a value of 2,001", button(`,"value":"` + xs(2001) + `"`), "must be less than 2001"},
		{"a style", button(`,"style":"loud"`), "valid enum"},
		{"a link", button(`,"url":"https://example.com/x"`), fine},
		{"no link", button(`,"url":"example"`), "invalid url"},
		{"a confirmation", button(`,"confirm":{"title":{"type":"plain_text","text":"x"},"text":{"type":"mrkdwn","text":"x"},"confirm":{"type":"plain_text","text":"x"},"deny":{"type":"plain_text","text":"x"}}`), fine},
		{"a confirmation without deny", button(`,"confirm":{"title":{"type":"plain_text","text":"x"},"text":{"type":"plain_text","text":"x"},"confirm":{"type":"plain_text","text":"x"}}`), "missing required field: deny"},
		{"a confirmation of 301", button(`,"confirm":{"title":{"type":"plain_text","text":"x"},"text":{"type":"plain_text","text":"` + xs(301) + `"},"confirm":{"type":"plain_text","text":"x"},"deny":{"type":"plain_text","text":"x"}}`), "must be less than 301"},
		{"a hundred options", menu(`"options":[` + times(100, option("x")) + `]`), fine},
		{"a hundred and one", menu(`"options":[` + times(101, option("x")) + `]`), "no more than 100"},
		{"an option of 76", menu(`"options":[` + times(1, option(xs(76))) + `]`), "must be less than 76"},
		{"no options", menu(`"placeholder":{"type":"plain_text","text":"x"}`), "must define exactly one of"},
		{"an option that is not offered", menu(`"options":[` + times(1, option("x")) + `],"initial_option":{"text":{"type":"plain_text","text":"y"},"value":"y"}`), "must exactly match"},
		{"six in an overflow", `{"type":"actions","elements":[{"type":"overflow","options":[` + times(6, option("x")) + `]}]}`, "no more than 5"},
		{"eleven radio buttons", `{"type":"actions","elements":[{"type":"radio_buttons","options":[` + times(11, option("x")) + `]}]}`, "no more than 10"},
		{"an image without alt_text", `{"type":"image","image_url":"https://example.com/x.png"}`, "missing required field: alt_text"},
		{"rich text", rich(`{"type":"rich_text_section","elements":[{"type":"text","text":"x","style":{"bold":true}},{"type":"user","user_id":"U0ALICE"},{"type":"emoji","name":"wave"}]}`), fine},
		{"rich text that is preformatted", rich(`{"type":"rich_text_preformatted","elements":[{"type":"text","text":"x"}],"border":0}`), fine},
		{"a person in preformatted text", rich(`{"type":"rich_text_preformatted","elements":[{"type":"user","user_id":"U0ALICE"}]}`), "unsupported type: user"},
		{"empty rich text", rich(`{"type":"rich_text_section","elements":[{"type":"text","text":""}]}`), "must be more than 0"},
		{"a list in rich text", rich(`{"type":"rich_text_list","style":"bullet","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"x"}]}]}`), fine},
		{"a list of a list", rich(`{"type":"rich_text_list","style":"bullet","elements":[{"type":"rich_text_quote","elements":[]}]}`), "must be rich_text_section"},
		{"rich text without a section", rich(`{"type":"text","text":"x"}`), "unsupported type: text"},
		{"a table", `{"type":"table","rows":[[{"type":"raw_text","text":"a"}],[{"type":"raw_text","text":"b"}]],"column_settings":[{"align":"right"},null]}`, fine},
		{"a ragged table", `{"type":"table","rows":[[{"type":"raw_text","text":"a"}],[]]}`, "no fewer than 1 items"},
		{"a table of 101 rows", `{"type":"table","rows":[` + times(101, `[{"type":"raw_text","text":"a"}]`) + `]}`, "no more than 100"},
		{"a table of 21 columns", `{"type":"table","rows":[[` + times(21, `{"type":"raw_text","text":"a"}`) + `]]}`, "no more than 20"},
		{"two tables", times(2, `{"type":"table","rows":[[{"type":"raw_text","text":"a"}]]}`), "only one table"},
		{"a line chart", chart(series(12, 20)), fine},
		{"a line chart of 13", chart(series(13, 2)), "no more than 12"},
		{"a line chart of 21 points", chart(series(1, 21)), "no more than 20"},
		{"a pie of seven", chart(`{"type":"pie","segments":[` + times(7, `{"label":"x","value":1}`) + `]}`), "no more than 6"},
		{"an empty segment", chart(`{"type":"pie","segments":[{"label":"x","value":0}]}`), "greater than 0"},
		{"three charts", times(3, chart(series(1, 1))), "no more than 2"},
		{"markdown", `{"type":"markdown","text":"# x"}`, fine},
		{"markdown of 12,001", `{"type":"markdown","text":"` + xs(6001) + `"},{"type":"markdown","text":"` + xs(6000) + `"}`, "less than 12001"},
		{"fifty-one blocks", times(51, `{"type":"divider"}`), "no more than 50"},
	} {
		t.Run(test.name, func(t *testing.T) {
			expect(t, blockkit.Message(decode(t, "["+test.blocks+"]")), test.want)
		})
	}
}

func TestViews(t *testing.T) {
	const title = `"title":{"type":"plain_text","text":"x"}`
	const input = `{"type":"input","label":{"type":"plain_text","text":"x"},"element":{"type":"plain_text_input"}}`
	for _, test := range []struct{ name, view, want string }{
		{"a modal", `{"type":"modal",` + title + `,"blocks":[]}`, ""},
		{"a hundred blocks", `{"type":"modal",` + title + `,"blocks":[` + times(100, `{"type":"divider"}`) + `]}`, ""},
		{"a hundred and one", `{"type":"home","blocks":[` + times(101, `{"type":"divider"}`) + `]}`, "no more than 100"},
		{"no title", `{"type":"modal","blocks":[]}`, "missing required field: title"},
		{"a title of 25", `{"type":"modal","title":{"type":"plain_text","text":"` + xs(25) + `"},"blocks":[]}`, "less than 25"},
		{"input without submit", `{"type":"modal",` + title + `,"blocks":[` + input + `]}`, "missing required field: submit"},
		{"input with submit", `{"type":"modal",` + title + `,"submit":{"type":"plain_text","text":"x"},"blocks":[` + input + `]}`, ""},
		{"metadata of 3,001", `{"type":"home","private_metadata":"` + xs(3001) + `","blocks":[]}`, "less than 3001"},
		{"a home tab with a title", `{"type":"home",` + title + `,"blocks":[]}`, "invalid additional property: title"},
		{"markdown in a modal", `{"type":"modal",` + title + `,"blocks":[{"type":"markdown","text":"x"}]}`, "unsupported type: markdown"},
		{"a sheet", `{"type":"sheet","blocks":[]}`, "unsupported type: sheet"},
	} {
		t.Run(test.name, func(t *testing.T) { expect(t, blockkit.View(decode(t, test.view)), test.want) })
	}
}

func TestSuggestions(t *testing.T) {
	expect(t, blockkit.Suggestions(decode(t, `{"options":[`+times(100, option("x"))+`]}`)), "")
	expect(t, blockkit.Suggestions(decode(t, `{"options":[`+times(101, option("x"))+`]}`)), "no more than 100")
	expect(t, blockkit.Suggestions(decode(t, `{}`)), "exactly one")
}

func TestTheSizeOfAMessage(t *testing.T) {
	long := func(count int) any {
		return decode(t, `[`+times(count, `{"type":"section","text":{"type":"mrkdwn","text":"`+xs(1270)+`"}}`)+`]`)
	}
	if blockkit.MessageTooLong(long(9)) || !blockkit.MessageTooLong(long(11)) {
		t.Error("the limit is not at 13,200 characters")
	}
}

func expect(t *testing.T, problems []string, want string) {
	t.Helper()
	got := strings.Join(problems, "\n")
	if (want == "") != (got == "") || !strings.Contains(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func decode(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
	return value
}
