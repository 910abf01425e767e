package slack_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"ecsbot/internal/sandbox/slack"
)

// bill is a JSON list of so many blocks.
func bill(count int, block string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(block+",", count), ",") + "]"
}

func section(characters int) string {
	return fmt.Sprintf(`{"type":"section","text":{"type":"mrkdwn","text":%q}}`, strings.Repeat("x", characters))
}

func TestTheWebAPIIsAsStrictAsSlack(t *testing.T) {
	w := served(t)
	theirs, err := w.Say("alice", "#ops", "", "a message of alice")
	w.must(err)
	parent := w.bot("chat.postMessage", "channel", "C01OPS", "text", "a parent")["ts"].(string)
	reply := w.bot("chat.postMessage", "channel", "C01OPS", "text", "a reply", "thread_ts", parent)["ts"].(string)
	ephemeral := w.bot("chat.postEphemeral", "channel", "C01OPS", "user", "U0ALICE", "text", "psst")["message_ts"].(string)
	w.must(w.Kick("C02AUDIT"))
	long := strings.Repeat("x", 4001)

	for _, test := range []struct {
		name, method string
		fields       []string
		want         string // the error code; empty if it goes well
	}{
		{"no such method", "chat.whisper", nil, "unknown_method"},
		{"a method of the app token", "apps.connections.open", nil, "not_allowed_token_type"},
		{"a scope that the bot lacks", "files.info", []string{"file", "F0"}, "missing_scope"},
		{"direct messages need their own scope", "conversations.info", []string{"channel", "D0ALICE"}, "missing_scope"},
		{"no channel", "chat.postMessage", []string{"text", "x"}, "invalid_arguments"},
		{"no text", "chat.postMessage", []string{"channel", "C01OPS", "text", "  "}, "no_text"},
		{"no such channel", "chat.postMessage", []string{"channel", "C0NONE", "text", "x"}, "channel_not_found"},
		{"a public channel without the bot", "chat.postMessage", []string{"channel", "C03RANDOM", "text", "x"}, "not_in_channel"},
		{"a private channel without the bot", "chat.postMessage", []string{"channel", "C02AUDIT", "text", "x"}, "channel_not_found"},
		{"a private channel is not even seen", "conversations.info", []string{"channel", "C02AUDIT"}, "channel_not_found"},
		{"a public channel is seen", "conversations.info", []string{"channel", "C03RANDOM"}, ""},
		{"a public channel without the bot has no history", "conversations.history", []string{"channel", "C03RANDOM"}, "not_in_channel"},
		{"a person by ID", "chat.postMessage", []string{"channel", "U0ALICE", "text", "x"}, ""},
		{"a channel by name", "chat.postMessage", []string{"channel", "#ops", "text", "x"}, ""},
		{"a thread of nothing", "chat.postMessage", []string{"channel", "C01OPS", "text", "x", "thread_ts", "1.000001"}, "thread_not_found"},
		{"a thread of a reply", "chat.postMessage", []string{"channel", "C01OPS", "text", "x", "thread_ts", reply}, "thread_not_found"},
		{"text that is long", "chat.postMessage", []string{"channel", "C01OPS", "text", strings.Repeat("x", 50000)}, ""},
		{"blocks that are not JSON", "chat.postMessage", []string{"channel", "C01OPS", "blocks", "[{"}, "invalid_blocks_format"},
		{"blocks that are no list", "chat.postMessage", []string{"channel", "C01OPS", "blocks", "{}"}, "invalid_blocks_format"},
		{"fifty blocks", "chat.postMessage", []string{"channel", "C01OPS", "blocks", bill(50, section(10))}, ""},
		{"more than fifty blocks", "chat.postMessage", []string{"channel", "C01OPS", "blocks", bill(51, section(10))}, "invalid_blocks"},
		{"a section too long", "chat.postMessage", []string{"channel", "C01OPS", "blocks", bill(1, section(3001))}, "invalid_blocks"},
		{"blocks too long together", "chat.postMessage", []string{"channel", "C01OPS", "blocks", bill(5, section(2900))}, "msg_blocks_too_long"},
		{"markdown beside text", "chat.postMessage", []string{"channel", "C01OPS", "text", "x", "markdown_text", "y"}, "markdown_text_conflict"},
		{"metadata without a payload", "chat.postMessage", []string{"channel", "C01OPS", "text", "x", "metadata", `{"event_type":"x"}`}, "invalid_metadata_schema"},
		{"metadata that is too large", "chat.postMessage", []string{"channel", "C01OPS", "text", "x", "metadata", `{"event_type":"x","event_payload":{"x":"` + strings.Repeat("x", 9000) + `"}}`}, "metadata_too_large"},
		{"ephemeral for one who is not there", "chat.postEphemeral", []string{"channel", "C01OPS", "user", "U0EVE", "text", "x"}, "user_not_in_channel"},
		{"ephemeral for nobody", "chat.postEphemeral", []string{"channel", "C01OPS", "text", "x"}, "invalid_arguments"},
		{"an update", "chat.update", []string{"channel", "C01OPS", "ts", parent, "text", "x"}, ""},
		{"an update of 4,001 characters", "chat.update", []string{"channel", "C01OPS", "ts", parent, "text", long}, "msg_too_long"},
		{"an update of another's message", "chat.update", []string{"channel", "C01OPS", "ts", theirs, "text", "x"}, "cant_update_message"},
		{"an update of an ephemeral message", "chat.update", []string{"channel", "C01OPS", "ts", ephemeral, "text", "x"}, "message_not_found"},
		{"an update of nothing", "chat.update", []string{"channel", "C01OPS", "ts", "1.000001", "text", "x"}, "message_not_found"},
		{"a deletion of another's message", "chat.delete", []string{"channel", "C01OPS", "ts", theirs}, "cant_delete_message"},
		{"a permalink", "chat.getPermalink", []string{"channel", "C01OPS", "message_ts", parent}, ""},
		{"no such person", "users.info", []string{"user", "U0NONE"}, "user_not_found"},
		{"no such group", "usergroups.users.list", []string{"usergroup", "S0NONE"}, "no_such_subteam"},
		{"a limit that is no number", "conversations.history", []string{"channel", "C01OPS", "limit", "many"}, "invalid_limit"},
		{"a cursor from nowhere", "conversations.history", []string{"channel", "C01OPS", "cursor", "bmV4dDox"}, "invalid_cursor"},
		{"a trigger that is none", "views.open", []string{"trigger_id", "x", "view", modal("m")}, "invalid_trigger_id"},
		{"an old trigger", "views.open", []string{"trigger_id", "1.2.3", "view", modal("m")}, "expired_trigger_id"},
		{"no such view", "views.update", []string{"view_id", "V0", "view", modal("m")}, "not_found"},
		{"a title of 25 characters", "views.update", []string{"view_id", "V0", "view", modal(strings.Repeat("x", 25))}, "invalid_arguments"},
		{"a view of 250 KB", "views.update", []string{"view_id", "V0", "view", strings.Replace(modal("m"), `"m"`, `"`+strings.Repeat("x", 250_001)+`"`, 1)}, "view_too_large"},
		{"an empty file", "files.getUploadURLExternal", []string{"filename", "x", "length", "0"}, "invalid_arguments"},
		{"a snippet above 1 MB", "files.getUploadURLExternal", []string{"filename", "x", "length", "1048577", "snippet_type", "text"}, "snippet_too_large"},
		{"an unknown snippet type", "files.getUploadURLExternal", []string{"filename", "x", "length", "1", "snippet_type", "klingon"}, "unknown_snippet_type"},
		{"a file that was not uploaded", "files.completeUploadExternal", []string{"files", `[{"id":"F0"}]`}, "file_not_found"},
		{"a deletion of no file", "files.delete", []string{"file", "F0"}, "file_not_found"},
		{"a deletion of nothing", "files.delete", nil, "invalid_arguments"},
		{"a conversation with oneself", "conversations.open", []string{"users", "U0ECSBOT"}, "cannot_dm_bot"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := w.bot(test.method, test.fields...)
			if got, _ := out["error"].(string); got != test.want {
				t.Errorf("%s: %v, want %q", test.method, out, test.want)
			}
			if out["ok"] != (test.want == "") {
				t.Errorf("ok is %v", out["ok"])
			}
		})
	}
}

func modal(title string) string {
	return fmt.Sprintf(`{"type":"modal","title":{"type":"plain_text","text":%q},"blocks":[{"type":"divider"}]}`, title)
}

func TestTokensAreJudged(t *testing.T) {
	w := served(t)
	for token, want := range map[string]string{"": "not_authed", "xoxb-" + "other": "invalid_auth", slack.AppToken: "not_allowed_token_type"} {
		if out := w.call("auth.test", token); out["error"] != want {
			t.Errorf("token %q: %v, want %s", token, out, want)
		}
	}
	out := w.bot("team.info")
	if out["needed"] != "team:read" || !strings.HasPrefix(out["provided"].(string), "commands,chat:write") {
		t.Errorf("missing_scope says %v", out)
	}
	if out := w.call("auth.test", "", "token", slack.BotToken); out["user_id"] != "U0ECSBOT" {
		t.Errorf("a token in the form: %v", out)
	}
	for _, call := range w.Calls() {
		if text, _ := json.Marshal(call); strings.Contains(string(text), slack.BotToken) {
			t.Errorf("the token is on record: %s", text)
		}
	}
}

func TestInvalidBlocksSayWhere(t *testing.T) {
	w := served(t)
	out := w.bot("chat.postMessage", "channel", "C01OPS", "blocks", bill(1, section(3001)))
	metadata := out["response_metadata"].(map[string]any)
	want := "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
	if got := fmt.Sprint(metadata["messages"]); got != "["+want+"]" {
		t.Errorf("messages %s, want %s", got, want)
	}
}

func TestReadMethodsTakeNoJSON(t *testing.T) {
	w := served(t)
	for method, want := range map[string]string{"users.info": "invalid_arguments", "chat.postMessage": "<nil>"} {
		body := `{"user":"U0ALICE","channel":"C01OPS","text":"x"}`
		if got := fmt.Sprint(w.postJSON("/slack/api/"+method, body)["error"]); got != want {
			t.Errorf("%s with JSON: %s, want %s", method, got, want)
		}
	}
}

func TestLongTextIsCut(t *testing.T) {
	w := served(t)
	w.bot("chat.postMessage", "channel", "C01OPS", "text", strings.Repeat("é", 40001))
	if got := len([]rune(w.messages("C01OPS", "alice")[0].Text)); got != 40000 {
		t.Errorf("%d characters, want 40,000", got)
	}
}
