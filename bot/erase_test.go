package bot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ecsbot/actions"
)

// replies answers with messages of a thread: the bot's own unless another user is named.
func replies(messages ...string) reaction {
	return says(fmt.Sprintf(`{"ok":true,"messages":[%s],"response_metadata":{"next_cursor":""}}`, strings.Join(messages, ",")))
}

const (
	oldLines  = `{"user":"UBOT","ts":"100.000001","metadata":{"event_type":"ecsbot_lines","event_payload":{"lines":true}}}`
	oldPage   = `{"user":"UBOT","ts":"101.000001","metadata":{"event_type":"ecsbot_card","event_payload":{"operation":"op","lines":true}}}`
	oldFile   = `{"user":"UBOT","ts":"102.000001","files":[{"id":"F1"}]}`
	oldCard   = `{"user":"UBOT","ts":"103.000001","metadata":{"event_type":"ecsbot_card","event_payload":{"operation":"op"}}}`
	oldOthers = `{"user":"U1","ts":"104.000001","files":[{"id":"F2"}]}`
	newLines  = `{"user":"UBOT","ts":"300.500000","metadata":{"event_type":"ecsbot_lines","event_payload":{"lines":true}}}`
	newerFile = `{"user":"UBOT","ts":"400.000001","files":[{"id":"F3"}]}`
)

// eraseAt deletes what stands for 200 seconds of Slack's time.
func eraseAt(t *testing.T, bot running) (time.Time, error) {
	t.Helper()
	time.Sleep(time.Second) // it has learnt who it is
	return bot.Cards().Erase(t.Context(), actions.Where{Channel: "C1", Thread: "99.000001"}, time.Unix(200, 0))
}

// deleted are the messages and files that Slack was asked to delete.
func deleted(bot running) string {
	var names []string
	for _, call := range bot.fake.made("files.delete") {
		names = append(names, call.values.Get("file"))
	}
	for _, call := range bot.fake.made("chat.delete") {
		names = append(names, call.values.Get("ts"))
	}
	return strings.Join(names, " ")
}

func TestOnlyOwnLinesThatAreDueAreDeleted(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		bot.fake.on("conversations.replies", replies(oldLines, oldPage, oldFile, oldCard, oldOthers, newerFile, newLines))
		bot.fake.on("chat.delete", says(`{"ok":true,"channel":"C1","ts":"1"}`))
		bot.fake.on("files.delete", says(`{"ok":true}`))
		left, err := eraseAt(t, bot)
		if err != nil || !left.Equal(time.UnixMicro(300_500_000)) {
			t.Errorf("left %v, %v", left, err)
		}
		if got := deleted(bot); got != "F1 100.000001 101.000001 102.000001" {
			t.Errorf("deleted %s", got)
		}
	})
}

func TestWhatIsGoneAlreadyNeedsNoDeleting(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		bot.fake.on("conversations.replies", replies(oldLines, oldFile))
		bot.fake.on("chat.delete", refuses("message_not_found"))
		bot.fake.on("files.delete", refuses("file_deleted"))
		if left, err := eraseAt(t, bot); err != nil || !left.IsZero() || deleted(bot) != "F1 100.000001 102.000001" {
			t.Errorf("left %v, %v, deleted %s", left, err, deleted(bot))
		}
		bot.fake.on("conversations.replies", refuses("thread_not_found"))
		if left, err := eraseAt(t, bot); err != nil || !left.IsZero() {
			t.Errorf("of a thread that is gone: left %v, %v", left, err)
		}
	})
}

// One file that nobody may delete keeps no other.
func TestWhatStaysKeepsNoOther(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		bot.fake.on("conversations.replies", replies(oldFile, oldLines))
		bot.fake.on("chat.delete", says(`{"ok":true}`))
		bot.fake.on("files.delete", refuses("cant_delete_file"))
		if _, err := eraseAt(t, bot); err == nil || len(bot.fake.made("chat.delete")) != 1 {
			t.Errorf("%v, deleted %s", err, deleted(bot))
		}
	})
}

func TestWhatSlackDoesNotDeleteIsAnError(t *testing.T) {
	for name, prepare := range map[string]func(*fakeSlack){
		"a thread":  func(f *fakeSlack) { f.on("conversations.replies", refuses("channel_not_found")) },
		"a message": func(f *fakeSlack) { f.on("chat.delete", refuses("cant_delete_message")) },
		"a file":    func(f *fakeSlack) { f.on("files.delete", refuses("cant_delete_file")) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, nil, func(t *testing.T, bot running) {
				bot.fake.on("conversations.replies", replies(oldFile))
				bot.fake.on("chat.delete", says(`{"ok":true}`))
				bot.fake.on("files.delete", says(`{"ok":true}`))
				prepare(bot.fake)
				if left, err := eraseAt(t, bot); err == nil {
					t.Errorf("left %v", left)
				}
				if name == "a file" && len(bot.fake.made("chat.delete")) > 0 {
					t.Error("the message of a file that stays is deleted: nobody would find it again")
				}
			})
		})
	}
}
