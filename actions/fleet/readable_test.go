package fleet

import "testing"

func TestReadable(t *testing.T) {
	for text, want := range map[string]string{
		`{"time":"12:00","level":"warn","msg":"slow","ms":12,"q":"a b","e":""}`: `WARN 12:00 slow ms=12 q="a b" e=""`,
		`{"severity":"ERROR","message":{"a": 1},"@timestamp":5,"list":[1, 2]}`:  `ERROR 5 {"a":1} list=[1,2]`,
		`{"only":"this"}`:  "only=this",
		`{}`:               `{}`,
		`{"a":1} trailing`: `{"a":1} trailing`,
		`{"a":}`:           `{"a":}`,
		`{"a"`:             `{"a"`,
		`{a}`:              `{a}`,
		`{"a":1}}`:         `{"a":1}}`,
		`{"a":1,}`:         `{"a":1,}`,
		`{]}`:              `{]}`,
		`plain`:            `plain`,
	} {
		if got := Readable(text); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
	if got := shortened([]byte("{")); got != "{" {
		t.Errorf("broken JSON became %s", got)
	}
}
