package ledger

import "slices"

// lateMost is how many entries are remembered whose writing failed: a write that got no answer
// lands within seconds or never.
const lateMost = 1000

// late is what was put without a clear answer, and may come to be stored yet. It is seen when
// others' entries are read: then it is not written a second time.
type late struct {
	expected map[string]bool // by hash
	come     []step
}

// step is what an entry is about, however often it was tried.
type step struct {
	operation string
	event     Event
}

// expect remembers what failed.
func (l *late) expect(results []decided) {
	if l.expected == nil || len(l.expected) > lateMost {
		l.expected = map[string]bool{}
	}
	for _, result := range results {
		for _, entry := range result.verdict.entries {
			l.expected[entry.Hash] = true
		}
	}
}

// without are the proposals but those records that have come to be stored after all.
func (l *late) without(batch []proposal) []proposal {
	if len(l.come) == 0 {
		return batch
	}
	return slices.DeleteFunc(slices.Clone(batch), func(ask proposal) bool {
		return ask.record != nil && slices.Contains(l.come, step{ask.record.Operation, ask.record.Event})
	})
}

// withoutLate is the same, for records that are counted.
func (s *Stream) withoutLate(batch []proposal) []proposal {
	rest := s.late.without(batch)
	s.records.Add(int64(len(rest) - len(batch)))
	return rest
}

// forget ends it: something else was stored, so nothing from before can be any more.
func (l *late) forget() { l.expected, l.come = nil, nil }

// arrived sees an entry that was read back. One of this process's own gets into the second
// copy now, since nobody knew of it before.
func (s *Stream) arrived(entry Entry) {
	if !s.late.expected[entry.Hash] {
		return
	}
	s.late.come = append(s.late.come, step{entry.Operation, entry.Event})
	if line, err := canonical(entry); err == nil {
		s.copy([]string{string(line)})
	}
}
