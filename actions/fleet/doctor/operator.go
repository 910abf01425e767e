package doctor

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Role is an operator role as IAM has it.
type Role struct {
	ARN      string
	Tags     map[string]string
	Trust    string     // the document as JSON
	Policies []Document // inline and attached
}

// sessionTags are the names by which sessions are judged: a role's own tag of the name would
// answer for a session that leaves it out (IAM User Guide, "Pass session tags").
func sessionTags() []string {
	return []string{"Environment", "Operation", "Approved", "ApprovedBy", "RequestId"}
}

// Operator judges an operator role: its tags, and its documents beside those that the
// configuration implies.
func (e *Examination) Operator(role Role) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	name := shortName(role.ARN)
	var tagged []string
	for _, key := range slices.Sorted(maps.Keys(role.Tags)) {
		if slices.ContainsFunc(sessionTags(), func(tag string) bool { return strings.EqualFold(tag, key) }) {
			tagged = append(tagged, key)
		}
	}
	if len(tagged) > 0 {
		e.add(Finding{
			Kind: OperatorTagged, Resource: role.ARN, Seen: "it is tagged " + strings.Join(tagged, ", "),
			Mend: fmt.Sprintf("aws iam untag-role --role-name %s --tag-keys %s", quoted(name), strings.Join(tagged, " ")), Terraform: "tags = {}",
		})
	}
	if e.rules.Documents == nil {
		return
	}
	for _, seen := range differences(role, e.rules.Documents(role.ARN)) {
		e.add(Finding{
			Kind: OperatorDiffers, Resource: role.ARN, Seen: seen,
			Mend: fmt.Sprintf("ecsbot iam all --config ecsbot.yaml --role %s --out iam, and put what it writes on the role", role.ARN),
		})
	}
}

// differences hold a role's documents against the implied ones, statement by statement: how
// they are spread over documents, and in which order, does not matter to AWS.
func differences(role Role, implied []Document) []string {
	var trust, policies []Document
	for _, document := range implied {
		if strings.HasSuffix(document.Name, "trust") {
			trust = append(trust, document)
		} else {
			policies = append(policies, document)
		}
	}
	if len(implied) == 0 {
		return nil
	}
	found := sides{"its trust", "lacks, or has another way", "has what is not printed"}.compare([]Document{{Name: "trust", JSON: role.Trust}}, trust)
	return append(found, sides{"its policies", "lack, or have another way", "have what is not printed"}.compare(role.Policies, policies)...)
}

// sides are the words for what one side lacks and has.
type sides struct{ what, lacks, has string }

func (s sides) compare(has, wants []Document) []string {
	here, err := statements(has)
	if err != nil {
		return []string{fmt.Sprintf("%s: %v", s.what, err)}
	}
	there, err := statements(wants)
	if err != nil {
		return []string{fmt.Sprintf("%s: %v", s.what, err)}
	}
	var found []string
	if lacks := missing(there, here); len(lacks) > 0 {
		found = append(found, fmt.Sprintf("%s %s: %s", s.what, s.lacks, some(lacks)))
	}
	if extra := missing(here, there); len(extra) > 0 {
		found = append(found, fmt.Sprintf("%s %s: %s", s.what, s.has, some(extra)))
	}
	return found
}

// missing are the names of the statements of one side that the other has not, sorted.
func missing(of, in map[string]string) []string {
	var names []string
	for text, name := range of {
		if _, same := in[text]; !same {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// some of many names.
func some(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// statements are those of documents in one form, each with what people call it.
func statements(documents []Document) (map[string]string, error) {
	all := map[string]string{}
	for _, document := range documents {
		var read struct{ Statement json.RawMessage }
		if err := json.Unmarshal([]byte(document.JSON), &read); err != nil {
			return nil, fmt.Errorf("%s cannot be read: %w", document.Name, err)
		}
		var list []map[string]any
		if err := json.Unmarshal(read.Statement, &list); err != nil { // a single one may stand alone
			var alone map[string]any
			if err := json.Unmarshal(read.Statement, &alone); err != nil {
				return nil, fmt.Errorf("%s cannot be read: %w", document.Name, err)
			}
			list = []map[string]any{alone}
		}
		for _, statement := range list {
			name := fmt.Sprintf("of %s", document.Name)
			if sid, named := statement["Sid"].(string); named && sid != "" {
				name = sid
			}
			delete(statement, "Sid")
			text, err := json.Marshal(uniform(statement))
			if err != nil {
				return nil, err
			}
			all[string(text)] = name
		}
	}
	return all, nil
}

// uniform writes what may be one text or a list of them as a sorted list.
func uniform(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, member := range value {
			value[key] = uniform(member)
		}
		return value
	case []any:
		texts := make([]string, 0, len(value))
		for _, each := range value {
			texts = append(texts, fmt.Sprint(each))
		}
		slices.Sort(texts)
		return texts
	}
	return []string{fmt.Sprint(value)}
}
