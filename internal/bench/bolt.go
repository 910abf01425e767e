package bench

import (
	"context"
	_ "embed"
	"errors"
	"os"
	"os/exec"
)

//go:embed ackbot.mjs
var ackbot string

// errNoBolt says that there is no Bolt to compare with.
var errNoBolt = errors.New("node or internal/sandbox/clients/bolt/node_modules is missing")

// boltbot starts the bare bot on Bolt, where node and Bolt are installed. Node finds Bolt from
// the folder in which it runs.
func (w *workshop) boltbot(ctx context.Context, in *lab) (*child, error) {
	const folder = "internal/sandbox/clients/bolt"
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, errNoBolt
	}
	if _, err := os.Stat(folder + "/node_modules/@slack/bolt"); err != nil {
		return nil, errNoBolt
	}
	bot, err := startChild(ctx, in, folder, node, "--input-type=module", "--eval", ackbot)
	if err != nil {
		return nil, err
	}
	return bot, bot.connected(ctx, in, 1)
}
