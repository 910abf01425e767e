package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"ecsbot/internal/sandbox"
	"ecsbot/internal/sandbox/aws"
	"ecsbot/internal/sandbox/slack"
)

// The log that is read: so many tasks with a line so often make a million lines an hour.
const (
	loggingTasks = 20
	loggingEvery = 72 * time.Millisecond
	rareText     = "runtime error: invalid memory address"
)

// What reading logs may take.
const (
	pageBound   = 2*awsLatency + slackLatency
	memoryBound = mebibytes(16)
)

// readPatience is how long a reading is waited for.
const readPatience = 10 * time.Minute

// awsCLI is Debian's package awscli.
const awsCLI = "/usr/bin/aws"

// effort is what a reading took.
type effort struct {
	took, processor time.Duration
	memory          mebibytes // the most; of ecsbot, above idle
	calls           int       // of FilterLogEvents
	all             int       // of AWS, without discovery
}

// measureLogs is the last lines of a busy service, and a whole hour of a million of them as a
// file, beside `aws logs tail` on the same server.
func measureLogs(ctx context.Context, shop *workshop) ([]line, error) {
	fleet := aws.Generated(0)
	tags := map[string]string{"Environment": "staging"}
	fleet.Clusters = []aws.ClusterSpec{{Name: "staging", Tags: tags, Services: []aws.ServiceSpec{{
		Name: "api", Tags: tags, Desired: loggingTasks, LogEvery: loggingEvery, RolePath: "ecs/staging/",
	}}}}
	in, err := newLab(terms{fleet: fleet, slack: slackLatency, strict: true})
	if err != nil {
		return nil, err
	}
	defer in.close()
	bot, err := shop.ecsbot(ctx, in, nil)
	if err != nil {
		return nil, err
	}
	defer bot.stop()
	reader := &logReading{in: in, bot: bot}
	return reader.lines(ctx, shop)
}

// logReading is somebody who reads logs by the bot.
type logReading struct {
	in   *lab
	bot  *child
	idle mebibytes
}

func (l *logReading) lines(ctx context.Context, shop *workshop) ([]line, error) {
	if err := drive(ctx, l.in, 1, []asked{{person: developer(0), text: "/ecs services staging"}}); err != nil {
		return nil, err
	}
	if err := rest(ctx, idling); err != nil {
		return nil, err
	}
	l.idle = l.bot.resident()
	if _, err := l.read(ctx, "--lines 100"); err != nil { // the list of tasks is read
		return nil, err
	}
	shop.say("        the last lines")
	last, err := l.read(ctx, "--lines 100")
	if err != nil {
		return nil, err
	}
	if _, err := l.read(ctx, "--since 1h"); err != nil {
		return nil, err
	}
	shop.say("        an hour as a file")
	whole, err := l.file(ctx)
	if err != nil {
		return nil, err
	}
	shop.say("        the same by aws logs tail")
	tailed, err := l.tail(ctx)
	if err != nil {
		return nil, err
	}
	shop.say("        filtered by CloudWatch")
	if _, err := l.read(ctx, "--since 1h --grep '"+rareText+"'"); err != nil {
		return nil, err
	}
	found, err := l.file(ctx)
	if err != nil {
		return nil, err
	}
	filtered, err := l.tail(ctx, "--filter-pattern", `"`+rareText+`"`)
	if err != nil {
		return nil, err
	}
	return logLines(last, whole, tailed, found, filtered), nil
}

func logLines(last, whole, tailed, found, filtered effort) []line {
	return []line{{
		what:     fmt.Sprintf("last 100 lines of %d tasks with 10⁶ lines in the hour, first page", loggingTasks),
		measured: fmt.Sprintf("%s, %d AWS calls: two side by side that judge the tags, and %d for 1 log group", millis(last.took), last.all, last.calls),
		bound:    "≤ 1 + groups calls of reading; ≤ 2 AWS and 1 Slack round trips", held: held(last.all-2 <= 2),
		against: fmt.Sprintf("two AWS and one Slack call: %s", millis(pageBound)), ratio: ratio(last.took, pageBound),
	}, {
		what: "… memory above idle", measured: last.memory.String(), bound: "≤ 16 MiB", held: held(last.memory <= memoryBound),
	}, {
		what:     "an hour of 10⁶ lines as a file, ten calls a second",
		measured: fmt.Sprintf("%.1f s, %d calls", whole.took.Seconds(), whole.calls),
		against:  fmt.Sprintf("`aws logs tail` %.1f s, %d calls", tailed.took.Seconds(), tailed.calls),
		ratio:    ratio(whole.took, tailed.took), bound: "≤ 0.6", held: held(whole.took.Seconds() <= 0.6*tailed.took.Seconds()),
	}, {
		what: "… processor time", measured: fmt.Sprintf("%.1f s", whole.processor.Seconds()), against: fmt.Sprintf("`aws logs tail` %.1f s", tailed.processor.Seconds()),
		ratio: ratio(whole.processor, tailed.processor), bound: "≤ 0.5", held: held(whole.processor.Seconds() <= 0.5*tailed.processor.Seconds()),
	}, {
		what: "… memory (ecsbot: above idle)", measured: whole.memory.String(), against: "`aws logs tail` " + tailed.memory.String(),
		ratio: ratio(whole.memory, tailed.memory), bound: "≤ 0.25", held: held(whole.memory <= tailed.memory/4),
	}, {
		what:     "the same with a text that CloudWatch looks for",
		measured: fmt.Sprintf("%.1f s, %d calls", found.took.Seconds(), found.calls),
		against:  fmt.Sprintf("`aws logs tail --filter-pattern` %.1f s, %d calls", filtered.took.Seconds(), filtered.calls),
		ratio:    ratio(found.took, filtered.took), bound: "no more calls", held: held(found.calls <= filtered.calls),
	}}
}

// measured is what happens takes of the bot and of AWS.
func (l *logReading) measured(happens func() error) (effort, error) {
	before, used, most := l.in.AWS.Counts(), l.bot.processor(), l.bot.watch()
	began := time.Now()
	err := happens()
	made := effort{took: time.Since(began), processor: l.bot.processor() - used, memory: max(0, most()-l.idle)}
	for operation, count := range l.in.AWS.Counts() {
		if operation != "tagging:GetResources" && operation != "ecs:ListClusters" && operation != "ecs:ListServices" { // discovery goes on beside it
			made.all += count - before[operation]
		}
		if operation == "logs:FilterLogEvents" {
			made.calls = count - before[operation]
		}
	}
	return made, err
}

// read asks for lines and waits until a page of them is there.
func (l *logReading) read(ctx context.Context, flags string) (effort, error) {
	pages := l.shown(hasLines, "")
	return l.measured(func() error {
		if err := l.in.Slack.Command(developer(0), opsChannel, "/ecs logs staging api "+flags); err != nil {
			return err
		}
		return l.await(ctx, "a page of lines", func() bool { return l.shown(hasLines, "") > pages })
	})
}

// file presses the button of the newest page and waits for the file in its thread: a page of
// more lines than it shows has brought one of its own.
func (l *logReading) file(ctx context.Context) (effort, error) {
	page, thread := slack.Click{Channel: opsChannel, ActionID: "file"}, ""
	l.each(func(in string, message slack.Message) {
		if hasLines(message) {
			page.MessageTS, thread = message.TS, in
		}
	})
	files := l.shown(hasFile, thread)
	return l.measured(func() error {
		if err := l.in.Slack.Click(developer(0), page); err != nil {
			return err
		}
		return l.await(ctx, "a file", func() bool { return l.shown(hasFile, thread) > files })
	})
}

func (l *logReading) await(ctx context.Context, what string, holds func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, readPatience)
	defer cancel()
	if err := l.in.Slack.Await(ctx, holds); err != nil {
		return fmt.Errorf("waiting for %s: %w: %s", what, errors.Join(err, context.Cause(ctx)), l.bot.words.tail())
	}
	return nil
}

// each shows the replies in the channel, and in which thread they stand.
func (l *logReading) each(look func(thread string, message slack.Message)) {
	messages, err := l.in.Slack.Messages(opsChannel, developer(0))
	if err != nil {
		return
	}
	for _, message := range messages {
		for _, reply := range message.Replies {
			look(message.TS, reply)
		}
	}
}

// shown counts replies: in one thread, or in all.
func (l *logReading) shown(is func(slack.Message) bool, thread string) (count int) {
	l.each(func(in string, message slack.Message) {
		if (thread == "" || in == thread) && is(message) {
			count++
		}
	})
	return count
}

func hasLines(message slack.Message) bool { return strings.Contains(message.Text, "Last ") }
func hasFile(message slack.Message) bool  { return len(message.Files) > 0 }

// tail reads the same hour by AWS's own command.
func (l *logReading) tail(ctx context.Context, more ...string) (effort, error) {
	arguments := append([]string{"--endpoint-url", l.in.address + sandbox.AWSPath, "logs", "tail", "/ecs/staging/api", "--since", "1h"}, more...)
	command := exec.CommandContext(ctx, awsCLI, arguments...)
	key, keySecret := l.in.AWS.AdminKey()
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir(), "AWS_REGION=" + sandbox.Region, "AWS_ACCESS_KEY_ID=" + key, "AWS_SECRET_ACCESS_KEY=" + keySecret,
		"AWS_EC2_METADATA_DISABLED=true",
	}
	out, err := os.Create(filepath.Join(os.TempDir(), "ecsbot-bench-tail"))
	if err != nil {
		return effort{}, fmt.Errorf("making a file: %w", err)
	}
	defer func() { _ = errors.Join(out.Close(), os.Remove(out.Name())) }()
	var said strings.Builder
	command.Stdout, command.Stderr = out, &said
	made, err := l.measured(command.Run)
	if err != nil {
		return effort{}, fmt.Errorf("aws logs tail (Debian's package awscli is needed): %w: %s", err, said.String())
	}
	made.processor = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	if usage, is := command.ProcessState.SysUsage().(*syscall.Rusage); is {
		made.memory = mebibytes(usage.Maxrss) / 1024
	}
	return made, nil
}
