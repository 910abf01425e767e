package fleet

import "testing"

func TestAnEventIsShortOnACard(t *testing.T) {
	for text, want := range map[string]string{
		"(service api) has started 2 tasks: (task fd5fbbc65a1f55b59a5c484a4698bff0) (task b162622ea18ef0445bbc9b30202af710).": "has started 2 tasks: (task fd5fbbc6) (task b162622e).",
		"(service api-2) has reached a steady state.":                  "(service api-2) has reached a steady state.",
		"(service api) (deployment ecs-svc/7459017434220394125) ended": "(deployment ecs-svc/7459017434220394125) ended",
		"": "",
	} {
		if got := (Event{Text: text}).Brief("api"); got != want {
			t.Errorf("%q is %q in brief, want %q", text, got, want)
		}
	}
}
