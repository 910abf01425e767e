package aws

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// mostTags is how many tags a resource may have (Amazon ECS Developer Guide, "Tagging").
const mostTags = 50

// tagSet is a resource's tags: as they are, and as the tagging API's index still shows them.
type tagSet struct {
	now     map[string]string
	indexed map[string]string
	settled time.Time // when the index catches up
	ever    bool      // had tags before the last change
}

func newTags(tags map[string]string) tagSet {
	return tagSet{now: maps.Clone(tags)}
}

// change replaces the tags, which the index shows after the lag.
func (t *tagSet) change(tags map[string]string, now time.Time, lag time.Duration) {
	t.indexed = t.index(now)
	t.ever = t.ever || len(t.now) > 0
	t.now, t.settled = tags, now.Add(lag)
}

// index is what the tagging API shows.
func (t *tagSet) index(now time.Time) map[string]string {
	if now.Before(t.settled) {
		return t.indexed
	}
	return t.now
}

// with is a copy of the tags with more of them.
func (t *tagSet) with(more map[string]string) map[string]string {
	tags := maps.Clone(t.now)
	if tags == nil {
		tags = map[string]string{}
	}
	maps.Copy(tags, more)
	return tags
}

// tag is one tag as ECS writes it.
type tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// listed are tags in the order of their keys; never nil.
func listed(tags map[string]string) []tag {
	list := make([]tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, tag{key, tags[key]})
	}
	return list
}

// tagText reports whether a text may be a tag's key or value.
func tagText(text string, least, most int) bool {
	if n := utf8.RuneCountInString(text); n < least || n > most {
		return false
	}
	return strings.IndexFunc(text, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", r)
	}) < 0
}

// readTags checks the tags of a call.
func readTags(tags []tag) (map[string]string, error) {
	read := map[string]string{}
	for _, tag := range tags {
		switch _, twice := read[tag.Key]; {
		case !tagText(tag.Key, 1, 128):
			return nil, invalid("Tag keys must be 1 to 128 letters, digits, spaces and _.:/=+-@: %q", tag.Key)
		case !tagText(tag.Value, 0, 256):
			return nil, invalid("Tag values must be at most 256 letters, digits, spaces and _.:/=+-@: %q", tag.Value)
		case strings.HasPrefix(strings.ToLower(tag.Key), "aws:"):
			return nil, invalid("Tag keys starting with aws: are reserved for AWS use.")
		case twice:
			return nil, invalid("Duplicate tag key found: %s", tag.Key)
		}
		read[tag.Key] = tag.Value
	}
	if len(read) > mostTags {
		return nil, invalid("The maximum number of tags is 50.")
	}
	return read, nil
}
