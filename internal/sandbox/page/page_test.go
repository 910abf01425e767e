package page_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ecsbot/internal/sandbox/page"
)

func get(t *testing.T, path string) *http.Response {
	t.Helper()
	recorder := httptest.NewRecorder()
	page.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
	return recorder.Result()
}

func TestServesThePageAndItsParts(t *testing.T) {
	for path, kind := range map[string]string{
		"/":                    "text/html",
		"/static/js/main.js":   "text/javascript",
		"/static/css/base.css": "text/css",
		"/static/emoji.svg":    "image/svg+xml",
	} {
		answer := get(t, path)
		if answer.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", path, answer.StatusCode)
		}
		if got := answer.Header.Get("Content-Type"); !strings.HasPrefix(got, kind) {
			t.Errorf("%s: Content-Type %q, want %q", path, got, kind)
		}
	}
}

func TestServesNothingElse(t *testing.T) {
	for _, path := range []string{"/static/", "/static/js/", "/static/js/missing.js", "/page.go", "/elsewhere"} {
		if answer := get(t, path); answer.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, answer.StatusCode)
		}
	}
}

// A message or a log line that got past the page's escaping could still run nothing.
func TestEveryAnswerForbidsForeignAndInlineCode(t *testing.T) {
	for _, path := range []string{"/", "/static/js/main.js", "/elsewhere"} {
		header := get(t, path).Header
		policy := header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'self';") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: Content-Security-Policy %q", path, policy)
		}
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", path, header)
		}
	}
}

func TestAnswersReadsOnly(t *testing.T) {
	recorder := httptest.NewRecorder()
	page.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}")))
	if recorder.Code != http.StatusMethodNotAllowed {
		body, _ := io.ReadAll(recorder.Body)
		t.Errorf("POST /: status %d, %s", recorder.Code, body)
	}
}
