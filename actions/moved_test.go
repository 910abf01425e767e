package actions

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"ecsbot/actions/ledger"
)

func TestWhoCameIntoAGroupAndWhoWentIsWrittenDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := guardedWorld(t)
		w.runner.Moved("S0NOTHING", []string{"BOB"}, nil)
		for _, group := range []string{"S0SRE", "S0APPROVERS", "S0ONCALL", "S0READERS", "S0LEAVING"} { // each gives or takes something
			w.runner.Moved(group, []string{"BOB", "BEA"}, []string{"ANN"})
		}
		w.runner.Moved("S0SRE", nil, []string{"ANN"})
		if got := w.fleet.forgotten; len(got) != 6 || got[0] != "ANN" { // credentials that were kept for whoever went
			t.Errorf("credentials dropped of %v", got)
		}
		entries := w.all()
		if len(entries) != 6 {
			t.Fatalf("%d entries", len(entries))
		}
		if entry := entries[0]; entry.Event != ledger.Read || entry.Action != "membership" || entry.Arguments["group"] != "S0SRE" || entry.Result != "S0SRE came: BOB BEA; went: ANN" || entry.Operation == "" {
			t.Errorf("entry %+v", entry)
		}
		if got := entries[5].Result; got != "S0SRE went: ANN" {
			t.Errorf("result %s", got)
		}
		w.stream.Close(t.Context())
		w.runner.Moved("S0SRE", nil, []string{"ANN"})
		if !w.notes.has("a change of membership is not recorded", "S0SRE") {
			t.Error("nothing is logged")
		}
	})
}

// TestANewReadingOfTheConfigurationIsWrittenDown, taken over or not; secrets in it are not.
func TestANewReadingOfTheConfigurationIsWrittenDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.runner.Redact = func(text string) string { return strings.ReplaceAll(text, "hunter2", "***") }
		w.runner.Reread(errors.New("ecsbot.yaml:3: unknown key\n\"hunter2\"" + strings.Repeat("x", 400)))
		if entry := w.newest(); entry.Event != ledger.Refused || entry.Action != "configuration" || entry.Result != "" || entry.Operation == "" ||
			!strings.HasPrefix(entry.Reason, `parse: it stays as it was: ecsbot.yaml:3: unknown key "***"xxx`) || len([]rune(entry.Reason)) > 340 {
			t.Errorf("entry %+v", entry)
		}
		w.runner.Reread(nil)
		if entry := w.newest(); entry.Event != ledger.Read || entry.Action != "configuration" || entry.Result != "read again" || entry.Reason != "" {
			t.Errorf("entry %+v", entry)
		}
		if w.notes.has("is not recorded") {
			t.Errorf("log %q", w.notes.lines)
		}
		w.runner.Ledger = recordless{w.stream}
		if w.runner.Reread(nil); !w.notes.has("a new reading of the configuration is not recorded") {
			t.Errorf("log %q", w.notes.lines)
		}
	})
}
