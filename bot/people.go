package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"ecsbot/authz"
)

// How often what is known about people is read again in the background, so that a request is
// answered from memory. usergroups.list may be called 20 times a minute, users.info 100 times
// (docs.slack.dev/apis/web-api/rate-limits).
const (
	refreshEvery   = 30 * time.Second
	refreshSpacing = 4 * time.Second
	groupsSpacing  = 3 * time.Second
	personSpacing  = 2500 * time.Millisecond // of one who changes on and on: 24 a minute
	refreshPeople  = 30                      // people whose record is kept fresh
	activeFor      = 10 * time.Minute        // since they last asked for something
	peopleMost     = 10_000
)

// People knows who somebody is and which groups they are in.
type People struct {
	api      *slack.Client
	identity *identity
	log      *slog.Logger
	groups   *shelf[membership]
	stale    chan struct{} // the groups have changed
	changed  func(group string, came, went []string)
	last     atomic.Pointer[membership] // of the reading before

	mu    sync.Mutex
	users map[string]*acquaintance
}

// membership is the groups of each user, sorted.
type membership map[string][]string

// acquaintance is what is known about one user.
type acquaintance struct {
	record *shelf[slack.User]
	asked  time.Time
}

func newPeople(api *slack.Client, identity *identity, log *slog.Logger, changed func(string, []string, []string)) *People {
	people := &People{
		api: api, identity: identity, log: log, changed: changed,
		stale: make(chan struct{}, 1),
		users: map[string]*acquaintance{},
	}
	people.groups = &shelf[membership]{read: people.listGroups, spacing: groupsSpacing}
	return people
}

// Recall answers from memory: what was read no longer ago than age. It never waits.
func (p *People) Recall(actor authz.Actor, age time.Duration) (authz.Person, bool) {
	bot, known := p.identity.get()
	if !known {
		return authz.Person{}, false
	}
	groups, ok := p.groups.recall(age)
	if !ok {
		return authz.Person{}, false
	}
	user, ok := p.record(actor.User).recall(age)
	if !ok {
		return authz.Person{}, false
	}
	return person(bot, actor, user, groups), true
}

// Read answers with what was read no longer ago than age, counted from when the reading
// began. It is an error where Slack cannot be read.
func (p *People) Read(ctx context.Context, actor authz.Actor, age time.Duration) (authz.Person, error) {
	bot, err := p.identity.wait(ctx)
	if err != nil {
		return authz.Person{}, err
	}
	var user slack.User
	var userErr error
	read := make(chan struct{})
	go func() {
		defer close(read)
		user, userErr = p.record(actor.User).get(ctx, age)
	}()
	groups, groupsErr := p.groups.get(ctx, age)
	<-read
	if groupsErr != nil || userErr != nil {
		return authz.Person{}, fmt.Errorf("reading who %s is in Slack: %w", actor.User, redacted(errors.Join(groupsErr, userErr)))
	}
	return person(bot, actor, user, groups), nil
}

// ever is no bound on the age of what is remembered.
const ever = time.Duration(1<<63 - 1)

// Ready is an error until the groups have been read.
func (p *People) Ready() error {
	if _, ok := p.groups.recall(ever); !ok {
		return errors.New("the Slack user groups have not been read")
	}
	return nil
}

func person(bot self, actor authz.Actor, user slack.User, groups membership) authz.Person {
	who := bot.actor(actor.Team, user.Enterprise.EnterpriseID, actor.User)
	return authz.Person{Actor: who, Standing: standing(bot, who, user), Groups: groups[actor.User]}
}

// record is the shelf for one user. There is a bound on how many are kept; those who have not
// asked for long are forgotten first.
func (p *People) record(user string) *shelf[slack.User] {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.users[user]; known != nil {
		known.asked = time.Now()
		return known.record
	}
	if len(p.users) >= peopleMost {
		p.forget()
	}
	record := &shelf[slack.User]{spacing: personSpacing, read: func(ctx context.Context) (slack.User, error) { return p.userInfo(ctx, user) }}
	p.users[user] = &acquaintance{record: record, asked: time.Now()}
	return record
}

func (p *People) forget() {
	for user, known := range p.users {
		if time.Since(known.asked) > activeFor || len(p.users) >= peopleMost {
			delete(p.users, user)
		}
	}
}

// userInfo is a user's own record. A user whom Slack does not know is an empty record, which
// is nobody.
func (p *People) userInfo(ctx context.Context, user string) (slack.User, error) {
	info, err := p.api.GetUserInfoContext(ctx, user)
	if isCode(err, "user_not_found", "user_not_visible", "users_not_found") {
		return slack.User{}, nil
	}
	if err != nil {
		return slack.User{}, err
	}
	return *info, nil
}

// Members are the user IDs in a group, from memory, however old.
func (p *People) Members(group string) []string {
	groups, ok := p.groups.recall(ever)
	if !ok {
		return nil
	}
	var members []string
	for user, list := range groups {
		if slices.Contains(list, group) {
			members = append(members, user)
		}
	}
	return members
}

// listGroups reads all groups with their users in one call. Disabled groups and those of other
// companies count for nothing.
func (p *People) listGroups(ctx context.Context) (membership, error) {
	options := []slack.GetUserGroupsOption{slack.GetUserGroupsOptionIncludeUsers(true)}
	if bot, _ := p.identity.get(); bot.Enterprise != "" {
		options = append(options, slack.GetUserGroupsOptionTeamID(bot.Team))
	}
	groups, err := p.api.GetUserGroupsContext(ctx, options...)
	if err != nil {
		return nil, err
	}
	members := membership{}
	for _, group := range groups {
		if group.ID == "" || group.DateDelete != 0 || group.IsExternal {
			continue
		}
		for _, user := range group.Users {
			members[user] = append(members[user], group.ID)
		}
	}
	for user, list := range members {
		slices.Sort(list)
		members[user] = slices.Compact(list)
	}
	if before := p.last.Swap(&members); before != nil && p.changed != nil {
		for group, moved := range moves(*before, members) {
			p.changed(group, moved.came, moved.went)
		}
	}
	return members, nil
}

// move is who came into a group and who went, sorted.
type move struct{ came, went []string }

// moves compares two readings, by group.
func moves(before, after membership) map[string]move {
	found := map[string]move{}
	note := func(from, to membership, into func(*move, string)) {
		for _, user := range slices.Sorted(maps.Keys(from)) {
			for _, group := range from[user] {
				if !slices.Contains(to[user], group) {
					moved := found[group]
					into(&moved, user)
					found[group] = moved
				}
			}
		}
	}
	note(after, before, func(m *move, user string) { m.came = append(m.came, user) })
	note(before, after, func(m *move, user string) { m.went = append(m.went, user) })
	return found
}

// groupsChanged forgets the memberships and has them read again.
func (p *People) groupsChanged() {
	p.groups.void()
	p.again()
}

// again has the groups read as soon as their spacing allows.
func (p *People) again() {
	select {
	case p.stale <- struct{}{}:
	default:
	}
}

// userChanged forgets one user's record.
func (p *People) userChanged(user string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.users[user]; known != nil {
		known.record.void()
	}
}

// run keeps what is known fresh until the context ends.
func (p *People) run(ctx context.Context) {
	if _, err := p.identity.wait(ctx); err != nil {
		return
	}
	every := time.NewTicker(refreshEvery)
	defer every.Stop()
	for {
		p.refresh(ctx)
		if !sleep(ctx, refreshSpacing) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-p.stale:
		case <-every.C:
		}
	}
}

func (p *People) refresh(ctx context.Context) {
	if _, err := p.groups.get(ctx, refreshSpacing); err != nil && ctx.Err() == nil {
		p.log.Error("the Slack user groups cannot be read", "error", redacted(err), "needs", neededScope(err))
		p.again()
	}
	for _, record := range p.active() {
		if _, err := record.get(ctx, refreshEvery-refreshSpacing); err != nil && ctx.Err() == nil {
			p.log.Warn("a Slack user cannot be read", "error", redacted(err))
			return
		}
	}
}

// active is the records of those who asked for something lately, the latest first.
func (p *People) active() []*shelf[slack.User] {
	p.mu.Lock()
	defer p.mu.Unlock()
	var lately []*acquaintance
	for _, known := range p.users {
		if time.Since(known.asked) <= activeFor {
			lately = append(lately, known)
		}
	}
	slices.SortFunc(lately, func(a, b *acquaintance) int { return b.asked.Compare(a.asked) })
	var records []*shelf[slack.User]
	for _, known := range lately[:min(len(lately), refreshPeople)] {
		records = append(records, known.record)
	}
	return records
}

// neededScope is the scope that Slack misses; empty where that is not the trouble.
func neededScope(err error) string {
	if response, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return response.Needed
	}
	return ""
}
