// Package page is the sandbox's web page: the local Slack on the left, the fleet on the right.
// It is plain HTML, CSS and ES modules, embedded in the binary and served as they lie in static/.
// The page reads what it shows from the event streams of the sandbox's Slack and AWS.
package page

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed static
var files embed.FS

// policy lets the page load from, connect to and be framed by nothing but itself; what a log line or
// a message says can therefore run nothing, even if the page failed to escape it.
const policy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page at `/` and its parts under `/static/`; every other path is not found.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "static/page.html")
	})
	mux.Handle("GET /static/", withoutListings(http.FileServerFS(files)))
	return guarded(mux)
}

// guarded sets the headers that every answer carries.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// withoutListings answers 404 where the file server would list a directory.
func withoutListings(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info, err := fs.Stat(files, r.URL.Path[1:])
		if err != nil || info.IsDir() {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
