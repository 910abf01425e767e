package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// args are the arguments of a call, whichever way they were sent.
type args map[string]any

const mostBody = 4 << 20

// readArgs reads the body of a call; JSON counts only where the method takes it.
func readArgs(r *http.Request, takesJSON bool) (args, error) {
	given := args{}
	for name, values := range r.URL.Query() {
		given[name] = values[0]
	}
	if r.Method != http.MethodPost {
		return given, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, mostBody))
	if err != nil {
		return nil, fmt.Errorf("reading the body: %w", err)
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case len(body) == 0:
	case err != nil:
		return nil, refuse("missing_post_type")
	case kind == "application/json":
		return given, given.addJSON(body, takesJSON)
	case kind == "application/x-www-form-urlencoded" || kind == "multipart/form-data":
		return given, given.addForm(r)
	default:
		return nil, refuse("invalid_post_type")
	}
	return given, nil
}

func (a args) addJSON(body []byte, takesJSON bool) error {
	var sent any
	if err := json.Unmarshal(body, &sent); err != nil {
		return refuse("invalid_json")
	}
	object, ok := sent.(map[string]any)
	if !ok {
		if sent == nil {
			return nil
		}
		return refuse("json_not_object")
	}
	if takesJSON {
		for name, value := range object {
			if name != "token" { // with a JSON body the token belongs in the header
				a[name] = value
			}
		}
	}
	return nil
}

func (a args) addForm(r *http.Request) error {
	if err := r.ParseMultipartForm(mostBody); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return refuse("invalid_form_data")
	}
	for name, values := range r.PostForm {
		a[name] = values[0]
	}
	return nil
}

func (a args) has(name string) bool {
	value, ok := a[name]
	return ok && value != nil && value != ""
}

func (a args) text(name string) string {
	switch value := a[name].(type) {
	case string:
		return value
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(value)
	}
	return ""
}

func (a args) isSet(name string) bool {
	value := a.text(name)
	return value == "true" || value == "1"
}

func (a args) count(name string, otherwise, most int) (int, error) {
	if !a.has(name) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(a.text(name))
	if err != nil || n < 1 {
		return 0, refuse("invalid_limit")
	}
	return min(n, most), nil
}

// decoded is an argument that is JSON: as a string in a form, as it is in a JSON body.
func (a args) decoded(name string) (any, error) {
	text, ok := a[name].(string)
	if !ok {
		return a[name], nil
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return nil, fmt.Errorf("decoding %s: %w", name, err)
	}
	return value, nil
}

// need refuses a call without a required argument.
func (a args) need(names ...string) error {
	for _, name := range names {
		if !a.has(name) {
			return invalidArguments("[ERROR] missing required field: " + name)
		}
	}
	return nil
}
