package ops

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
)

// content is what a file has in the end.
func content(t *testing.T, file *actions.File) string {
	t.Helper()
	if file.Path == "" {
		return file.Text
	}
	opened, err := os.Open(file.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	var from io.Reader = opened
	if file.IsPacked {
		if from, err = gzip.NewReader(opened); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAFileOfWhatIsKeptReadsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		aws := &shore{lines: every(45, numbered)}
		r, _ := opened(t, aws, fleet.LogQuery{Lines: 100})
		file := press(t, r, fileButton).File
		if got := content(t, file); strings.Count(got, "\n") != 45 || !strings.Contains(got, "Z aaaaaa  line 44\n") || aws.parts != 0 {
			t.Errorf("after %d parts:\n%s", aws.parts, got)
		}
	})
}

func TestAFileOfAWholeTimeIsInOrderAndWithoutSecrets(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		aws := &shore{lines: every(1500, func(number int) string { return fmt.Sprintf("line %d password=hunter22", number) })}
		r, _ := opened(t, aws, fleet.LogQuery{})
		r.journal.room = 256 << 10
		outcome := press(t, r, fileButton)
		var want strings.Builder
		for _, line := range aws.lines {
			fmt.Fprintf(&want, "%s aaaaaa  %s\n", line.Time.UTC().Format("2006-01-02T15:04:05.000Z"), strings.ReplaceAll(line.Text, "hunter22", "[redacted]"))
		}
		if got := content(t, outcome.File); got != want.String() {
			t.Errorf("%d bytes, want %d", len(got), want.Len())
		}
		if note := outcome.File.Note; !strings.HasPrefix(note, "1500 lines from ") || !strings.Contains(note, "1500 secrets redacted.") || strings.Contains(note, "left out") {
			t.Errorf("note %q", note)
		}
		outcome.Discard()
		if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "*")); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

// Of more than fits into a file as text, a packed file is made.
func TestALargeFileIsPacked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := strings.Repeat("the same again and again ", 8)
		r, _ := opened(t, &shore{lines: every(1100, func(number int) string { return fmt.Sprint(number, " ", long) })}, fleet.LogQuery{})
		outcome := press(t, r, fileButton)
		defer outcome.Discard()
		info, err := os.Stat(outcome.File.Path)
		if err != nil || !outcome.File.IsPacked || !strings.HasSuffix(outcome.File.Title, ".log.gz") || info.Size() > r.journal.room {
			t.Fatalf("%+v, %v", outcome.File, err)
		}
		if got := content(t, outcome.File); strings.Count(got, "\n") != 1100 || int64(len(got)) <= r.journal.room {
			t.Errorf("%d lines, %d bytes", strings.Count(got, "\n"), len(got))
		}
	})
}

// What does not fit even so loses its beginning, and the note says from when on it is there.
func TestAFileThatIsCutSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.NewChaCha8([32]byte{})
		noise := make([]byte, 100)
		lines := every(1200, func(number int) string {
			_, _ = random.Read(noise) // cannot be packed
			return fmt.Sprintf("%d %x", number, noise)
		})
		aws := &shore{lines: lines}
		r, _ := opened(t, aws, fleet.LogQuery{})
		outcome := press(t, r, fileButton)
		defer outcome.Discard()
		got := content(t, outcome.File)
		_, begins, _ := strings.Cut(got[:60], "  ")
		var first int
		if _, err := fmt.Sscan(begins, &first); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(got, "  1199 ") || strings.Count(got, "\n") != 1200-first || first == 0 {
			t.Errorf("%d lines from %d on", strings.Count(got, "\n"), first)
		}
		if want := "from " + clock(lines[first].Time) + " to "; !strings.Contains(outcome.File.Note, want) || !strings.Contains(outcome.File.Note, "More does not fit") {
			t.Errorf("note %q, want %q", outcome.File.Note, want)
		}
		if aws.parts > 14 {
			t.Errorf("%d parts were read after the file was full", aws.parts)
		}
	})
}

func TestAFileThatTakesTooLongHasTheNewestOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		aws := &shore{lines: every(2000, numbered)}
		r, _ := opened(t, aws, fleet.LogQuery{})
		r.journal.room = 1 << 20
		aws.err = fmt.Errorf("read: %w", context.DeadlineExceeded)
		outcome := press(t, r, fileButton)
		defer outcome.Discard()
		if got := content(t, outcome.File); strings.Count(got, "\n") != 1000 || !strings.Contains(outcome.File.Note, "took too long") {
			t.Errorf("%d lines, note %q", strings.Count(got, "\n"), outcome.File.Note)
		}
	})
}

func TestAFileOfTroubleAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		aws := &shore{lines: every(2500, func(number int) string {
			if number%1000 == 7 {
				return fmt.Sprint("ERROR ", number)
			}
			return numbered(number)
		})}
		r, _ := opened(t, aws, fleet.LogQuery{})
		r.only = true
		outcome := press(t, r, fileButton)
		defer outcome.Discard()
		if got := content(t, outcome.File); strings.Count(got, "\n") != 3 {
			t.Errorf("file:\n%s", got)
		}
		aws.lines = every(2500, numbered)
		if none := press(t, r, fileButton); none.File != nil || !strings.Contains(none.Message.Title.Plain(), "nothing to put") {
			t.Errorf("nothing: %+v", none)
		}
	})
}

// A container without any folder to write to shows what is in memory.
func TestWithoutADiskTheFileHasWhatIsInMemory(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	r, _ := opened(t, &shore{lines: every(1500, numbered)}, fleet.LogQuery{})
	file := press(t, r, fileButton).File
	if got := content(t, file); strings.Count(got, "\n") != 1000 || !strings.Contains(file.Note, "could not write to a disk") {
		t.Errorf("%d lines, note %q", strings.Count(got, "\n"), file.Note)
	}
}

func TestOnlyAFewFilesAreMadeAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := opened(t, &shore{lines: every(1500, numbered)}, fleet.LogQuery{})
		for range filesAtOnce {
			r.journal.files <- struct{}{}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Press(ctx, actions.Call{}, fileButton); err == nil {
			t.Error("one more is made")
		}
	})
}
