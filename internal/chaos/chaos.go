// Package chaos kills bots, for real, while people work with them, and then holds the ledger,
// AWS, Slack and the audit channel against each other: nothing lost, nothing twice. The bots
// are processes of the built program; the Slack and the AWS before them are the sandbox.
package chaos

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"ecsbot/internal/sandbox/aws"
	"ecsbot/internal/sandbox/slack"
)

// Options say how much is killed.
type Options struct {
	Root     string        // of the repository; the program is built from it
	Kills    int           // of one bot after the other, on SQLite
	Worlds   int           // side by side, each with its own bot; the kills are shared among them
	Replicas int           // on one DynamoDB; 0: that part is left out
	Races    int           // for what waits, among the replicas: several clicks on one card each
	Least    Troubles      // of the replicas: they go on until there were as many
	Limit    time.Duration // of each part: what it did until then is judged. 0: none
	Settle   time.Duration // what does not end counts as lost once nothing has moved for so long
	Seed     uint64
	Out      io.Writer
}

// Run does what the options say and prints a report for each part. It is an error where
// anything was lost or came twice.
func Run(ctx context.Context, options Options) error {
	folder, err := os.MkdirTemp("", "ecsbot-chaos-")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer os.RemoveAll(folder)
	program := filepath.Join(folder, "ecsbot")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/ecsbot") //nolint:gosec // the path is made here
	build.Dir = options.Root
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the program: %w\n%s", err, output)
	}
	fmt.Fprintf(options.Out, "seed %d; the sandbox's limits are raised: Slack %v; AWS %v\n", options.Seed, slack.Unlimited(), aws.Unlimited())
	if options.Kills > 0 {
		if err := killed(ctx, options, folder, program); err != nil {
			return err
		}
	}
	if options.Replicas == 0 {
		return nil
	}
	return replicas(ctx, options, folder, program)
}

// killed runs the kill test in every world.
func killed(ctx context.Context, options Options, folder, program string) error {
	reports := make([]Report, options.Worlds)
	failures := make([]error, options.Worlds)
	var running sync.WaitGroup
	for number := range options.Worlds {
		running.Go(func() {
			reports[number], failures[number] = oneWorld(ctx, options, program, filepath.Join(folder, fmt.Sprint("world", number)), number)
		})
	}
	running.Wait()
	total := Report{name: "kill test: one bot after another on SQLite"}
	for number := range reports {
		if failures[number] != nil {
			return fmt.Errorf("world %d: %w", number, failures[number])
		}
		total.add(reports[number])
	}
	return total.Print(options.Out)
}

func oneWorld(ctx context.Context, options Options, program, folder string, number int) (Report, error) {
	w, err := newWorld(options.Out, program, folder, "")
	if err != nil {
		return Report{}, err
	}
	defer w.close()
	random := rand.New(rand.NewPCG(options.Seed, uint64(number))) //nolint:gosec // a test's dice
	load := w.startLoad(ctx, random.Uint64(), 8)
	timeIsUp, stop := options.limited(ctx)
	defer stop()
	first, after := options.Kills*number/options.Worlds, options.Kills*(number+1)/options.Worlds
	for kill := first; kill < after && timeIsUp.Err() == nil; kill++ {
		if err := w.live(ctx, random, kill); err != nil {
			return Report{}, err
		}
		if done := kill + 1 - first; done%50 == 0 {
			fmt.Fprintf(options.Out, "world %d: %d of %d kills\n", number, done, after-first)
		}
	}
	load.stop()
	last, err := w.start(ctx)
	if err != nil {
		return Report{}, err
	}
	defer last.kill()
	return w.judge(ctx, options.Settle)
}

// limited is a context that ends when killing is to end.
func (o Options) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if o.Limit == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, o.Limit)
}

// How long a bot lives from when it is connected: what comes before takes as long as the
// machine wants. One that is to be killed at a point lives until it comes there: as it follows
// a change in rounds of seconds, a short life would never see one end, and after a while no
// service would be free for another.
const (
	longestChance = 5 * time.Second
	longestLife   = 20 * time.Second
)

// live is one life of a bot, until it is killed: at a random instant, or at the next of the
// points in turn. A life that does not come to its point is ended all the same.
func (w *world) live(ctx context.Context, random *rand.Rand, number int) error {
	all := turns()
	next := all[number%len(all)]
	trap := trap{point: next.point, left: 1 + number/len(all)%next.most}
	before := w.Slack.Counters().Sockets
	bot, err := w.start(ctx)
	if err != nil {
		return err
	}
	life := longestLife
	if trap.point == atRandom {
		life = time.Duration(random.Int64N(int64(longestChance)))
	}
	w.planned[trap.point]++
	if trap.point == atEntry {
		bot.killAtEntry(trap.left)
	} else {
		w.gate.arm(trap, bot.kill)
	}
	at := trap.point
	connected, cancel := context.WithCancel(ctx)
	defer cancel()
	go w.connected(connected, before, cancel)
	select {
	case <-bot.ended:
	case <-connected.Done():
	}
	select {
	case <-bot.ended:
	case <-time.After(life):
		bot.kill()
		at = atRandom
	case <-ctx.Done():
		bot.kill()
	}
	w.gate.disarm()
	w.kills[at]++
	w.remember(bot)
	return ctx.Err()
}

// connected calls done as soon as there is one more connection than before.
func (w *world) connected(ctx context.Context, before int, done func()) {
	_ = w.Slack.Await(ctx, func() bool { return w.Slack.Counters().Sockets > before }) // else the bot has ended
	done()
}
