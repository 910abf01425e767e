package actions

import (
	"context"
	"sync"
	"time"
)

// claimsMost bounds the claims that are remembered, and claimAge how long each is.
const (
	claimsMost = 10_000
	claimAge   = 24 * time.Hour
)

// claims is what buttons stand for whose readings this process keeps. It may be lost without
// harm: what such a button is about is then read again (unremembered).
type claims struct {
	mutex sync.Mutex
	all   map[string]claim // by button and value
}

type claim struct {
	press func(ctx context.Context, click Click, reply Reply)
	until time.Time
}

func (c *claims) put(button, value string, press func(context.Context, Click, Reply)) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	now := time.Now()
	if c.all == nil {
		c.all = map[string]claim{}
	}
	if len(c.all) >= claimsMost {
		c.forget(now)
	}
	c.all[button+" "+value] = claim{press, now.Add(claimAge)}
}

// forget drops what has run out; where that is nothing, anything. The caller holds the lock.
func (c *claims) forget(now time.Time) {
	for key, each := range c.all {
		if !each.until.After(now) {
			delete(c.all, key)
		}
	}
	for key := range c.all {
		if len(c.all) < claimsMost {
			return
		}
		delete(c.all, key)
	}
}

func (c *claims) find(button, value string) (func(context.Context, Click, Reply), bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	found, known := c.all[button+" "+value]
	if !known || !found.until.After(time.Now()) {
		return nil, false
	}
	return found.press, true
}
