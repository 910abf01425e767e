package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// keys are the tag keys that could be taken for the one that counts: equal to it but for case.
func (r Rules) keys(tags map[string]string) []string {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if strings.EqualFold(key, r.Tag) {
			keys = append(keys, key)
		}
	}
	return keys
}

// nearKey is a key that was probably meant to be the one that counts: equal but for case, or
// misspelt. Empty where the tag itself is there.
func (r Rules) nearKey(tags map[string]string) string {
	if _, right := tags[r.Tag]; right {
		return ""
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if strings.EqualFold(key, r.Tag) || r.Nearest(key, []string{r.Tag}) != "" {
			return key
		}
	}
	return ""
}

// near is the environment that a tag's value was probably meant to be: the same but for case,
// spaces and punctuation, or a mistake or two. Empty where the value is right, or nothing like
// any.
func (r Rules) near(value string) string {
	if _, right := r.Environments[value]; right || value == "" {
		return ""
	}
	names := r.names()
	for _, name := range names {
		if bare(name) == bare(value) {
			return name
		}
	}
	return r.Nearest(value, names)
}

// bare is a name without what people mistake: case, spaces and punctuation.
func bare(name string) string {
	return strings.Map(func(char rune) rune {
		if unicode.IsLetter(char) || unicode.IsDigit(char) {
			return unicode.ToLower(char)
		}
		return -1
	}, name)
}

// tagCommand tags something of ECS, and untagCommand takes a key away.
func tagCommand(arn, key, value string) string {
	return fmt.Sprintf("aws ecs tag-resource --region %s --resource-arn %s --tags key=%s,value=%s", regionOf(arn), quoted(arn), quoted(key), quoted(value))
}

func untagCommand(arn, key string) string {
	return fmt.Sprintf("aws ecs untag-resource --region %s --resource-arn %s --tag-keys %s", regionOf(arn), quoted(arn), quoted(key))
}

// tagLine is the same in Terraform.
func (r Rules) tagLine(value string) string { return fmt.Sprintf("tags = { %s = %q }", r.Tag, value) }

// regionOf is the region field of an ARN.
func regionOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[3]
	}
	return ""
}

// quoted is a word as a shell takes it: what others have named is data, in a command too.
func quoted(word string) string {
	plain := func(char rune) bool {
		return char < unicode.MaxASCII && (unicode.IsLetter(char) || unicode.IsDigit(char)) || strings.ContainsRune("_.:/=+-@", char)
	}
	if word != "" && strings.IndexFunc(word, func(char rune) bool { return !plain(char) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
