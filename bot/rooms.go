package bot

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"
)

// errShared says that another company reads along.
var errShared = errors.New("the channel is shared with another company")

// How long it is believed that a channel is not shared (Slack's events say so sooner), and how
// many channels are remembered.
const (
	roomAge   = time.Minute
	roomsMost = 1000
)

// rooms knows which channels are shared with other companies (conversations.info, is_ext_shared).
// Nothing is posted there, except where the configuration names the channel.
type rooms struct {
	api   *slack.Client
	named []string

	mu  sync.Mutex
	all map[string]*shelf[bool]
}

func newRooms(api *slack.Client, named []string) *rooms {
	return &rooms{api: api, named: named, all: map[string]*shelf[bool]{}}
}

// open is an error where others than the company would read what is posted, and where that
// cannot be found out.
func (r *rooms) open(ctx context.Context, channel string) error {
	if !isID(channel, "CG") || slices.Contains(r.named, channel) {
		return nil
	}
	shared, err := r.room(channel).get(ctx, roomAge)
	if err == nil && shared {
		return errShared
	}
	return err
}

func (r *rooms) room(channel string) *shelf[bool] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, found := r.all[channel]; found {
		return known
	}
	if len(r.all) >= roomsMost {
		clear(r.all)
	}
	made := &shelf[bool]{read: func(ctx context.Context) (bool, error) {
		info, err := r.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: channel})
		if err != nil {
			return false, err
		}
		return info.IsExtShared || info.IsPendingExtShared, nil
	}}
	r.all[channel] = made
	return made
}

// changed forgets what is known of a channel.
func (r *rooms) changed(channel string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.all, channel)
}
