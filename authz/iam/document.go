// Package iam has the boundary of authz as AWS enforces it: it generates the IAM documents
// that a configuration and the catalog's declarations imply, and it evaluates such documents
// as AWS does. Pure: no I/O, nothing of the house.
package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Version is the policy language in which variables are variables.
const Version = "2012-10-17"

// The effects of a statement.
const (
	Allow = "Allow"
	Deny  = "Deny"
)

// Document is an IAM document: a policy, a trust, a session policy or an SCP.
type Document struct {
	Version   string
	Statement []Statement
}

// Statement is one rule of a document. Why and Closes are for people: they are not part of
// what AWS is given.
type Statement struct {
	Sid         string                       `json:",omitempty"`
	Effect      string                       `json:",omitempty"`
	Principal   *Principal                   `json:",omitempty"`
	Action      Values                       `json:",omitempty"`
	NotAction   Values                       `json:",omitempty"`
	Resource    Values                       `json:",omitempty"`
	NotResource Values                       `json:",omitempty"`
	Condition   map[string]map[string]Values `json:",omitempty"`

	Why    string `json:"-"` // why the statement is there, in one sentence
	Closes []int  `json:"-"` // the holes of commonly published policies that it closes; see Holes
}

// Principal is whom a trust is about.
type Principal struct {
	AWS       Values `json:",omitempty"` // ARNs, account IDs or *
	Service   Values `json:",omitempty"`
	Federated Values `json:",omitempty"`
}

// Values are texts that a document may write as a single one.
type Values []string

// MarshalJSON writes a single text as such.
func (v Values) MarshalJSON() ([]byte, error) {
	if len(v) == 1 {
		return json.Marshal(v[0])
	}
	return json.Marshal([]string(v))
}

// UnmarshalJSON reads a text, a truth, a number, or a list of them, as AWS does.
func (v *Values) UnmarshalJSON(text []byte) error {
	var raw any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&raw); err != nil {
		return err
	}
	list, isList := raw.([]any)
	if !isList {
		list = []any{raw}
	}
	*v = Values{}
	for _, each := range list {
		switch each := each.(type) {
		case string:
			*v = append(*v, each)
		case bool, json.Number:
			*v = append(*v, fmt.Sprint(each))
		default:
			return fmt.Errorf("a text or a list of texts is wanted, not %s", text)
		}
	}
	return nil
}

// UnmarshalJSON reads a principal, of which "*" is everybody.
func (p *Principal) UnmarshalJSON(text []byte) error {
	if string(text) == `"*"` {
		p.AWS = Values{"*"}
		return nil
	}
	type plain Principal
	return strictly(text, (*plain)(p))
}

// Read reads a document strictly: a field that it does not know is an error.
func Read(text []byte) (Document, error) {
	var outer struct {
		Version   string
		ID        string `json:"Id"`
		Statement json.RawMessage
	}
	if err := strictly(text, &outer); err != nil {
		return Document{}, fmt.Errorf("reading an IAM document: %w", err)
	}
	document := Document{Version: outer.Version}
	err := strictly(outer.Statement, &document.Statement)
	if len(outer.Statement) > 0 && outer.Statement[0] == '{' {
		document.Statement = make([]Statement, 1)
		err = strictly(outer.Statement, &document.Statement[0])
	}
	if err != nil {
		return Document{}, fmt.Errorf("reading the statements of an IAM document: %w", err)
	}
	return document, nil
}

// strictly decodes one JSON value without fields that nobody knows.
func strictly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the document")
	}
	return nil
}

// Compact is the document without white space, as AWS counts its size.
func (d Document) Compact() string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(d) // texts in a buffer
	return string(bytes.TrimSpace(text.Bytes()))
}

// String is the document for people and files, with a line break at its end.
func (d Document) String() string {
	var text bytes.Buffer
	_ = json.Indent(&text, []byte(d.Compact()), "", "  ") // it was encoded just now
	text.WriteByte('\n')
	return text.String()
}
