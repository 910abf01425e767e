package bench

import (
	"context"
	"fmt"
	"time"

	"ecsbot/internal/sandbox/aws"
)

// idling is how long a bot is left alone before its idle memory is read.
const idling = 3 * time.Second

// contender is a bot that runs in a lab of its own.
type contender struct {
	name string
	bot  *child
	in   *lab
	idle mebibytes
}

// newContender starts a bot, has it known to everybody who will ask, and lets it rest.
func newContender(ctx context.Context, name string, fleet aws.Fleet, begin func(context.Context, *lab) (*child, error)) (*contender, error) {
	in, err := newLab(terms{fleet: fleet, slack: slackLatency})
	if err != nil {
		return nil, err
	}
	made := &contender{name: name, in: in}
	if made.bot, err = begin(ctx, in); err == nil {
		err = rest(ctx, idling)
	}
	if err != nil {
		made.close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	made.idle = made.bot.resident()
	if err := made.introduce(ctx); err != nil {
		made.close()
		return nil, err
	}
	return made, nil
}

// introduce has each developer ask once, so that their membership is known.
func (c *contender) introduce(ctx context.Context) error {
	questions := make([]asked, developers)
	for i := range questions {
		questions[i] = asked{person: developer(i), text: "/ecs whoami"}
	}
	if err := drive(ctx, c.in, developers, questions); err != nil {
		return err
	}
	return rest(ctx, time.Second)
}

func (c *contender) close() {
	if c.bot != nil {
		c.bot.stop()
	}
	c.in.close()
}

// traffic is one kind of load on one contender, and what came of it.
type traffic struct {
	*contender
	what      string
	questions []asked
	driven    int // of the questions
	acks      sample
	missing   int // acknowledgements that did not come in time
	most      mebibytes
}

// drive asks the next questions, so many each second.
func (t *traffic) drive(ctx context.Context, shop *workshop, perSecond, count int) error {
	shop.say("        %s, %s", t.name, t.what)
	since, most := time.Now(), t.bot.watch()
	err := drive(ctx, t.in, perSecond, t.questions[t.driven:t.driven+count])
	t.most = max(t.most, most())
	t.driven += count
	acks, missing := acknowledged(t.in, since)
	t.acks, t.missing = append(t.acks, acks...), t.missing+missing
	return err
}

// lost says how many went without, where any did.
func lost(count int, what string) string {
	if count == 0 {
		return ""
	}
	return fmt.Sprintf(", %d %s", count, what)
}
