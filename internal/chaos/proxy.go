package chaos

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// proxy stands before a DynamoDB and hands over whole requests only: dynalite ends when a
// client is killed in the midst of one. What was handed over is carried out, whether or not
// its caller lives to hear of it.
type proxy struct {
	target string
	server *http.Server
}

// newProxy serves before target and returns its own address.
func newProxy(target string) (*proxy, string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", fmt.Errorf("listening for DynamoDB: %w", err)
	}
	made := &proxy{target: target}
	made.server = &http.Server{Handler: made, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = made.server.Serve(listener) }() // ends with close
	return made, "http://" + listener.Addr().String(), nil
}

func (p *proxy) close() { _ = p.server.Close() }

// ServeHTTP hands one request over.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil { // its caller was killed
		return
	}
	request, err := http.NewRequest(r.Method, p.target+r.URL.Path, bytes.NewReader(body)) //nolint:noctx,gosec // it outlives its caller; the target is the test's own
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	request.Header = r.Header.Clone()
	answer, err := http.DefaultClient.Do(request) //nolint:gosec // see above
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body) // whoever has gone cannot be told
}
