package ops

import (
	"fmt"
	"testing"

	"ecsbot/actions/fleet"
)

// BenchmarkTake is one part of a file: from lines as they were read to packed ones on disk.
func BenchmarkTake(b *testing.B) {
	lines := every(2500, func(number int) string {
		return fmt.Sprintf(`10.0.%d.%d - - [25/Nov/2026:21:51:37 +0000] "GET /orders/%d HTTP/1.1" 200 %d %dms`, number%250, number%77, number*7919%99991, number*31337%40000, number%400)
	})
	for number := range lines {
		lines[number].Task = fmt.Sprintf("%032d", number%20)
	}
	whole := &export{reading: &reading{journal: newJournal(b, nil)}, spool: spool{room: 1 << 40}}
	defer whole.close()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := whole.take(0, fleet.Lines{Lines: lines, Secrets: []string{"correct horse battery"}}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2500, "ns/line")
}
