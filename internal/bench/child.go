package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// patience is how long anything is waited for before the run is given up.
const patience = 2 * time.Minute

// child is a bot in a process of its own.
type child struct {
	name    string
	command *exec.Cmd
	words   *transcript
	ended   chan struct{}
}

// startChild starts a program in a lab, with nothing of this process's environment but what
// any program needs. It ends with the context, or with stop.
func startChild(ctx context.Context, in *lab, folder, program string, arguments ...string) (*child, error) {
	made := &child{name: filepath.Base(program), words: newTranscript(), ended: make(chan struct{})}
	made.command = exec.CommandContext(ctx, program, arguments...)
	made.command.Dir, made.command.Stderr = folder, made.words
	made.command.Env = append(in.environment(), "PATH="+os.Getenv("PATH"), "HOME="+os.TempDir())
	if err := made.command.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", made.name, err)
	}
	go func() {
		_ = made.command.Wait() // how it ended is in its words
		close(made.ended)
	}()
	return made, nil
}

// stop ends the process without ado.
func (c *child) stop() {
	_ = c.command.Process.Kill()
	<-c.ended
}

// bounded ends a wait with patience, or with the process.
func (c *child) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errors.New("it took too long"))
	ctx, end := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-c.ended:
			end(fmt.Errorf("the process ended: %s", c.words.tail()))
		case <-ctx.Done():
		}
	}()
	return ctx, func() { end(nil); cancel() }
}

// connected waits until so many sockets are open.
func (c *child) connected(ctx context.Context, in *lab, sockets int) error {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	if err := in.Slack.Await(ctx, func() bool { return in.Slack.Connections() >= sockets }); err != nil {
		return fmt.Errorf("waiting for %s to connect: %w", c.name, err)
	}
	return nil
}

// listening is how ecsbot says where it serves /readyz.
var listening = regexp.MustCompile(`health and metrics are served" address=(\S+)`)

// ready waits until /readyz says so.
func (c *child) ready(ctx context.Context) error {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	said, err := c.words.await(ctx, listening)
	for err == nil {
		var isReady bool
		if isReady, err = c.isReady(ctx, said[1]); err == nil && isReady {
			return nil
		}
		err = errors.Join(err, rest(ctx, 2*time.Millisecond))
	}
	return fmt.Errorf("waiting for %s to be ready: %w", c.name, errors.Join(err, context.Cause(ctx)))
}

func (c *child) isReady(ctx context.Context, address string) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", http.NoBody)
	if err != nil {
		return false, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, err
	}
	return response.StatusCode == http.StatusOK, response.Body.Close()
}

// resident is the memory that the process has now, in MiB; 0 where it cannot be read.
func (c *child) resident() mebibytes {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.command.Process.Pid))
	if err != nil {
		return 0
	}
	for field := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(field, "VmRSS:"); ok {
			kilobytes, _ := strconv.Atoi(strings.Fields(value)[0])
			return mebibytes(kilobytes) / 1024
		}
	}
	return 0
}

// processor is how much processor time the process has used; 0 where it cannot be read. The
// kernel counts it in hundredths of a second.
func (c *child) processor() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.command.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// mebibytes is an amount of memory.
type mebibytes float64

func (m mebibytes) String() string { return fmt.Sprintf("%.1f MiB", float64(m)) }

// watch follows the memory of the process; what it returns ends that and says the most that
// was seen.
func (c *child) watch() func() mebibytes {
	stop, most := make(chan struct{}), make(chan mebibytes)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		seen := c.resident()
		for {
			select {
			case <-tick.C:
				seen = max(seen, c.resident())
			case <-stop:
				most <- seen
				return
			}
		}
	}()
	return func() mebibytes {
		close(stop)
		return <-most
	}
}
