package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"ecsbot/actions"
	"ecsbot/actions/ledger"
	"ecsbot/actions/ledger/sqlite"
	"ecsbot/internal/config"
)

// migrateCommand copies every entry as it is. Called again it goes on where it was cut off.
type migrateCommand struct {
	From   string
	To     string
	Config string
	File   string
	Table  string
	Region string
	Sign   bool
}

func (c *migrateCommand) declare(line *cobra.Command) {
	line.Use, line.Short = "migrate", "Copy the ledger to the other kind of place; stop the bot first"
	line.Flags().StringVar(&c.From, "from", "", "where the ledger is: sqlite or dynamodb")
	line.Flags().StringVar(&c.To, "to", "", "where it goes: sqlite or dynamodb")
	required(line, "from", "to")
	configuration(line, &c.Config)
	line.Flags().StringVar(&c.File, "file", "", "the SQLite file, where the configuration does not name it")
	line.Flags().StringVar(&c.Table, "table", "", "the DynamoDB table, where the configuration does not name it")
	line.Flags().StringVar(&c.Region, "region", "", "the table's region (default: aws.region of the configuration)")
	line.Flags().BoolVar(&c.Sign, "sign", false, "sign entries that no key has signed, with the key of ECSBOT_LEDGER_KEY")
}

// Run verifies, copies and verifies the copy.
func (c migrateCommand) Run(around surroundings) error {
	from, to, err := c.places()
	if err != nil {
		return err
	}
	key, err := ledgerKey(around)
	if err != nil {
		return err
	}
	if key == nil && (c.Sign || to.shared()) {
		return usageError(keyVariable + " is not set")
	}
	return c.migrate(around, key, from, to)
}

func (c migrateCommand) migrate(around surroundings, key ledger.Key, from, to ledgerPlace) error {
	source, err := from.openExisting(around.ctx, key)
	if err != nil {
		return err
	}
	defer source.Close()
	moving := migration{source: source, key: key, sign: c.Sign}
	head, err := moving.verify(around.ctx)
	if err != nil {
		return fmt.Errorf("%v: %w", from, err)
	}
	if head.Seq == 0 {
		return fmt.Errorf("%v holds no entry: there is nothing to copy", from)
	}
	if moving.target, err = to.open(around.ctx, key); err != nil {
		return err
	}
	defer moving.target.Close()
	added, err := moving.run(around.ctx, head)
	if err != nil {
		return fmt.Errorf("%v → %v: %w", from, to, err)
	}
	_, err = fmt.Fprintf(around.stdout, "%d entries of %d were copied to %v, and the copy is unbroken; its last hash is %s.\nNow name it under ledger: in %s, and keep what it was copied from out of use.\n",
		added, head.Seq, to, head.Hash, c.Config)
	return err
}

// places are the two, of which the configuration knows one.
func (c migrateCommand) places() (from, to ledgerPlace, err error) {
	if pair := [2]string{c.From, c.To}; pair != [2]string{"sqlite", "dynamodb"} && pair != [2]string{"dynamodb", "sqlite"} {
		return from, to, usageError(fmt.Sprintf("--from and --to take sqlite and dynamodb, one each, not %q and %q", c.From, c.To))
	}
	loaded, err := config.Load(c.Config)
	if err != nil {
		return from, to, err
	}
	file, table, known := ledgerPlace{file: c.File}, ledgerPlace{table: c.Table, region: c.Region}, placeOf(loaded)
	switch {
	case known.shared() && c.Table == "":
		table.table, table.region = known.table, firstOf(c.Region, known.region)
	case !known.shared() && c.File == "":
		file = known
	}
	table.region = firstOf(table.region, loaded.AWS.Region)
	if file.file == "" {
		return from, to, usageError("which file? The configuration names a table, so give --file")
	}
	if table.table == "" {
		return from, to, usageError("which table? The configuration names a file, so give --table")
	}
	if file.file, err = filepath.Abs(file.file); err != nil {
		return from, to, err
	}
	if c.From == "sqlite" {
		return file, table, nil
	}
	return table, file, nil
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// openExisting opens a ledger so that nobody else writes it, as far as that can be helped, and
// makes none.
func (p ledgerPlace) openExisting(ctx context.Context, key ledger.Key) (storage, error) {
	if p.shared() {
		return p.read(ctx)
	}
	reader, err := sqlite.OpenReader(ctx, p.file)
	if err != nil {
		return nil, err
	}
	if err := reader.Close(); err != nil {
		return nil, err
	}
	return p.open(ctx, key)
}

// migration is one ledger on its way.
type migration struct {
	source storage
	target storage
	key    ledger.Key
	sign   bool
}

// verify checks a ledger before it is copied. Only what was written before there was a key can
// be signed later: an entry without a MAC among signed ones is not of the bot.
func (m migration) verify(ctx context.Context) (ledger.Anchor, error) {
	if m.sign {
		return ledger.Proof{Key: m.key, BeganUnsigned: true}.Verify(ctx, m.source)
	}
	checkpoint, err := m.source.Checkpoint(ctx)
	if err != nil {
		return ledger.Anchor{}, err
	}
	return ledger.Proof{Key: m.key, Checkpoint: checkpoint}.Verify(ctx, m.source)
}

// run copies the entries and what stands beside them, and verifies the copy against the head
// of what was copied.
func (m migration) run(ctx context.Context, head ledger.Anchor) (added int64, err error) {
	var sign ledger.Key
	if m.sign {
		sign = m.key
	}
	if added, err = ledger.Copy(ctx, m.source, m.target, sign); err != nil {
		return added, err
	}
	if err := actions.CopyPosted(ctx, m.source, m.target); err != nil {
		return added, err
	}
	end, err := ledger.Proof{Key: m.key, Anchors: []ledger.Anchor{head}}.Verify(ctx, m.target)
	if err == nil && end != head {
		err = fmt.Errorf("entries were added meanwhile, up to %d: stop the bot, then call this again", end.Seq)
	}
	return added, err
}
