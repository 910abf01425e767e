package chaos

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
)

// process is a bot of its own.
type process struct {
	command *exec.Cmd
	ended   chan struct{}

	mutex   sync.Mutex
	entries []string
	left    int // entries until it is killed; 0: it is not
}

// start starts a bot, with nothing of this process's environment but what any program needs.
func (w *world) start(ctx context.Context) (*process, error) {
	made := &process{ended: make(chan struct{})}
	made.command = exec.CommandContext(ctx, w.program, "run", "--config", w.config) //nolint:gosec // what was just built
	made.command.Dir, made.command.Env = w.folder, w.environment()
	said, err := os.OpenFile(filepath.Join(w.folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the log: %w", err)
	}
	defer said.Close()
	made.command.Stderr = said
	out, err := made.command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a bot: %w", err)
	}
	if err := made.command.Start(); err != nil {
		return nil, fmt.Errorf("starting a bot: %w", err)
	}
	go made.read(out)
	return made, nil
}

// read keeps every entry that the bot says is stored.
func (p *process) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		p.mutex.Lock()
		p.entries = append(p.entries, lines.Text())
		p.left--
		isDue := p.left == 0
		p.mutex.Unlock()
		if isDue {
			_ = p.command.Process.Signal(syscall.SIGKILL)
		}
	}
	_ = p.command.Wait() // it was killed, mostly
	close(p.ended)
}

// killAtEntry kills the bot as soon as it has stored so many more.
func (p *process) killAtEntry(count int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.left = count
}

// kill ends the process without ado.
func (p *process) kill() {
	_ = p.command.Process.Signal(syscall.SIGKILL)
	<-p.ended
}

// stall stops the process as it stands, and goOn lets it go on as if nothing had been.
func (p *process) stall() { _ = p.command.Process.Signal(syscall.SIGSTOP) }
func (p *process) goOn()  { _ = p.command.Process.Signal(syscall.SIGCONT) }

// remember keeps what a bot that has ended said it stored.
func (w *world) remember(bot *process) {
	bot.mutex.Lock()
	defer bot.mutex.Unlock()
	w.note()
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, line := range bot.entries {
		w.printed[line] = true
	}
}

// tool runs another command of the program.
func (w *world) tool(ctx context.Context, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, w.program, append(arguments, "--config", w.config)...) //nolint:gosec // what was just built
	command.Dir, command.Env = w.folder, w.environment()
	text, err := command.Output()
	if failed, is := err.(*exec.ExitError); is { //nolint:errorlint // Output returns it as it is
		err = fmt.Errorf("%v: %w: %s", arguments, err, failed.Stderr)
	}
	return string(text), err
}
