package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ecsbot/actions/ledger"
)

// verifyCommand checks the chain, and what is known of it elsewhere.
type verifyCommand struct {
	Config  string
	File    string
	Channel bool
	Anchor  []string
}

func (c *verifyCommand) declare(line *cobra.Command) {
	line.Use, line.Short = "verify", "Check that no entry was changed, removed or moved"
	line.Flags().StringVar(&c.Config, "config", "", "the configuration file")
	line.Flags().StringVar(&c.File, "file", "", "an export")
	line.MarkFlagsMutuallyExclusive("config", "file")
	line.MarkFlagsOneRequired("config", "file")
	line.Flags().BoolVar(&c.Channel, "channel", false, "hold the audit channel against the ledger too; needs --config and Slack's tokens")
	line.Flags().StringArrayVar(&c.Anchor, "anchor", nil, "an entry's number and hash, as `SEQ:HASH`, kept elsewhere: shows an end that was cut off; may be repeated")
}

// Run checks every entry and names the first bad one.
func (c verifyCommand) Run(around surroundings) error {
	if c.Channel && c.File != "" {
		return usageError("--channel goes with --config: an export does not say which channel")
	}
	var proof ledger.Proof
	var err error
	if proof.Key, err = ledgerKey(around); err != nil {
		return err
	}
	if proof.Anchors, err = parseAnchors(c.Anchor); err != nil {
		return err
	}
	signed := 0
	proof.Seen = func(entry ledger.Entry, _ string) error {
		if entry.MAC != "" {
			signed++
		}
		return nil
	}
	end, err := c.verify(around.ctx, proof)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(around.stdout, "%d entries, unbroken; the last hash is %s\n%s\n", end.Seq, end.Hash, signatures(proof.Key, end.Seq, signed))
	if err != nil || !c.Channel {
		return err
	}
	return c.verifyChannel(around, channelCheck{key: proof.Key, head: end.Seq})
}

func (c verifyCommand) verify(ctx context.Context, proof ledger.Proof) (ledger.Anchor, error) {
	if c.File != "" {
		file, err := os.Open(c.File)
		if err != nil {
			return ledger.Anchor{}, fmt.Errorf("opening the export: %w", err)
		}
		defer file.Close()
		return proof.Verify(ctx, newExport(file))
	}
	keeper, err := readLedger(ctx, c.Config)
	if err != nil {
		return ledger.Anchor{}, err
	}
	defer keeper.Close()
	if proof.Checkpoint, err = keeper.Checkpoint(ctx); err != nil {
		return ledger.Anchor{}, err
	}
	return proof.Verify(ctx, keeper)
}

// signatures says what was checked beside the chain.
func signatures(key ledger.Key, entries int64, signed int) string {
	switch {
	case key != nil:
		return "Every entry was signed with the key of " + keyVariable + "."
	case signed == 0:
		return "No entry is signed: whoever can write the ledger can write all of it anew. Compare the last hash with one that is kept elsewhere."
	}
	return fmt.Sprintf("%d of %d entries are signed; %s is not set, so that was not checked.", signed, entries, keyVariable)
}

// parseAnchors reads SEQ:HASH.
func parseAnchors(texts []string) ([]ledger.Anchor, error) {
	var anchors []ledger.Anchor
	for _, text := range texts {
		number, hash, found := strings.Cut(text, ":")
		seq, err := strconv.ParseInt(number, 10, 64)
		if !found || err != nil || seq < 1 || len(hash) != len(ledger.Genesis()) {
			return nil, usageError(fmt.Sprintf("--anchor %s: it takes an entry's number and its hash, as 120:9f86…, 64 characters of hash", text))
		}
		anchors = append(anchors, ledger.Anchor{Seq: seq, Hash: strings.ToLower(hash)})
	}
	return anchors, nil
}

// export reads an export line by line, forward only.
type export struct {
	reader *bufio.Reader
}

// longestLine is above anything that an entry can be (DynamoDB takes 400 KB an item).
const longestLine = 1 << 20

func newExport(file io.Reader) *export { return &export{bufio.NewReaderSize(file, longestLine)} }

// Read returns the next lines; after is where the last Read ended. Of a line that is too long
// to be an entry, the beginning is returned: it is none.
func (e *export) Read(ctx context.Context, _ int64, limit int) ([]string, error) {
	var lines []string
	for len(lines) < limit {
		line, err := e.reader.ReadSlice('\n')
		if text := strings.TrimSuffix(string(line), "\n"); len(line) > 0 {
			lines = append(lines, text)
		}
		switch {
		case errors.Is(err, io.EOF) || errors.Is(err, bufio.ErrBufferFull):
			return lines, nil
		case err != nil:
			return nil, fmt.Errorf("reading the export: %w", err)
		}
	}
	return lines, ctx.Err()
}
