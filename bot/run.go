package bot

import (
	"context"
	"errors"
	"sync"
	"time"
)

// flushTime is given to slack-go's writer, which does not say when it has written the
// acknowledgements that it took.
const flushTime = 250 * time.Millisecond

// Run takes requests and hands them to requests, until the context ends or Slack refuses a
// token, which is an error of one line. It then takes no more, waits for what is open (Grace,
// at most), and returns. It is called once.
func (b *Bot) Run(ctx context.Context, requests Requests) error {
	if requests == nil {
		return errors.New("the bot has nobody to carry requests out")
	}
	b.requests = requests
	work, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	sockets, hangUp := context.WithCancel(work)
	defer hangUp()

	failed := make(chan error, b.settings.Connections+2)
	var running sync.WaitGroup
	running.Go(func() { failed <- b.identity.learn(sockets, b.voice.api, b.log) })
	running.Go(func() { failed <- b.clear(sockets) })
	running.Go(func() { b.people.run(sockets) })
	for number := range b.settings.Connections {
		running.Go(func() { failed <- b.connect(work, sockets, number) })
	}

	err := firstError(ctx, failed)
	b.intake.close()
	b.intake.rest(ackWithin) // by then, what was taken is acknowledged
	sleep(work, flushTime)
	hangUp()
	if !b.intake.rest(b.settings.Grace) {
		b.log.Error("requests are given up that are still open at the end of the grace period")
	}
	abandon()
	b.intake.rest(lastAnswers)
	running.Wait()
	b.wire.round.CloseIdleConnections()
	return err
}

// lastAnswers is the time for those who were given up to be told.
const lastAnswers = 2 * time.Second

// firstError waits for the first failure, or for the context's end, which is none.
func firstError(ctx context.Context, failed <-chan error) error {
	for {
		select {
		case err := <-failed:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// clear does what comes before anything is taken.
func (b *Bot) clear(ctx context.Context) error {
	if b.settings.Before != nil {
		if err := b.settings.Before(ctx, b.identity.known); err != nil {
			return err
		}
	}
	close(b.cleared)
	return nil
}

// connect keeps one connection up, once requests may be taken.
func (b *Bot) connect(work, sockets context.Context, number int) error {
	select {
	case <-b.cleared:
		connection := b.connection(work, number)
		connection.told = func(told tally) { go b.suspect(sockets, told, connection.recount) }
		return connection.run(sockets)
	case <-sockets.Done():
		return nil
	}
}

// connection makes one of the process's connections. What it takes is carried out under the
// context of the work, which outlives the sockets.
func (b *Bot) connection(work context.Context, number int) *connection {
	return &connection{
		number:  number,
		own:     b.settings.Connections,
		recount: make(chan struct{}, 1),
		api:     b.voice.api,
		wire:    b.wire,
		links:   b.links,
		log:     b.log,
		metrics: b.metrics,
		take:    func(taken envelope) { b.take(work, taken) },
		lost: func(payload answer) {
			if payload.again != nil {
				b.intake.spawn(b.intake.shed, func() { payload.again(work) })
			}
		},
	}
}
