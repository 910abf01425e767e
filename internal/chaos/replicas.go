package chaos

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// How replicas are troubled: one is killed every so often and comes back at once; now and then
// one stands still for longer than its leases live, and goes on as if nothing had been.
const (
	killPause  = 3 * time.Second
	stallEvery = 5 // of so many troubles one is a stall
	stallTime  = 16 * time.Second
	racers     = 3                      // clicks on one card at the same time
	racePause  = 250 * time.Millisecond // between requests to race for
)

// replicas runs the replica test: several bots on one DynamoDB, and clicks that race.
func replicas(ctx context.Context, options Options, folder, program string) error {
	database, stop, err := startDynalite(ctx, options.Root)
	if err != nil {
		return err
	}
	defer stop()
	if err := createTable(ctx, options.Root, database); err != nil {
		return err
	}
	dynamo, address, err := newProxy(database)
	if err != nil {
		return err
	}
	defer dynamo.close()
	w, err := newWorld(options.Out, program, filepath.Join(folder, "replicas"), address)
	if err != nil {
		return err
	}
	defer w.close()
	random := rand.New(rand.NewPCG(options.Seed, 99)) //nolint:gosec // a test's dice
	bots := make([]*process, options.Replicas)
	for number := range bots {
		if bots[number], err = w.start(ctx); err != nil {
			return err
		}
	}
	if err := w.Slack.Await(ctx, func() bool { return w.Slack.Connections() > 0 }); err != nil {
		return fmt.Errorf("waiting for a bot: %w", err)
	}
	load := w.startLoad(ctx, random.Uint64(), 2)
	timeIsUp, stopKilling := options.limited(ctx)
	defer stopKilling()
	raced := make(chan struct{})
	go func() { defer close(raced); w.race(timeIsUp, options) }()
	err = w.trouble(timeIsUp, random, troubled{bots, options.Least, raced})
	stopKilling()
	<-raced
	load.stop()
	if err != nil {
		return err
	}
	r, err := w.judge(ctx, options.Settle)
	for _, bot := range bots {
		bot.kill()
	}
	if err != nil {
		return err
	}
	r.name = fmt.Sprintf("replica test: %d bots on one DynamoDB", options.Replicas)
	return r.Print(options.Out)
}

// Troubles are what may befall replicas.
type Troubles struct{ Kills, Stalls int }

// troubled are the replicas that are troubled until there was enough of it and raced is closed.
type troubled struct {
	bots  []*process
	least Troubles
	raced <-chan struct{}
}

// trouble kills one replica after another, and stalls some.
func (w *world) trouble(ctx context.Context, random *rand.Rand, among troubled) error {
	alive := context.WithoutCancel(ctx)
	bots := among.bots
	for number := 1; !among.isOver(Troubles{w.kills[atRandom], w.stalls}); number++ {
		select {
		case <-time.After(killPause):
		case <-ctx.Done():
			return nil
		}
		w.note()
		if number%10 == 0 {
			fmt.Fprintf(w.out, "replicas: %d kills, %d stalls, %d races\n", w.kills[atRandom], w.stalls, w.raced())
		}
		victim := random.IntN(len(bots))
		if number%stallEvery == 0 {
			w.stalls++
			bots[victim].stall()
			time.Sleep(stallTime)
			bots[victim].goOn()
			continue
		}
		w.planned[atRandom]++
		bots[victim].kill()
		w.remember(bots[victim])
		w.kills[atRandom]++
		var err error
		if bots[victim], err = w.start(alive); err != nil {
			return err
		}
	}
	return nil
}

// isOver says whether there was enough.
func (t troubled) isOver(had Troubles) bool {
	select {
	case <-t.raced:
		return had.Kills >= t.least.Kills && had.Stalls >= t.least.Stalls
	default:
		return false
	}
}

// race has several windows click on the same card at the same time, again and again, each time
// on another card, until there were enough races that a bot took part in.
func (w *world) race(ctx context.Context, options Options) {
	var racing sync.WaitGroup
	defer racing.Wait()
	running := make(chan struct{}, 8)
	begun := map[string]bool{}
	for number := 0; w.raced() < options.Races && ctx.Err() == nil; number++ {
		racing.Go(func() {
			_ = w.Slack.Command("U0ALICE", "C01OPS", fmt.Sprintf("/ecs restart prod service-%05d", number*3%services+2))
		})
		time.Sleep(racePause)
		for _, one := range w.waiting() {
			if begun[one.operation] || w.raced()+len(running) >= options.Races {
				continue
			}
			begun[one.operation] = true
			running <- struct{}{}
			racing.Go(func() { defer func() { <-running }(); w.raceFor(one) })
		}
	}
}

// raceFor clicks on one card from several windows at the same time. Where no bot took any of
// the clicks, there was no race.
func (w *world) raceFor(one card) {
	var clicking sync.WaitGroup
	var taken atomic.Int64
	for range racers {
		clicking.Go(func() {
			if w.click(one.approve) {
				taken.Add(1)
			}
		})
	}
	clicking.Wait()
	if taken.Load() < 2 {
		return
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.races[one.operation] = true
}

func (w *world) raced() int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return len(w.races)
}

// createTable makes the table of deploy/dynamodb-table.json. dynalite looks at the form of a
// signature alone.
func createTable(ctx context.Context, root, database string) error {
	definition, err := os.ReadFile(filepath.Join(root, "deploy", "dynamodb-table.json"))
	if err != nil {
		return fmt.Errorf("reading the table's definition: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, database, bytes.NewReader(definition))
	if err != nil {
		return fmt.Errorf("creating the table: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810.CreateTable")
	request.Header.Set("X-Amz-Date", "20260101T000000Z")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=nobody/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("creating the table: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		var said bytes.Buffer
		_, _ = said.ReadFrom(answer.Body) // the status says enough
		return fmt.Errorf("creating the table: %s: %s", answer.Status, said.String())
	}
	return nil
}
