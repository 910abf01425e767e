package actions

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"ecsbot/actions/ledger"
	"ecsbot/authz"
)

// How a log is followed: how often it is read, how often it is judged anew whether whoever
// asked may still see it, how many are open at a time, and how long Slack is waited for.
const (
	livePause  = 3 * time.Second
	liveJudge  = 30 * time.Second
	livesMost  = 20
	livesEach  = 3                // of one person
	liveReads  = 10 * time.Second // of one reading
	liveEndFor = 10 * time.Second // for the last page
)

// stopButton ends a followed log (DESIGN chapter 5).
const stopButton = "stop"

// errLives says that too much is followed already.
var errLives = errors.New("too many logs are followed")

// Live is a log that is followed. It holds no more than the page that it shows.
type Live interface {
	// Next reads what is new. A full page is left standing, and the next one begins a new message.
	Next(ctx context.Context, call Call) (page Message, full bool, err error)
	// Last is the page as it stands when following ends, and why.
	Last(why Text) Message
	// Close lets go of what it holds.
	Close()
}

// lives are the followed logs of this process.
type lives struct {
	mutex sync.Mutex
	open  map[string]followed // by operation
}

// followed is one of them.
type followed struct {
	by   string    // Slack user ID
	stop chan Text // takes why it is to end
}

func (l *lives) begin(id, by string) (chan Text, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	own := 0
	for _, each := range l.open {
		if each.by == by {
			own++
		}
	}
	if len(l.open) >= livesMost || own >= livesEach {
		return nil, errLives
	}
	if l.open == nil {
		l.open = map[string]followed{}
	}
	stop := make(chan Text, 1)
	l.open[id] = followed{by, stop}
	return stop, nil
}

func (l *lives) end(id string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	delete(l.open, id)
}

// has says whether it is followed by this process.
func (l *lives) has(id string) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	_, open := l.open[id]
	return open
}

// stop ends one; false where it has ended.
func (l *lives) stop(id string, why Text) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	one, open := l.open[id]
	if open {
		select {
		case one.stop <- why:
		default:
		}
	}
	return open
}

// live begins to follow a log. It stands in the ledger as an open operation of its own, so
// that it goes on after a restart of the bot.
func (t *task) live(ctx context.Context, call Call, outcome Outcome, where Where) {
	followed := *t
	followed.id = t.runner.NewID()
	started := followed.entry(ledger.Started)
	name := t.runner.Replica.Name()
	at := livePlace{where, time.Now().Add(outcome.For), func() Grasp { return t.runner.Replica.own(name) }}
	started.Result = untilName + at.until.UTC().Format(time.RFC3339) + " " + origin{name, where}.String()
	_, err := t.runner.Ledger.Append(ctx, func(*ledger.State) ([]ledger.Entry, error) { return []ledger.Entry{started}, nil })
	if err != nil {
		t.fail(ctx, err)
		return
	}
	call.operation = followed.id
	followed.goOn(ctx, call, outcome.Live, at)
}

// livePlace is where a followed log stands, until when, and how firmly this process has it.
type livePlace struct {
	where Where
	until time.Time
	grasp func() Grasp
}

const (
	untilName     = "follow="
	followedUntil = "followed: " // begins how it ended
)

// livePlaceOf reads it back from the operation. A time that cannot be read has passed.
func livePlaceOf(operation ledger.Operation) livePlace {
	at := livePlace{where: originOf(operation).where}
	for _, field := range strings.Fields(operation.Start.Result) {
		if text, found := strings.CutPrefix(field, untilName); found {
			at.until, _ = time.Parse(time.RFC3339, text)
		}
	}
	return at
}

// goOn follows in the background until its time is over, somebody ends it, or whoever asked
// may not see it any more.
func (t *task) goOn(ctx context.Context, call Call, live Live, at livePlace) {
	r := t.runner
	stop, err := r.lives.begin(t.id, t.request.Actor.User)
	if err == nil && !r.begin() {
		r.lives.end(t.id)
		err = errStopping
	}
	if err != nil {
		live.Close()
		t.append(ctx, t.over(ledger.Failed, "not followed: "+err.Error()))
		t.told(t.reply.Tell(ctx, failure(t, err).message))
		return
	}
	r.claims.put(stopButton, t.id, func(ctx context.Context, click Click, reply Reply) {
		r.stopLive(ctx, t, r.judge(click.ID, click.Actor, click.Button, click.Value, click.Where, reply))
	})
	go func() {
		defer r.open.Done()
		defer r.lives.end(t.id)
		t.following(context.WithoutCancel(ctx), call, live, follower{at: at, stop: stop})
	}()
}

func (t *task) over(event ledger.Event, how string) ledger.Entry {
	entry := t.entry(event)
	if event == ledger.Succeeded {
		entry.Result = how
	} else {
		entry.Reason = how
	}
	return entry
}

// follower is what one followed log knows while it goes on.
type follower struct {
	at     livePlace
	stop   chan Text
	board  *board
	judged time.Time // tried
	sure   time.Time // the last time that it could be
}

// following reads and shows, round by round. What ends it is written down; what the program's
// own end interrupts stays open, and so does what another process goes on with.
func (t *task) following(ctx context.Context, call Call, live Live, f follower) {
	defer live.Close()
	f.judged, f.sure = time.Now(), time.Now()
	tick := time.NewTicker(livePause)
	defer tick.Stop()
	over := time.NewTimer(time.Until(f.at.until))
	defer over.Stop()
	for why := Text(nil); ; {
		switch f.at.grasp() {
		case Firm:
			call, why = t.round(ctx, call, live, &f)
		case Lost:
			f.leave()
			return
		case Loose:
		}
		if why == nil {
			select {
			case <-tick.C:
				continue
			case why = <-f.stop:
			case <-over.C:
				why = Textf("its time is over")
			case <-t.runner.stopping:
				f.leave()
				return
			}
		}
		f.show(ctx, t, live.Last(why), true)
		if _, open := t.runner.Ledger.Operation(t.id); open {
			t.append(ctx, t.over(ledger.Succeeded, followedUntil+why.Plain()))
		}
		return
	}
}

// leave lets the page stand as it is.
func (f *follower) leave() {
	if f.board != nil {
		f.board.close()
	}
}

// round reads once and shows it. It says why where following has to end.
func (t *task) round(ctx context.Context, call Call, live Live, f *follower) (_ Call, why Text) {
	defer func() {
		if reason := recover(); reason != nil {
			t.runner.Log.Error("following a log panicked", "operation", t.id, "panic", reason)
			why = Textf("something went wrong on my side. Reference: %v", Named(t.id))
		}
	}()
	if _, open := t.runner.Ledger.Operation(t.id); !open {
		return call, Textf("it was stopped")
	}
	if time.Since(f.judged) >= liveJudge {
		f.judged = time.Now()
		if call, why = t.rejudge(ctx, call, f); why != nil {
			return call, why
		}
	}
	limited, cancel := context.WithTimeout(ctx, liveReads)
	defer cancel()
	page, full, err := live.Next(limited, call)
	if err != nil {
		t.runner.Log.Warn("a followed log could not be read; trying again", "operation", t.id, "error", err)
		return call, nil
	}
	f.show(ctx, t, page, full)
	return call, nil
}

// show puts a page up: on its message, or on a new one after a full one.
func (f *follower) show(ctx context.Context, t *task, page Message, full bool) {
	if f.board == nil {
		f.board = newBoard(t, f.at.where)
		astray := *t // as it is now: the board is shown beside what is judged
		f.board.astray = astray.limitAstray
		if !t.runner.begin() {
			return
		}
		f.board.open(ctx, t.runner.open.Done)
	}
	f.board.show(page)
	if full {
		f.board.close()
		f.board = nil
	}
}

// rejudge reads anew who follows, and what: both may have changed. While AWS cannot be read,
// what was judged last holds as long as what Slack said of somebody does.
func (t *task) rejudge(ctx context.Context, call Call, f *follower) (Call, Text) {
	ctx, cancel := context.WithTimeout(ctx, liveReads)
	defer cancel()
	r := t.runner
	t.rules = r.Rulebook()
	person, err := t.read(ctx, readAge)
	if err != nil {
		return call, Textf("whoever asked cannot be read from Slack")
	}
	if !t.rules.Places[t.command.environment].mayShowLines(f.at.where) {
		return call, Textf("log lines go to whoever asks for them alone there now")
	}
	t.person = person
	ref, missing := t.find()
	if missing != nil && r.Finder.Ready() {
		return call, Textf("the service is not found any more")
	}
	var read fresh
	if missing == nil {
		read, err = t.refresh(ctx, ref, approval{})
	}
	if missing != nil || err != nil {
		if time.Since(f.sure) >= outageAge {
			return call, Textf("AWS cannot be read")
		}
		return call, nil
	}
	read.person = person
	decision := t.rules.Policy.Decide(t.question(read.target(t, r.Own), true, r.Ledger.Open()))
	if decision.Verdict != authz.Allowed {
		return call, Textf("whoever asked may not see it any more")
	}
	f.sure = time.Now()
	return t.call(read), nil
}

// resumeLive goes on with a log that an earlier run of the bot followed.
func (r *Runner) resumeLive(ctx context.Context, t *task, operation ledger.Operation, known bool, still func() bool) bool {
	at := livePlaceOf(operation)
	at.grasp = func() Grasp { return graspWhile(still) }
	t.reply = notice{t}
	if !at.until.After(time.Now()) {
		t.append(ctx, t.over(ledger.Succeeded, followedUntil+"its time was over while the bot was not running"))
		return true
	}
	if _, err := t.find(); err != nil && !known {
		return false
	}
	call, why := t.rejudge(ctx, t.call(fresh{}), &follower{at: at, sure: time.Now()})
	if why != nil || call.session == nil {
		t.append(ctx, t.over(ledger.Failed, "not followed any longer: it cannot be read after the restart of the bot"))
		return true
	}
	call.operation = t.id
	t.goOn(ctx, call, t.command.action.Live(call, time.Now().Add(-liveJudge)), at)
	return true
}
