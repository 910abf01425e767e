package ledger

import (
	"context"
	"encoding/json"
	"fmt"
)

// Copy puts every line of one keeper into another that holds nothing, or the beginning of the
// same stream: what is there is compared first, so that a copy that was cut off is gone on
// with, and nothing is written where anything differs. It returns how many entries it added.
// Sign, where it is not nil, signs lines that no key has signed.
func Copy(ctx context.Context, from LineReader, to Keeper, sign Key) (added int64, err error) {
	for at := int64(0); ; {
		lines, err := from.Read(ctx, at, readSize)
		if err != nil {
			return added, fmt.Errorf("reading the ledger after %d: %w", at, err)
		}
		if lines, err = sign.signed(lines); err != nil {
			return added, err
		}
		there, err := to.Read(ctx, at, max(len(lines), 1))
		if err != nil {
			return added, fmt.Errorf("reading the copy after %d: %w", at, err)
		}
		if err := begins(at, lines, there); err != nil {
			return added, err
		}
		if len(lines) == 0 {
			return added, nil
		}
		if err := putAll(ctx, to, at+int64(len(there)), lines[len(there):]); err != nil {
			return added, err
		}
		added += int64(len(lines) - len(there))
		at += int64(len(lines))
	}
}

// begins is an error where what is there is not how the lines begin.
func begins(after int64, lines, there []string) error {
	for i, line := range there {
		switch number := after + int64(i) + 1; {
		case i >= len(lines):
			return fmt.Errorf("the copy has an entry %d already, and what is copied has not: it is another ledger, or the older of the two", number)
		case line != lines[i]:
			return fmt.Errorf("the copy has another entry %d already: it holds another ledger", number)
		}
	}
	return nil
}

// putAll stores lines in batches that every keeper takes.
func putAll(ctx context.Context, to Keeper, after int64, lines []string) error {
	for len(lines) > 0 {
		count, size := 0, 0
		for count < min(len(lines), copySize) && (count == 0 || size+len(lines[count]) <= batchBytes) {
			size += len(lines[count])
			count++
		}
		if err := to.Put(ctx, after+1, lines[:count]); err != nil {
			return fmt.Errorf("copying entries from %d: %w", after+1, err)
		}
		after, lines = after+int64(count), lines[count:]
	}
	return nil
}

// copySize is how many lines a Put takes.
const copySize = 100

// signed are the lines, those without a MAC with that of the key. Hashes are over everything
// else, so they and the chain stay.
func (k Key) signed(lines []string) ([]string, error) {
	if k == nil {
		return lines, nil
	}
	made := make([]string, 0, len(lines))
	for _, line := range lines {
		entry, err := parse(line, nil)
		if err == nil && entry.MAC == "" {
			line, err = k.signLine(line)
		}
		if err != nil {
			return nil, err
		}
		made = append(made, line)
	}
	return made, nil
}

func (k Key) signLine(line string) (string, error) {
	fields := map[string]any{}
	if err := json.Unmarshal([]byte(line), &fields); err != nil {
		return "", fmt.Errorf("not an entry: %w", err)
	}
	hash := fields["hash"]
	delete(fields, "hash")
	text, err := canonical(fields)
	if err != nil {
		return "", err
	}
	fields["hash"], fields["mac"] = hash, k.sign(text)
	made, err := canonical(fields)
	return string(made), err
}
