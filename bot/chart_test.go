package bot

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"ecsbot/actions"
)

// charted is a message with a chart of so many series and points.
func charted(series, points int) actions.Message {
	chart := actions.Chart{Title: "CPU of the last hour", Unit: "%", Words: actions.Textf("CPU: 40% on average")}
	for point := range points {
		chart.Labels = append(chart.Labels, time.Unix(int64(point)*300, 0).UTC().Format("15:04"))
	}
	for number := range series {
		chart.Series = append(chart.Series, actions.Series{Name: strings.Repeat("s", number+1), Values: make([]float64, points)})
	}
	return actions.Message{Title: actions.Textf("api"), Body: []actions.Block{chart}}
}

func TestChartsKeepToSlacksLimitsOrAreWords(t *testing.T) {
	twins := charted(2, 3)
	chart := twins.Body[0].(actions.Chart)
	chart.Series[0].Name, chart.Series[1].Name = strings.Repeat("long", 10)+"a", strings.Repeat("long", 10)+"b"
	for name, test := range map[string]struct {
		message actions.Message
		isChart bool
	}{
		"as large as may be":  {charted(6, 20), true},
		"too many series":     {charted(7, 20), false},
		"too many points":     {charted(1, 21), false},
		"no series":           {charted(0, 3), false},
		"no points":           {charted(1, 0), false},
		"names that grow one": {twins, true},
	} {
		shown := render(test.message)
		withinLimits(t, shown)
		encoded, _ := json.Marshal(shown.blocks)
		if got := strings.Contains(string(encoded), "data_visualization"); got != test.isChart {
			t.Errorf("%s: a chart is %v", name, got)
		}
		if got := strings.Contains(string(encoded), "40% on average"); got == test.isChart {
			t.Errorf("%s: its words are %v", name, got)
		}
	}
}

func TestAMessageHasTwoChartsAtMost(t *testing.T) {
	message := charted(1, 3)
	message.Body = append(message.Body, message.Body[0], message.Body[0])
	shown := render(message)
	encoded, _ := json.Marshal(shown.blocks)
	if count := strings.Count(string(encoded), `"data_visualization"`); count != 2 {
		t.Errorf("%d charts", count)
	}
	plainer, _ := json.Marshal(shown.plainer)
	if strings.Contains(string(plainer), "data_visualization") || strings.Count(string(plainer), "40% on average") != 3 {
		t.Errorf("without charts: %s", plainer)
	}
}

func TestAChartThatSlackRefusesIsSaidInWords(t *testing.T) {
	core := func(ctx context.Context, _ actions.Request, reply actions.Reply) { _ = reply.Share(ctx, charted(2, 3)) }
	inBubble(t, nil, core, func(t *testing.T, bot running) {
		bot.fake.on("chat.postMessage", inTurn(refuses("invalid_blocks"), says(`{"ok":true,"channel":"C1","ts":"1.1"}`)))
		bot.socket().command(1, "status")
		time.Sleep(5 * time.Second)
		posts := bot.fake.made("chat.postMessage")
		if len(posts) != 2 {
			t.Fatalf("posted %d times", len(posts))
		}
		if blocks := posts[1].values.Get("blocks"); strings.Contains(blocks, "data_visualization") || !strings.Contains(blocks, "40% on average") {
			t.Errorf("the second time it was %s", blocks)
		}
	})
}
