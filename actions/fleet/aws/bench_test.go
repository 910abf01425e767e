package aws_test

import (
	"net/http"
	"testing"

	"ecsbot/actions/fleet/aws"
)

// BenchmarkRestart is what the adapter itself adds to a restart, fresh read and credentials
// included, over a wire without latency.
func BenchmarkRestart(b *testing.B) {
	w := cloud(map[string][]object{"staging/api": tags("Environment", "staging")}, map[string][]object{"staging": nil})
	w.answers["AssumeRole"] = w.assumed
	w.answers["UpdateService"] = always(http.StatusOK, updated())
	f := newFleet(b, w, func(settings *aws.Settings) {
		settings.Rates = map[string]aws.Rate{}
		for _, bucket := range aws.Buckets() {
			settings.Rates[bucket] = aws.Rate{Burst: 1e6, PerSecond: 1e6}
		}
	})
	b.ReportAllocs()
	for b.Loop() {
		session, err := f.Assume(b.Context(), restarting())
		if err != nil {
			b.Fatal(err)
		}
		service, err := f.Read(b.Context(), apiRef())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.Restart(b.Context(), session, service); err != nil {
			b.Fatal(err)
		}
		w.forget()
	}
}
