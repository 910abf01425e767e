package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions"
	"ecsbot/authz"
)

func alice() authz.Actor { return authz.Actor{Team: "T1", User: "U1"} }

func TestCardIsPostedWithMetadata(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		card, err := bot.Cards().Post(t.Context(), actions.Where{Channel: "C1", Thread: "1.1"}, alice(), "op-1", actions.Say(actions.Working, "restarting"))
		if err != nil || card.Channel != "C1" || card.Message == "" {
			t.Fatalf("posted %v, %v", card, err)
		}
		form := bot.fake.made("chat.postMessage")[0].values
		if form.Get("metadata") != `{"event_type":"ecsbot_card","event_payload":{"operation":"op-1"}}` || form.Get("thread_ts") != "1.1" ||
			form.Get("unfurl_links") != "false" || form.Get("blocks") == "" || !strings.Contains(form.Get("text"), "restarting") {
			t.Errorf("posted %v", form)
		}
	})
}

// The likeliest first failure of a new installation: the bot is not a member.
func TestCardGoesToThePersonWhereTheBotMayNotSpeak(t *testing.T) {
	for _, code := range []string{"not_in_channel", "channel_not_found", "is_archived"} {
		t.Run(code, func(t *testing.T) {
			inBubble(t, nil, nil, func(t *testing.T, bot running) {
				time.Sleep(time.Second)
				bot.fake.on("chat.postMessage", inTurn(refuses(code), says(`{"ok":true,"channel":"D1","ts":"2.2"}`)))
				card, err := bot.Cards().Post(t.Context(), actions.Where{Channel: "C1"}, alice(), "op-1", actions.Say(actions.Working, "restarting"))
				if err != nil || card != (actions.Card{Channel: "D1", Message: "2.2"}) {
					t.Fatalf("posted %v, %v", card, err)
				}
				if err := edited(t.Context(), bot.Cards(), card, actions.Say(actions.Good, "done")); err != nil {
					t.Fatal(err)
				}
				for _, shown := range []string{bot.fake.made("chat.postMessage")[1].blocks(), bot.fake.made("chat.update")[0].blocks()} {
					if !strings.Contains(shown, "I answer you here") || !strings.Contains(shown, `"channel_id":"C1"`) {
						t.Errorf("the card does not say why it is here: %s", shown)
					}
					if code == "not_in_channel" && !strings.Contains(shown, "/invite @ecsbot") {
						t.Errorf("the card does not say how to invite the bot: %s", shown)
					}
				}
			})
		})
	}
}

// All cards share one budget; a newer state replaces one that waits, and the last one is shown.
func TestEditsKeepTheBudget(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		for number := range 20 {
			card := actions.Card{Channel: "C1", Message: fmt.Sprint(number)}
			go func() {
				for step := range 60 {
					go func() { _ = edited(t.Context(), bot.Cards(), card, actions.Say(actions.Working, "step %v;", step)) }()
					time.Sleep(time.Second)
				}
			}()
		}
		time.Sleep(3 * time.Minute)
		edits := bot.fake.made("chat.update")
		for from := range edits {
			within := 0
			for _, edit := range edits[from:] {
				if edit.at.Sub(edits[from].at) < time.Minute {
					within++
				}
			}
			if within > 50 {
				t.Fatalf("%d edits within a minute", within)
			}
		}
		last := map[string]string{}
		for _, edit := range edits {
			last[edit.values.Get("ts")] = edit.values.Get("text")
		}
		for number := range 20 {
			if text := last[fmt.Sprint(number)]; !strings.Contains(text, "step 59;") {
				t.Errorf("card %d shows %q at last", number, text)
			}
		}
	})
}

func TestChangesOfStateGoFirst(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		for number := range 30 {
			go func() {
				_ = edited(t.Context(), bot.Cards(), actions.Card{Channel: "C1", Message: fmt.Sprint(number)}, actions.Say(actions.Working, "going on"))
			}()
		}
		synctest.Wait()
		began := time.Now()
		if err := edited(t.Context(), bot.Cards(), actions.Card{Channel: "C1", Message: "final"}, actions.Say(actions.Bad, "failed")); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("a failure was shown after %s", took)
		}
	})
}

func TestEditOutlivesTrouble(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		fails := func(_ call, w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) }
		bot.fake.on("chat.update", inTurn(fails, limits("20"), fails, fails, refuses("internal_error"), refuses("msg_blocks_too_long"), says(`{"ok":true}`)))
		began := time.Now()
		card := actions.Card{Channel: "C1", Message: "1.1"}
		if err := edited(t.Context(), bot.Cards(), card, actions.Say(actions.Good, "done")); err != nil {
			t.Fatal(err)
		}
		edits := bot.fake.made("chat.update")
		if len(edits) != 7 || time.Since(began) > 2*time.Minute {
			t.Errorf("%d edits in %s", len(edits), time.Since(began))
		}
		if waited := edits[2].at.Sub(edits[1].at); waited < 20*time.Second {
			t.Errorf("a 429 of 20 s was waited out for %s", waited)
		}
		if edits[6].values.Get("blocks") != "" {
			t.Error("refused blocks were sent again")
		}
	})
}

func TestEditEndsWithItsCaller(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		hang := func(_ call, _ http.ResponseWriter) { time.Sleep(time.Hour) }
		bot.fake.on("chat.update", inTurn(hang, says(`{"ok":true}`)))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		card := actions.Card{Channel: "C1", Message: "1.1"}
		if err := edited(ctx, bot.Cards(), card, actions.Say(actions.Working, "hangs")); err == nil {
			t.Error("an edit that hung was called done")
		}
		if err := edited(t.Context(), bot.Cards(), card, actions.Say(actions.Good, "done")); err != nil {
			t.Error(err)
		}
		bot.fake.on("chat.update", refuses("message_not_found"))
		if err := edited(t.Context(), bot.Cards(), card, actions.Say(actions.Good, "done")); err == nil || !strings.Contains(err.Error(), "message_not_found") {
			t.Errorf("a refused edit was %v", err)
		}
		time.Sleep(time.Hour)
	})
}

func threadOf(bot running, where actions.Where) mentionReply {
	return mentionReply{bot.place(where, "U1")}
}

// inThread opens a thread and shows a page and a file in it.
func inThread(ctx context.Context, t *testing.T, reply actions.Reply, lines int) error {
	t.Helper()
	thread, err := reply.Open(ctx, actions.Say(actions.Plain, "logs"), false)
	if err != nil {
		return err
	}
	if lines <= 40 {
		_, err = thread.Show(ctx, actions.Message{Title: actions.Textf("lines"), Body: []actions.Block{actions.Code{Text: strings.Repeat("a line of <log>\n", lines)}}})
		return err
	}
	path := filepath.Join(t.TempDir(), "lines")
	if err := os.WriteFile(path, []byte(strings.Repeat("a line of <log>\x1b\n", lines)), 0o600); err != nil {
		return err
	}
	return thread.Attach(ctx, actions.File{Title: "staging/api", Path: path, Note: "All of <!channel>."})
}

func TestAPageIsABlockInAThread(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		err := inThread(t.Context(), t, threadOf(bot, actions.Where{Channel: "C1"}), 40)
		posts := bot.fake.made("chat.postMessage")
		if err != nil || len(posts) != 2 || posts[1].values.Get("thread_ts") == "" || !strings.Contains(posts[1].blocks(), "rich_text_preformatted") {
			t.Errorf("posted %v, %v", posts, err)
		}
	})
}

func TestAFileGoesFromDiskAndIsHarmless(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		bot.fake.on("files.getUploadURLExternal", says(`{"ok":true,"upload_url":"http://slack.test/upload/1","file_id":"F1"}`))
		bot.fake.on("files.completeUploadExternal", says(`{"ok":true,"files":[{"id":"F1"}]}`))
		if err := inThread(t.Context(), t, threadOf(bot, actions.Where{Channel: "C1", Thread: "9.9"}), 41); err != nil {
			t.Fatal(err)
		}
		done := bot.fake.made("files.completeUploadExternal")[0].values
		if done.Get("channel_id") != "C1" || done.Get("thread_ts") != "9.9" || done.Get("initial_comment") != "All of &lt;!channel&gt;." {
			t.Errorf("shared by %v", done)
		}
		if sent := bot.fake.made("/upload/1"); len(sent) != 1 || strings.Count(sent[0].body, "a line of <log>␛\n") != 41 {
			t.Errorf("uploaded %v", sent)
		}
	})
}

func TestAFileLosesItsBeginningAndSaysSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines")
	if err := os.WriteFile(path, []byte(strings.Repeat(strings.Repeat("x", 1023)+"\n", actions.FileMost>>10+10)), 0o600); err != nil {
		t.Fatal(err)
	}
	made, err := harmlessOf(actions.File{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer made.close()
	if made.cut != 10<<10 || made.size > actions.FileMost || made.size%1024 != 0 {
		t.Errorf("%d bytes are cut, %d are left", made.cut, made.size)
	}
}

func TestAFileFallsBackToText(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		bot.fake.on("files.getUploadURLExternal", refuses("file_uploads_disabled"))
		err := inThread(t.Context(), t, threadOf(bot, actions.Where{Channel: "C1"}), 500)
		posts := bot.fake.made("chat.postMessage")
		if err != nil || len(posts) != 2 || !strings.Contains(posts[1].blocks(), "Slack did not take the file, so these are its last lines") ||
			strings.Count(posts[1].blocks(), "a line of") != 40 {
			t.Errorf("posted %v, %v", posts, err)
		}
	})
}

func TestThreadWhereTheBotIsNotAMember(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		bot.fake.on("chat.postMessage", inTurn(refuses("not_in_channel"), says(`{"ok":true,"channel":"D1","ts":"5.5"}`)))
		if err := inThread(t.Context(), t, threadOf(bot, actions.Where{Channel: "C1"}), 3); err != nil {
			t.Fatal(err)
		}
		last := bot.fake.made("chat.postMessage")[2].values
		if last.Get("channel") != "D1" || last.Get("thread_ts") != "5.5" {
			t.Errorf("the lines went to %v", last)
		}
	})
}

func TestAuditKeepsOrderPaceAndEveryLine(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		bot.fake.on("chat.postMessage", inTurn(limits("4"), says(`{"ok":true,"channel":"C02AUDIT","ts":"1.1"}`)))
		var entries []actions.AuditEntry
		for number := range 200 {
			entries = append(entries, actions.AuditEntry{
				Seq: int64(number + 1), Hash: fmt.Sprintf("hash%d", number+1),
				Line: actions.Textf("entry-%v; %v asked for %v", number+1, actions.PersonSpan("U1"), actions.Named(strings.Repeat("x", 40))),
			})
		}
		for len(entries) > 0 {
			taken, err := bot.Audit().Post(t.Context(), actions.AuditPage{Ledger: "one", Entries: entries}, always)
			if err != nil || taken < min(10, len(entries)) {
				t.Fatal(taken, err)
			}
			entries = entries[taken:]
		}
		posts := bot.fake.made("chat.postMessage")[1:]
		var all string
		next := 1
		for number, post := range posts {
			all += post.blocks()
			if number > 0 && post.at.Sub(posts[number-1].at) < time.Second {
				t.Error("more than one message a second")
			}
			metadata := post.values.Get("metadata")
			var first, hash, last int
			if _, err := fmt.Sscanf(metadata, `{"event_type":"ecsbot_audit","event_payload":{"first":%d,"hash":"hash%d","last":%d,"ledger":"one"}}`, &first, &hash, &last); err != nil || first != next || hash != last {
				t.Errorf("metadata %s after entry %d: %v", metadata, next-1, err)
			}
			next = last + 1
		}
		for number := range 200 {
			if strings.Count(all, fmt.Sprintf("entry-%d;", number+1)) != 1 {
				t.Errorf("entry %d is shown %d times", number+1, strings.Count(all, fmt.Sprintf("entry-%d;", number+1)))
			}
		}
		if next != 201 {
			t.Errorf("the metadata ends at %d", next-1)
		}
	})
}

func TestAuditLineTooLong(t *testing.T) {
	lines := []actions.Text{actions.Textf("%v", strings.Repeat("ü<", 20000)), actions.Textf("short")}
	blocks, _, taken := auditBlocks(lines, 0)
	if taken != 1 {
		t.Errorf("%d lines taken", taken)
	}
	withinLimits(t, rendered{text: "x", blocks: blocks})
}

func TestAuditRefusalIsAnError(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		bot.fake.on("chat.postMessage", refuses("not_in_channel"))
		if _, err := bot.Audit().Post(t.Context(), actions.AuditPage{Entries: []actions.AuditEntry{{Seq: 1, Line: actions.Textf("x")}}}, always); err == nil {
			t.Error("lost")
		}
	})
}

// A channel may come to be shared after the card was put up: from then on nothing more is said on it.
func TestACardIsNotEditedOnceAnotherCompanyReadsAlong(t *testing.T) {
	inBubble(t, nil, nil, func(t *testing.T, bot running) {
		card, err := bot.Cards().Post(t.Context(), actions.Where{Channel: "C1"}, alice(), "op-1", actions.Say(actions.Working, "restarting"))
		if err != nil {
			t.Fatal(err)
		}
		bot.fake.on("conversations.info", says(`{"ok":true,"channel":{"id":"C1","is_ext_shared":true}}`))
		time.Sleep(roomAge + time.Second)
		if err := edited(t.Context(), bot.Cards(), card, actions.Say(actions.Good, "done")); !errors.Is(err, errShared) {
			t.Errorf("edited with %v", err)
		}
		if edits := len(bot.fake.made("chat.update")); edits != 0 {
			t.Errorf("%d edits", edits)
		}
	})
}
