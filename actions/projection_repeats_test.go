package actions

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestOnlyWhereNobodyCouldReadTheChannelItSaysSo: neither where what stands there was read and the
// cursor is wrong, nor any more once it could be read.
func TestOnlyWhereNobodyCouldReadTheChannelItSaysSo(t *testing.T) {
	for name, test := range map[string]struct {
		stands            bool // the first of two entries stands there
		before, meanwhile func(*fakeAudit)
	}{
		"the cursor is ahead":                {true, func(f *fakeAudit) { f.cursor = 2 }, func(*fakeAudit) {}},
		"it is beyond the end of the ledger": {false, func(f *fakeAudit) { f.cursor = 100 }, func(*fakeAudit) {}},
		"it can be read again":               {true, func(f *fakeAudit) { f.backErr, f.err = ErrUnreadable, errAway }, func(f *fakeAudit) { f.backErr, f.err = nil, nil }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				audit := &fakeAudit{fits: 20}
				w.says("ALICE", "help")
				if first := w.entries(1)[0]; test.stands {
					audit.messages = []AuditMessage{{First: 1, Mark: AuditMark{Ledger: first.Hash, Seq: 1, Hash: first.Hash}}}
					w.says("ALICE", "status staging api")
					w.entries(2)
				}
				test.before(audit)
				projectTo(w, audit)
				time.Sleep(2 * time.Second) // between two tries
				audit.set(test.meanwhile)
				time.Sleep(time.Minute)
				synctest.Wait()
				audit.mutex.Lock()
				defer audit.mutex.Unlock()
				if len(audit.lines) != 1 || len(audit.notes) > 0 {
					t.Errorf("lines %v, notes %v", audit.lines, audit.notes)
				}
			})
		})
	}
}
