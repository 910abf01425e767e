package iam

import (
	"fmt"
	"strings"
)

// comparison is how a condition operator compares one value with one of the document's.
type comparison int

const (
	byText comparison = iota
	byFold
	byPattern
	byARN
	byTruth
	byPresence
)

// operator is a condition operator without its set prefix and IfExists.
type operator struct {
	compare comparison
	negated bool
}

// operators are those that this package knows (IAM User Guide, "Condition operators").
func operators() map[string]operator {
	return map[string]operator{
		"StringEquals":              {compare: byText},
		"StringNotEquals":           {compare: byText, negated: true},
		"StringEqualsIgnoreCase":    {compare: byFold},
		"StringNotEqualsIgnoreCase": {compare: byFold, negated: true},
		"StringLike":                {compare: byPattern},
		"StringNotLike":             {compare: byPattern, negated: true},
		"ArnEquals":                 {compare: byARN},
		"ArnLike":                   {compare: byARN},
		"ArnNotEquals":              {compare: byARN, negated: true},
		"ArnNotLike":                {compare: byARN, negated: true},
		"Bool":                      {compare: byTruth},
		"Null":                      {compare: byPresence},
	}
}

// quantifier is how a condition deals with a key that has several values.
type quantifier int

const (
	forOne quantifier = iota
	forAny
	forAll
)

// condition is one key of one operator.
type condition struct {
	operator

	over     quantifier
	ifExists bool
	key      string // in lower case
	values   []template
	arns     []arn
	isAbsent bool // of Null: the key must not be there
}

func parseCondition(name, key string, values Values, variables bool) (condition, error) {
	parsed := condition{key: strings.ToLower(key)}
	bare := name
	if rest, found := strings.CutPrefix(bare, "ForAnyValue:"); found {
		parsed.over, bare = forAny, rest
	} else if rest, found := strings.CutPrefix(bare, "ForAllValues:"); found {
		parsed.over, bare = forAll, rest
	}
	bare, parsed.ifExists = strings.CutSuffix(bare, "IfExists")
	known, found := operators()[bare]
	if !found || known.compare == byPresence && name != "Null" {
		return condition{}, fmt.Errorf("the condition operator %q is not known", name)
	}
	if len(values) == 0 {
		return condition{}, fmt.Errorf("%s of %s has no value", name, key)
	}
	parsed.operator = known
	return parsed, parsed.take(values, variables)
}

// take compiles the values.
func (c *condition) take(values Values, variables bool) error {
	for _, text := range values {
		switch c.compare {
		case byPresence:
			if text != "true" && text != "false" {
				return fmt.Errorf("null of %s takes true or false, not %q", c.key, text)
			}
			c.isAbsent = text == "true"
		case byARN:
			parsed, err := parseARN(text, variables)
			if err != nil {
				return err
			}
			c.arns = append(c.arns, parsed)
		default:
			parsed, err := parseTemplate(text, c.compare == byPattern, variables)
			if err != nil {
				return err
			}
			c.values = append(c.values, parsed)
		}
	}
	return nil
}

// holds judges the condition on a context. One whose variable cannot be resolved does not
// hold, whichever way it is meant.
func (c condition) holds(context map[string][]string) bool {
	values := context[c.key]
	if c.compare == byPresence {
		return c.isAbsent == (len(values) == 0)
	}
	patterns, resolved := c.patterns(context)
	switch {
	case !resolved:
		return false
	case len(values) == 0:
		return c.missing()
	}
	hits := 0
	for _, value := range values {
		if c.hit(value, patterns, context) {
			hits++
		}
	}
	switch {
	case c.over == forAll && c.negated:
		return hits == 0
	case c.over == forAll:
		return hits == len(values)
	case c.over == forAny && c.negated:
		return hits < len(values)
	case c.negated:
		return hits == 0
	}
	return hits > 0
}

// missing is what a condition says of a key that is not there.
func (c condition) missing() bool {
	switch {
	case c.ifExists, c.over == forAll:
		return true
	case c.over == forAny:
		return false
	}
	return c.negated
}

func (c condition) patterns(context map[string][]string) (patterns []string, resolved bool) {
	for _, value := range c.values {
		pattern, known := value.expand(context)
		if !known {
			return nil, false
		}
		patterns = append(patterns, pattern)
	}
	for _, each := range c.arns {
		if _, known := each.matches("", context); !known {
			return nil, false
		}
	}
	return patterns, true
}

// hit says whether a value equals one of the document's.
func (c condition) hit(value string, patterns []string, context map[string][]string) bool {
	for _, pattern := range patterns {
		switch {
		case c.compare == byText && value == pattern,
			c.compare == byPattern && glob(pattern, value),
			(c.compare == byFold || c.compare == byTruth) && strings.EqualFold(value, pattern):
			return true
		}
	}
	for _, each := range c.arns {
		if matches, _ := each.matches(value, context); matches {
			return true
		}
	}
	return false
}
