package ops

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// spool keeps rows on disk, packed, until it is known what of them becomes the file: one file
// for each stretch of time, in which the newest piece comes first.
type spool struct {
	room      int64 // bytes in the file
	mutex     sync.Mutex
	stretches map[int]*stretch
}

// stretch is one stretch of time, as far as it was read.
type stretch struct {
	file   *os.File
	packer *gzip.Writer
	pieces []piece // the newest first
	size   int64   // on disk
	isFull bool
}

// piece is some rows in a row, packed by themselves: such pieces in a row are one packed file.
type piece struct {
	at, size int64 // in the stretch's file
	plain    int64 // bytes, unpacked
	rows     int
	hidden   int // secrets in them
	first    time.Time
}

// put writes rows, oldest first, before those that the stretch has already. It says whether
// there is room for more in the file that all this becomes.
func (s *spool) put(number int, rows []row) (more bool, err error) {
	in, err := s.stretch(number)
	if err != nil {
		return false, err
	}
	added := piece{at: in.size, rows: len(rows), hidden: hiddenIn(rows), first: rows[0].at}
	in.packer.Reset(in.file)
	if added.plain, err = writeRows(in.packer, rows); err != nil {
		return false, fmt.Errorf("writing a file of lines: %w", err)
	}
	if err := in.packer.Close(); err != nil {
		return false, fmt.Errorf("writing a file of lines: %w", err)
	}
	end, err := in.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return false, fmt.Errorf("writing a file of lines: %w", err)
	}
	added.size = end - added.at
	s.mutex.Lock()
	defer s.mutex.Unlock()
	in.pieces, in.size = append(in.pieces, added), end
	in.isFull = s.until(number) >= s.room
	return !in.isFull, nil
}

// until is how much the newest stretches have up to this one. The caller holds the mutex.
func (s *spool) until(number int) (size int64) {
	for each, in := range s.stretches {
		if each <= number {
			size += in.size
		}
	}
	return size
}

func (s *spool) stretch(number int) (*stretch, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if known := s.stretches[number]; known != nil {
		return known, nil
	}
	file, err := unseen("ecsbot-lines-*")
	if err != nil {
		return nil, err
	}
	packer, err := gzip.NewWriterLevel(file, gzip.BestSpeed)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if s.stretches == nil {
		s.stretches = map[int]*stretch{}
	}
	s.stretches[number] = &stretch{file: file, packer: packer}
	return s.stretches[number], nil
}

// unseen is a file that nobody else sees, and that is gone with its last use.
func unseen(name string) (*os.File, error) {
	file, err := os.CreateTemp("", name)
	if err != nil {
		return nil, fmt.Errorf("writing a file of lines: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("writing a file of lines: %w", err), file.Close())
	}
	return file, nil
}

func (s *spool) close() {
	for _, each := range s.stretches {
		_ = each.file.Close() // it has no name any more
	}
}

// cutting are the newest pieces that fit a file, the oldest first, and whether any were left out.
type cutting struct {
	pieces []placed
	size   int64
	plain  int64
	rows   int
	hidden int // secrets
	isCut  bool
}

type placed struct {
	piece
	in *stretch
}

// choose takes pieces from the newest back, as long as nothing is missing between them.
// Of all stretches, the newest are whole: read to their beginnings.
func (s *spool) choose(stretches, whole int) (taken cutting) {
	for number := 0; number < stretches && !taken.isCut; number++ {
		in := s.stretches[number]
		if in != nil {
			taken.add(in, s.room)
		}
		taken.isCut = taken.isCut || number >= whole || in != nil && in.isFull
	}
	slices.Reverse(taken.pieces)
	return taken
}

func (c *cutting) add(in *stretch, room int64) {
	for _, each := range in.pieces {
		if c.isCut = c.size+each.size > room; c.isCut {
			return
		}
		c.pieces = append(c.pieces, placed{each, in})
		c.size, c.plain = c.size+each.size, c.plain+each.plain
		c.rows, c.hidden = c.rows+each.rows, c.hidden+each.hidden
	}
}

// copyTo writes the pieces as they are packed, or unpacked.
func (c cutting) copyTo(out io.Writer, unpacked bool) error {
	for _, each := range c.pieces {
		var from io.Reader = io.NewSectionReader(each.in.file, each.at, each.size)
		if unpacked {
			reader, err := gzip.NewReader(from)
			if err != nil {
				return fmt.Errorf("reading lines again: %w", err)
			}
			from = reader
		}
		if _, err := io.Copy(out, from); err != nil {
			return fmt.Errorf("writing a file of lines: %w", err)
		}
	}
	return nil
}
