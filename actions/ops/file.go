package ops

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"

	"ecsbot/actions"
)

// file brings everything that is kept as a file.
func (r *reading) file(_ context.Context, call actions.Call) (actions.Outcome, error) {
	file, discard := r.kept(call)
	if file == nil {
		return r.nothing("The file could not be written here."), nil
	}
	return actions.Outcome{File: file, Discard: discard, Result: "as file"}, nil
}

// kept is a file of the rows at hand; nil where it cannot be written.
func (r *reading) kept(call actions.Call) (*actions.File, func()) {
	path, err := r.write()
	if err != nil {
		r.notes = append(r.notes, "the file could not be written")
		return nil, nil
	}
	name := fmt.Sprintf("%s-%s.log", call.Service().Environment, call.Service().Name)
	return &actions.File{Title: name, Path: path}, func() { _ = os.Remove(path) }
}

func (r *reading) write() (path string, err error) {
	file, err := os.CreateTemp("", "ecsbot-log-*")
	if err != nil {
		return "", fmt.Errorf("writing a file of lines: %w", err)
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	out := bufio.NewWriter(file)
	for _, each := range r.rows {
		if _, err := fmt.Fprintf(out, "%s %s  %s\n", each.at.UTC().Format("2006-01-02T15:04:05.000Z"), mark(each.task), each.text); err != nil {
			return "", err
		}
	}
	return file.Name(), out.Flush()
}
