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

	"ecsbot/internal/sandbox/slack"
)

// How replicas are troubled: one is killed every so often and comes back at once; now and then
// one stands still for longer than its leases live, and goes on as if nothing had been.
const (
	killPause  = 3 * time.Second
	stallEvery = 5 // of so many troubles one is a stall
	stallTime  = 16 * time.Second
	racers     = 5 // clicks on one card at the same time
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
	w, err := newWorld(program, filepath.Join(folder, "replicas"), address)
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
	time.Sleep(3 * time.Second) // until the first of them listens
	load := w.startLoad(ctx, random.Uint64(), 4)
	racing, done := context.WithCancel(ctx)
	var clicks atomic.Int64
	var racer sync.WaitGroup
	racer.Go(func() { w.race(racing, &clicks, int64(options.Clicks)); done() })
	err = w.trouble(racing, random, bots)
	racer.Wait()
	load.stop()
	w.clicks += int(clicks.Load())
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
	return r.print(options.Out)
}

// trouble kills one replica after another, and stalls some, until ctx ends.
func (w *world) trouble(ctx context.Context, random *rand.Rand, bots []*process) error {
	alive := context.WithoutCancel(ctx)
	for number := 1; ; number++ {
		select {
		case <-time.After(killPause):
		case <-ctx.Done():
			return nil
		}
		w.note()
		victim := random.IntN(len(bots))
		if number%stallEvery == 0 {
			w.stalls++
			bots[victim].stall()
			time.Sleep(stallTime)
			bots[victim].goOn()
			continue
		}
		bots[victim].kill()
		w.remember(bots[victim])
		w.kills[atRandom]++
		var err error
		if bots[victim], err = w.start(alive); err != nil {
			return err
		}
	}
}

// race has several people and windows click on the same card at the same time, until there
// were enough clicks.
func (w *world) race(ctx context.Context, clicks *atomic.Int64, most int64) {
	for number := 0; clicks.Load() < most && ctx.Err() == nil; number++ {
		_ = w.Slack.Command("U0ALICE", "C01OPS", fmt.Sprintf("/ecs restart prod service-%05d", number*3%services+2-number*3%services%3))
		time.Sleep(300 * time.Millisecond)
		cards := w.waiting()
		if len(cards) == 0 {
			continue
		}
		click := slack.Click{Channel: "C01OPS", MessageTS: cards[number%len(cards)], ActionID: "approve"}
		var racing sync.WaitGroup
		for range racers {
			racing.Go(func() {
				clicks.Add(1)
				_ = w.Slack.Click("U0BOB", click)
			})
		}
		racing.Wait()
	}
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
