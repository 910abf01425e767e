package aws_test

import (
	"net"
	"net/http"
	"os"
	"testing"

	"ecsbot/internal/sandbox/aws"
)

func TestZZServe(t *testing.T) {
	if os.Getenv("ZZ") == "" {
		t.Skip("manual")
	}
	s := aws.New(aws.Options{Fleet: aws.DemoFleet()})
	l, err := net.Listen("tcp", "127.0.0.1:18080")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/aws/", http.StripPrefix("/aws", s))
	mux.Handle("/aws", http.StripPrefix("/aws", s))
	mux.Handle("/sandbox/aws/", http.StripPrefix("/sandbox/aws", s.Console()))
	_ = http.Serve(l, mux)
}
