package ops

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
)

// busiestShown is how many services one chart compares.
const busiestShown = 4

// usageChart is what a service has used; false where nothing was measured.
func usageChart(service fleet.Service, usage fleet.Usage) (actions.Chart, bool) {
	if len(usage.CPU)+len(usage.Memory) == 0 {
		return actions.Chart{}, false
	}
	lines := []line{{"CPU", usage.CPU}, {"Memory", usage.Memory}}
	return charted(service.Name+": the last hour", lines), true
}

// busiestChart compares the processors of those services that use them most.
func busiestChart(services []fleet.Service, usages map[string]fleet.Usage) (actions.Chart, bool) {
	var lines []line
	for _, service := range services {
		if samples := usages[service.ARN].CPU; len(samples) > 0 {
			lines = append(lines, line{service.Name, samples})
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(average(b.samples), average(a.samples)) })
	if len(lines) == 0 {
		return actions.Chart{}, false
	}
	return charted("CPU of the last hour, the busiest", lines[:min(len(lines), busiestShown)]), true
}

// line is one series before it is put beside others.
type line struct {
	name    string
	samples []fleet.Sample
}

// charted puts lines over the same times. A time of which one has no sample counts as 0 there:
// nothing ran.
func charted(title string, lines []line) actions.Chart {
	times := map[time.Time]bool{}
	for _, each := range lines {
		for _, sample := range each.samples {
			times[sample.Time] = true
		}
	}
	order := make([]time.Time, 0, len(times))
	for at := range times {
		order = append(order, at)
	}
	slices.SortFunc(order, time.Time.Compare)
	chart := actions.Chart{Title: title, Unit: "% (UTC)"}
	for _, at := range order {
		chart.Labels = append(chart.Labels, at.UTC().Format("15:04"))
	}
	var words []string
	for _, each := range lines {
		series := actions.Series{Name: each.name}
		for _, at := range order {
			series.Values = append(series.Values, valueAt(each.samples, at))
		}
		chart.Series = append(chart.Series, series)
		words = append(words, inWords(each))
	}
	chart.Words = actions.Textf("%v. %v", title, strings.Join(words, "; "))
	return chart
}

func valueAt(samples []fleet.Sample, at time.Time) float64 {
	for _, sample := range samples {
		if sample.Time.Equal(at) {
			return sample.Percent
		}
	}
	return 0
}

// inWords is a line for where there is no chart.
func inWords(each line) string {
	if len(each.samples) == 0 {
		return each.name + ": not measured"
	}
	most := slices.MaxFunc(each.samples, func(a, b fleet.Sample) int { return cmp.Compare(a.Percent, b.Percent) })
	last, _ := fleet.Last(each.samples)
	return fmt.Sprintf("%s: %.0f%% on average, %.0f%% at most, %.0f%% last", each.name, average(each.samples), most.Percent, last)
}
