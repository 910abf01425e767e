package bot

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/slack-go/slack"

	"ecsbot/actions"
)

// Slack's limits on charts (docs.slack.dev/reference/block-kit/blocks/data-visualization-block);
// where two numbers are published, the lower.
const (
	maxCharts     = 2 // in one message
	maxSeries     = 6
	maxPoints     = 20 // of one series
	maxChartTitle = 50
	maxChartLabel = 20
)

// chart adds a chart, or its words where it does not fit.
func (p *page) chart(block actions.Chart) {
	shown := chartBlock(block)
	if shown == nil || len(p.instead) == maxCharts || weigh(shown) > p.left {
		p.note(actions.Note{Text: block.Words})
		return
	}
	p.push(shown)
	p.instead = append(p.instead, smallPrint(cutRunes(inert(cmp.Or(plain(block.Words), block.Title)), maxContext)))
}

// chartBlock is nil for what Slack would not take.
func chartBlock(block actions.Chart) slack.Block {
	if len(block.Labels) == 0 || len(block.Labels) > maxPoints || block.Title == "" || len(block.Series) == 0 || len(block.Series) > maxSeries {
		return nil
	}
	categories := make([]string, len(block.Labels))
	for position, label := range block.Labels {
		categories[position] = cutRunes(oneLine(label), maxChartLabel)
	}
	var series []slack.DataVisualizationDataSeries
	for _, each := range block.Series {
		if len(each.Values) != len(categories) || each.Name == "" {
			return nil
		}
		name := seriesName(series, oneLine(each.Name))
		points := make([]slack.DataVisualizationDataPoint, len(each.Values))
		for position, value := range each.Values {
			points[position] = slack.NewDataVisualizationDataPoint(categories[position], math.Round(10*value)/10)
		}
		series = append(series, slack.NewDataVisualizationDataSeries(name, points...))
	}
	axis := slack.NewDataVisualizationAxisConfig(categories...).WithYLabel(cutRunes(oneLine(block.Unit), maxChartTitle))
	return slack.NewDataVisualizationBlock(cutRunes(oneLine(block.Title), maxChartTitle), slack.NewDataVisualizationLineChart(axis, series...))
}

// seriesName is a name that no other series has: Slack wants that.
func seriesName(series []slack.DataVisualizationDataSeries, wanted string) string {
	name := cutRunes(wanted, maxChartLabel)
	if slices.ContainsFunc(series, func(other slack.DataVisualizationDataSeries) bool { return other.Name == name }) {
		return fmt.Sprintf("%s %d", cutRunes(wanted, maxChartLabel-2), len(series)+1)
	}
	return name
}

// withoutCharts are the blocks with words in place of charts; nil where there are none.
func (p *page) withoutCharts(blocks []slack.Block) []slack.Block {
	if len(p.instead) == 0 {
		return nil
	}
	plainer, next := slices.Clone(blocks), 0
	for position, block := range plainer {
		if _, isChart := block.(*slack.DataVisualizationBlock); isChart {
			plainer[position] = p.instead[next]
			next++
		}
	}
	return plainer
}
