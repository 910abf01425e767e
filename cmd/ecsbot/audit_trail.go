package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/aws"
	"ecsbot/actions/ledger"
	"ecsbot/internal/config"
)

// trailCommand joins an operation of the ledger with what CloudTrail has of it.
type trailCommand struct {
	Operation string
	Config    string
	JSON      bool
}

func (c *trailCommand) declare(line *cobra.Command) {
	line.Use, line.Short = "trail OPERATION", "Find in CloudTrail what an operation did"
	line.Long = line.Short + ".\n\nOPERATION is the operation's ID, as cards and entries have it."
	line.Args = words(1, &c.Operation)
	configuration(line, &c.Config)
	line.Flags().BoolVar(&c.JSON, "json", false, "print one JSON object")
}

// trailTime is how long AWS may be asked: CloudTrail answers twice a second.
const trailTime = 2 * time.Minute

// trail is one operation as both sides have it.
type trail struct {
	Operation string             `json:"operation"`
	Entries   []ledger.Entry     `json:"entries"`
	Events    []fleet.TrailEvent `json:"events"`
	Missing   []string           `json:"missing"` // in words, what CloudTrail does not have
}

// Run finds the AssumeRole of the operation and the calls made with it.
func (c trailCommand) Run(around surroundings) error {
	ctx, cancel := context.WithTimeout(around.ctx, trailTime)
	defer cancel()
	loaded, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	found := trail{Operation: c.Operation, Events: []fleet.TrailEvent{}, Missing: []string{}}
	if found.Entries, err = entriesOf(ctx, c.Config, c.Operation, around); err != nil {
		return err
	}
	if err := found.join(ctx, loaded); err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(around.stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(found)
	}
	return found.tell(around.stdout)
}

// entriesOf are the operation's entries.
func entriesOf(ctx context.Context, path, operation string, around surroundings) ([]ledger.Entry, error) {
	keeper, err := readLedger(ctx, path)
	if err != nil {
		return nil, err
	}
	defer keeper.Close()
	key, err := ledgerKey(around)
	if err != nil {
		return nil, err
	}
	var entries []ledger.Entry
	err = ledger.Verify(ctx, keeper, key, func(entry ledger.Entry, _ string) error {
		if entry.Operation == operation {
			entries = append(entries, entry)
		}
		return nil
	})
	if err == nil && len(entries) == 0 {
		err = fmt.Errorf("the ledger has no operation %s", operation)
	}
	return entries, err
}

// join asks CloudTrail for every access key of the operation, where the environment is.
func (t *trail) join(ctx context.Context, loaded *config.Config) error {
	first := t.Entries[0]
	scope, declared := scopesOf(loaded)[first.Environment]
	keys := map[string]time.Time{} // and when each was first used
	for _, entry := range t.Entries {
		if entry.AWS == nil || entry.AWS.AccessKeyID == "" {
			continue
		}
		if _, known := keys[entry.AWS.AccessKeyID]; !known {
			keys[entry.AWS.AccessKeyID] = entry.Time
		}
	}
	switch {
	case len(keys) == 0:
		t.Missing = append(t.Missing, "no entry has an access key: it did not reach AWS in a session of its own")
		return nil
	case !declared:
		return fmt.Errorf("the configuration has no environment %s any more: where its CloudTrail is, is not known", first.Environment)
	}
	settings, err := fleetSettings(parts{config: loaded, log: slog.New(slog.DiscardHandler)}, scopesOf(loaded))
	if err != nil {
		return err
	}
	reached, err := aws.New(ctx, settings)
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		events, err := reached.Trail(ctx, scope, key, keys[key])
		if errors.Is(err, fleet.ErrDenied) {
			return fmt.Errorf("%s: cloudtrail:LookupEvents must be allowed to the bot's own or the discovery role", plain(err))
		}
		if err != nil {
			return err
		}
		t.Events = append(t.Events, events...)
		t.note(key, keys[key], events)
	}
	slices.SortStableFunc(t.Events, func(a, b fleet.TrailEvent) int { return cmp.Compare(a.Time.Unix(), b.Time.Unix()) })
	return nil
}

// note says what is not there, and whether it may still come.
func (t *trail) note(key string, at time.Time, events []fleet.TrailEvent) {
	when := "CloudTrail keeps 90 days"
	if time.Since(at) < 15*time.Minute {
		when = "CloudTrail may take 15 minutes"
	}
	if !slices.ContainsFunc(events, func(event fleet.TrailEvent) bool { return event.Assumed != nil }) {
		t.Missing = append(t.Missing, fmt.Sprintf("no AssumeRole that handed out %s (%s)", key, when))
	}
	if !slices.ContainsFunc(events, func(event fleet.TrailEvent) bool { return event.AccessKeyID == key }) {
		t.Missing = append(t.Missing, fmt.Sprintf("no call with %s: it was not used, or %s", key, when))
	}
}

// tell prints both sides, in the order of time.
func (t *trail) tell(out io.Writer) error {
	var text strings.Builder
	first := t.Entries[0]
	fmt.Fprintf(&text, "%s: %s %s in %s by %s\n\nThe ledger\n", t.Operation, first.Action, cmp.Or(first.Service, "–"), first.Environment, first.Actor.User)
	for _, entry := range t.Entries {
		fmt.Fprintf(&text, "  %s  %d  %s by %s%s\n", entry.Time.Format(time.RFC3339), entry.Seq, entry.Event, entry.Actor.User, keyOf(entry))
	}
	text.WriteString("\nCloudTrail\n")
	for _, event := range t.Events {
		fmt.Fprintf(&text, "  %s  %s\n", event.Time.UTC().Format(time.RFC3339), sentence(event))
	}
	for _, missing := range t.Missing {
		fmt.Fprintf(&text, "  missing: %s\n", missing)
	}
	for _, line := range t.verdict() {
		fmt.Fprintf(&text, "\n%s\n", line)
	}
	_, err := io.WriteString(out, printableLines(text.String()))
	return err
}

func keyOf(entry ledger.Entry) string {
	if entry.AWS == nil || entry.AWS.AccessKeyID == "" {
		return ""
	}
	return ", access key " + entry.AWS.AccessKeyID
}

// sentence is an event in words.
func sentence(event fleet.TrailEvent) string {
	ended := ""
	if event.Error != "" {
		ended = ": " + event.Error
	}
	if event.Assumed == nil {
		target := ""
		if event.Service != "" {
			target = " " + event.Cluster + "/" + event.Service
		}
		return fmt.Sprintf("%s%s by %s with %s, in the name of %s (request %s)%s", event.Name, target, event.Principal, event.AccessKeyID, cmp.Or(event.SourceIdentity, "nobody"), event.RequestID, ended)
	}
	var tags []string
	for _, key := range slices.Sorted(maps.Keys(event.Assumed.Tags)) {
		tags = append(tags, key+"="+event.Assumed.Tags[key])
	}
	return fmt.Sprintf("AssumeRole %s as %s by %s, handed out %s; tags %s%s", event.Assumed.Role, event.Assumed.Session, event.Principal, event.Assumed.AccessKeyID, strings.Join(tags, " "), ended)
}

// verdict holds both sides against each other.
func (t *trail) verdict() []string {
	var said []string
	actor := t.Entries[0].Actor
	person := fmt.Sprintf("slack-%s-%s", actor.Team, actor.User)
	for _, event := range t.Events {
		if event.Assumed == nil {
			continue
		}
		if request := event.Assumed.Tags["RequestId"]; request != t.Operation {
			said = append(said, fmt.Sprintf("DIFFERENT: the session was tagged RequestId=%s", request))
		}
		if environment := event.Assumed.Tags["Environment"]; environment != t.Entries[0].Environment {
			said = append(said, fmt.Sprintf("DIFFERENT: the session was tagged Environment=%s", environment))
		}
		if event.Assumed.Source != person {
			said = append(said, fmt.Sprintf("DIFFERENT: the session was in the name of %s", event.Assumed.Source))
		}
	}
	if len(said) == 0 && len(t.Missing) == 0 && len(t.Events) > 0 {
		said = append(said, "Both agree: the person, the environment and the operation of the session are those of the ledger.")
	}
	return said
}

// printableLines keeps what others have named from moving the cursor.
func printableLines(text string) string {
	lines := strings.Split(text, "\n")
	for position := range lines {
		lines[position] = printable(lines[position])
	}
	return strings.Join(lines, "\n")
}
