package slack

import "maps"

// refusal is an error as the Web API answers it: ok false, a code, and more fields.
type refusal struct {
	code   string
	fields map[string]any
}

func (r *refusal) Error() string { return r.code }

func refuse(code string) *refusal { return &refusal{code: code} }

func (r *refusal) answer() map[string]any {
	answer := map[string]any{"ok": false, "error": r.code}
	maps.Copy(answer, r.fields)
	return answer
}

// invalidArguments is a refusal that says which arguments, as Slack does for views.
func invalidArguments(messages ...string) *refusal {
	return &refusal{code: "invalid_arguments", fields: map[string]any{
		"response_metadata": map[string]any{"messages": messages},
	}}
}

// invalidBlocks is a refusal that says which blocks.
func invalidBlocks(messages []string) *refusal {
	return &refusal{code: "invalid_blocks", fields: map[string]any{
		"errors": messages, "response_metadata": map[string]any{"messages": messages},
	}}
}

// Refusal is what Slack tells a person who tries what does not work: its own
// words, shown to that person alone.
type Refusal struct{ Notice string }

// Error is the notice.
func (r *Refusal) Error() string { return r.Notice }
