package aws

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func readPage(body io.Reader) (*page, string, error) {
	p := &page{source: &source{streams: map[string]origin{"ecs/api/1": {"1", "api"}}}}
	rest, err := p.read(body)
	return p, string(rest), err
}

func TestAPageIsReadWhileItArrives(t *testing.T) {
	answer := ` { "searchedLogStreams": [ {"a": [1, -2.5e+3, true, null, {}]}, [] ], "events" : [
		{"logStreamName":"ecs/api/1","timestamp":1700000000123,"message":"a \"quoted\" \\ \/ \b\f\n\r\t \u00e4 \ud83d\ude00 \ud83d alone","ingestionTime":1,"eventId":"x"},
		{ "message" : "ä plain" , "logStreamName":"other", "timestamp":null }, {"message":null,"logStreamName":5}, {}
	] , "nextToken":"to\u006ben" } `
	for says, body := range map[string]io.Reader{"at once": strings.NewReader(answer), "byte by byte": iotest.OneByteReader(strings.NewReader(answer))} {
		p, rest, err := readPage(body)
		if err != nil || rest != `{"nextToken":"token"}` || len(p.lines) != 4 {
			t.Fatalf("%s: %d lines, rest %s, %v", says, len(p.lines), rest, err)
		}
		first := p.lines[0]
		if first.Text != "a \"quoted\" \\ / \b\f\n\r\t ä 😀 \uFFFD alone" || first.Task != "1" || first.Container != "api" || !first.Time.Equal(time.UnixMilli(1700000000123)) {
			t.Errorf("%s: first line %+v", says, first)
		}
		if second := p.lines[1]; second.Text != "ä plain" || second.Task != "" || second.Time.Unix() != 0 {
			t.Errorf("%s: second line %+v", says, second)
		}
	}
	if p, rest, err := readPage(strings.NewReader(`{"events":null,"nextToken":null}`)); err != nil || len(p.lines) != 0 || rest != "{}" {
		t.Errorf("nothing: %d lines, rest %s, %v", len(p.lines), rest, err)
	}
}

func TestAnAnswerThatIsNoneOrCutOffIsAnError(t *testing.T) {
	whole := `{"events":[{"message":"a\u00e4\ud83d\ude00\n","timestamp":12,"x":[1,{"y":null}]}],"nextToken":"t"}`
	for end := range len(whole) {
		if _, _, err := readPage(strings.NewReader(whole[:end])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut after %s: %v", whole[:end], err)
		}
	}
	for _, broken := range []string{`[]`, `{"a" 1}`, `{"a":}`, `{"a":1 "b":2}`, `{a:1}`, `{"events":[1]}`, `{"a":"\x"}`, `{"a":"\uzzzz"}`, `{"events":[{"timestamp":"x"}]}`, `{"events":[{"timestamp":1.5}]}`} {
		if _, _, err := readPage(strings.NewReader(broken)); !errors.Is(err, errNotJSON) {
			t.Errorf("%s: %v", broken, err)
		}
	}
}

// FuzzPage: whatever encoding/json can read of an answer is read alike.
func FuzzPage(f *testing.F) {
	f.Add(`{"events":[{"logStreamName":"ecs/api/1","timestamp":5,"message":"a\u00e4\\"}],"nextToken":"t"}`)
	f.Add(`{"events":[{"message":"\ud83d\u0041"},{"message":"\ud83d\ud83d\ude00"}]}`)
	f.Fuzz(func(t *testing.T, answer string) {
		p, _, err := readPage(strings.NewReader(answer))
		var want struct {
			Events []struct{ Message string }
		}
		decoder := json.NewDecoder(strings.NewReader(answer))
		if decoder.Decode(&want) != nil || err != nil || len(want.Events) != len(p.lines) || hasOtherNames(answer) {
			return
		}
		for number, line := range p.lines {
			if got := strings.ToValidUTF8(line.Text, "\uFFFD"); got != strings.ToValidUTF8(want.Events[number].Message, "\uFFFD") && !strings.Contains(answer, "\uFFFD") && bytes.Equal([]byte(answer), []byte(strings.ToValidUTF8(answer, ""))) {
				t.Errorf("%q is read as %q", want.Events[number].Message, got)
			}
		}
	})
}

// hasOtherNames says whether an answer has names that encoding/json takes for the wanted ones,
// or has one twice.
func hasOtherNames(answer string) bool {
	lower := strings.ToLower(answer)
	return strings.Count(lower, "events") != 1 || strings.Count(answer, "events") != 1 || strings.Count(lower, "message") != strings.Count(answer, `"message"`) || strings.Contains(lower, `\u00`) && !strings.Contains(answer, "\\u00e4")
}
