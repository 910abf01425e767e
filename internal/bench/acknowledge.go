package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ecsbot/internal/sandbox/aws"
)

// The load under which acknowledgements are measured: short rounds in turns, so that whatever
// else the machine does meets all bots.
const (
	perSecond = 200
	perRound  = 500
	rounds    = 4
	between   = time.Second      // for what is still on its way
	hang      = 10 * time.Second // of every AWS call, in the last round
)

const (
	visibleBound = 25 * time.Millisecond
	idleBound    = mebibytes(25)
	loadBound    = mebibytes(40)
)

// loadedServices is the size of the fleet under load, a third of it in each environment.
const loadedServices = 600

// measureAcknowledgement compares how soon ecsbot acknowledges with how soon a bot does that
// does nothing else, says when the asker sees something, and what memory it takes.
func measureAcknowledgement(ctx context.Context, shop *workshop) ([]line, error) {
	bare, err := newContender(ctx, "bare slack-go", aws.Fleet{}, shop.barebot)
	if err != nil {
		return nil, err
	}
	defer bare.close()
	fleet := aws.Generated(loadedServices)
	ecsbot, err := newContender(ctx, "ecsbot", fleet, func(ctx context.Context, in *lab) (*child, error) {
		return shop.ecsbot(ctx, in, raisedRates())
	})
	if err != nil {
		return nil, err
	}
	defer ecsbot.close()

	services := inEnvironments(fleet, "dev")
	beside := &traffic{contender: bare, what: "acknowledging", questions: whoami(rounds * perRound)}
	memory := &traffic{contender: ecsbot, what: "answering from memory (`whoami`)", questions: whoami(rounds * perRound)}
	status := &traffic{contender: ecsbot, what: "asking AWS (`status`)", questions: about("status", services, rounds*perRound)}
	for range rounds {
		for _, each := range []*traffic{beside, memory, status} {
			if err := errors.Join(each.drive(ctx, shop, perSecond, perRound), rest(ctx, between)); err != nil {
				return nil, err
			}
		}
	}
	hanging := &traffic{contender: ecsbot, what: "asking AWS (`status`) while every AWS call hangs 10 s", questions: about("status", services, rounds*perRound)}
	around := &traffic{contender: bare, what: "acknowledging", questions: whoami(rounds * perRound)}
	if err := hangUp(ctx, shop, hanging, around); err != nil {
		return nil, err
	}
	seen, err := sightings(status, hanging)
	if err != nil {
		return nil, err
	}
	lines := []line{acknowledgement(memory, beside), acknowledgement(status, beside), acknowledgement(hanging, around)}
	lines = append(append(lines, seen...), residents(beside, memory, status, hanging)...)
	return withBolt(ctx, shop, lines, beside)
}

// hangUp lets AWS hang under a load, with half of the load that it is compared with before and
// half of it after.
func hangUp(ctx context.Context, shop *workshop, hanging, around *traffic) error {
	half := len(around.questions) / 2
	if err := errors.Join(around.drive(ctx, shop, perSecond, half), rest(ctx, between)); err != nil {
		return err
	}
	if err := hanging.in.AWS.Fault(aws.FaultSpec{Kind: aws.FaultHang, Duration: hang}); err != nil {
		return err
	}
	if err := hanging.drive(ctx, shop, perSecond, len(hanging.questions)); err != nil {
		return err
	}
	return around.drive(ctx, shop, perSecond, half)
}

// whoami is that many developers asking who they are, which needs no AWS.
func whoami(count int) []asked {
	questions := make([]asked, count)
	for i := range questions {
		questions[i] = asked{person: developer(i), text: "/ecs whoami"}
	}
	return questions
}

// about is that many questions about services, none twice by the same person.
func about(action string, services []string, count int) []asked {
	questions := make([]asked, count)
	for i := range questions {
		service := services[(i/developers)%len(services)]
		questions[i] = asked{person: developer(i), text: "/ecs " + action + " " + service, service: serviceIn(service, nil)}
	}
	return questions
}

func acknowledgement(load, bare *traffic) line {
	p99, against := load.acks.percentile(99), bare.acks.percentile(99)
	return line{
		what:     fmt.Sprintf("acknowledgement at %d commands/s, %s", perSecond, load.what),
		measured: spread(load.acks) + lost(load.missing, "not in time"),
		against:  "bare slack-go " + spread(bare.acks) + lost(bare.missing, "not in time"), ratio: ratio(p99, against),
		bound: "p99 ≤ 2 × bare", held: held(p99 <= 2*against && load.missing == 0),
	}
}

// sightings are when the askers saw something.
func sightings(loads ...*traffic) ([]line, error) {
	var lines []line
	for _, each := range loads {
		times, missing, err := visible(each.in, each.questions)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line{
			what:     fmt.Sprintf("something visible to the asker at %d commands/s, %s", perSecond, each.what),
			measured: spread(times) + lost(missing, "saw nothing"), ratio: ratio(times.percentile(99), visibleBound), against: "the bound",
			bound: "≤ 25 ms", held: held(times.percentile(99) <= visibleBound && missing == 0),
		})
	}
	return lines, nil
}

// residents are what memory the bots take, idle and under their loads.
func residents(bare *traffic, loads ...*traffic) []line {
	idle := loads[0].idle
	lines := []line{{
		what: fmt.Sprintf("resident memory, idle with %d services", loadedServices), measured: idle.String(),
		against: "bare slack-go " + bare.idle.String(), ratio: ratio(idle, bare.idle), bound: "≤ 25 MiB", held: held(idle <= idleBound),
	}}
	for _, each := range loads {
		lines = append(lines, line{
			what:     fmt.Sprintf("resident memory, the most at %d commands/s, %s", perSecond, each.what),
			measured: each.most.String(), against: "bare slack-go " + bare.most.String(), ratio: ratio(each.most, bare.most),
		})
	}
	return lines
}

// withBolt adds what a bot on Bolt takes, for orientation.
func withBolt(ctx context.Context, shop *workshop, lines []line, bare *traffic) ([]line, error) {
	bolt, err := newContender(ctx, "bare Bolt", aws.Fleet{}, shop.boltbot)
	if errors.Is(err, errNoBolt) {
		return append(lines, line{what: "a bare bot on Bolt", measured: "not measured: " + err.Error()}), nil
	}
	if err != nil {
		return nil, err
	}
	defer bolt.close()
	load := &traffic{contender: bolt, what: "acknowledging", questions: whoami(rounds * perRound)}
	if err := load.drive(ctx, shop, perSecond, rounds*perRound); err != nil {
		return nil, err
	}
	return append(lines, line{
		what:     fmt.Sprintf("for orientation: acknowledgement of a bare bot on Bolt at %d commands/s", perSecond),
		measured: spread(load.acks) + lost(load.missing, "not in time"),
		against:  "bare slack-go " + spread(bare.acks), ratio: ratio(load.acks.percentile(99), bare.acks.percentile(99)),
	}, line{
		what: "for orientation: resident memory of a bare bot on Bolt", measured: fmt.Sprintf("idle %v, the most %v", bolt.idle, load.most),
		against: fmt.Sprintf("bare slack-go idle %v, the most %v", bare.idle, bare.most), ratio: ratio(load.most, bare.most),
	}), nil
}
