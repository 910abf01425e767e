package bot

import (
	"encoding/json"
	"testing"
)

// BenchmarkRender is the work between an answer and its acknowledgement.
func BenchmarkRender(b *testing.B) {
	looks := samples()
	for name, message := range huge() {
		looks[name] = message
	}
	for _, name := range []string{"sentence", "card", "code"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := json.Marshal(answerWith(render(looks[name]), nil)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
