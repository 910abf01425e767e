package aws

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// Limits of GetMetricData (CloudWatch API reference).
const (
	queriesPerCall = 500
	pointsPerCall  = 100_800
)

// metricsOperations are those of CloudWatch's metrics (quotas: 50 GetMetricData a second).
func metricsOperations() []operation {
	return []operation{typed("monitoring", "GetMetricData", "metric_data", getMetricData)}
}

type getMetricDataInput struct {
	MetricDataQueries []metricQuery `json:"MetricDataQueries"`
	StartTime         float64       `json:"StartTime"`
	EndTime           float64       `json:"EndTime"`
	ScanBy            string        `json:"ScanBy"`
}

type metricQuery struct {
	ID         string      `json:"Id"`
	Label      string      `json:"Label"`
	MetricStat *metricStat `json:"MetricStat"`
}

type metricStat struct {
	Metric metric `json:"Metric"`
	Period int    `json:"Period"`
	Stat   string `json:"Stat"`
}

type metric struct {
	Namespace  string      `json:"Namespace"`
	MetricName string      `json:"MetricName"`
	Dimensions []dimension `json:"Dimensions"`
}

type dimension struct {
	Name  string `json:"Name"`
	Value string `json:"Value"`
}

type getMetricDataOutput struct{ results []metricResult }

type metricResult struct {
	id, label string
	times     []time.Time
	values    []float64
}

func (o *getMetricDataOutput) cbor() cbor.Value {
	results := cbor.List{}
	for _, each := range o.results {
		times, values := cbor.List{}, cbor.List{}
		for position := range each.times {
			times, values = append(times, cborTime(each.times[position])), append(values, cbor.Float64(each.values[position]))
		}
		results = append(results, cbor.Map{
			"Id": cbor.String(each.id), "Label": cbor.String(each.label), "StatusCode": cbor.String("Complete"),
			"Timestamps": times, "Values": values,
		})
	}
	return cbor.Map{"MetricDataResults": results, "Messages": cbor.List{}}
}

func getMetricData(c *call, in *getMetricDataInput) (*getMetricDataOutput, error) {
	start, end := fromSeconds(in.StartTime), fromSeconds(in.EndTime)
	switch {
	case len(in.MetricDataQueries) == 0:
		return nil, refuse("ValidationError", "The parameter MetricDataQueries is required.")
	case len(in.MetricDataQueries) > queriesPerCall:
		return nil, refuse("ValidationError", "The collection MetricDataQueries must not have a size greater than %d.", queriesPerCall)
	case !start.Before(end):
		return nil, refuse("ValidationError", "The parameter StartTime must be less than the parameter EndTime.")
	}
	if err := c.allow("cloudwatch:GetMetricData", "*"); err != nil {
		return nil, err
	}
	out, seen, points := &getMetricDataOutput{}, map[string]bool{}, 0
	for _, query := range in.MetricDataQueries {
		if err := query.check(seen); err != nil {
			return nil, err
		}
		result := c.measured(query, start, end)
		if in.ScanBy != "TimestampAscending" { // the newest first where nothing is said
			slices.Reverse(result.times)
			slices.Reverse(result.values)
		}
		if points += len(result.times); points > pointsPerCall {
			return nil, refuse("ValidationError", "You have requested more than %d datapoints.", pointsPerCall)
		}
		out.results = append(out.results, result)
	}
	return out, nil
}

func (q metricQuery) check(seen map[string]bool) error {
	first := q.ID != "" && q.ID[0] >= 'a' && q.ID[0] <= 'z'
	switch {
	case !first || seen[q.ID]:
		return refuse("ValidationError", "The value '%s' for parameter MetricDataQueries.Id is not matching the expected pattern, or is not unique.", q.ID)
	case q.MetricStat == nil:
		return refuse("ValidationError", "Expressions are not known to the sandbox.")
	case q.MetricStat.Period < 60 || q.MetricStat.Period%60 != 0:
		return refuse("ValidationError", "Period must be a multiple of 60.")
	case !slices.Contains([]string{"Average", "Maximum", "Minimum"}, q.MetricStat.Stat):
		return refuse("ValidationError", "The sandbox knows Average, Maximum and Minimum.")
	}
	seen[q.ID] = true
	return nil
}

// measured is what CloudWatch has of a service's use of its processors or its memory: one
// value for each period in which it ran a task.
func (c *call) measured(query metricQuery, start, end time.Time) metricResult {
	metric := query.MetricStat.Metric
	result := metricResult{id: query.ID, label: orElse(query.Label, metric.MetricName)}
	named := map[string]string{}
	for _, each := range metric.Dimensions {
		named[each.Name] = each.Value
	}
	in, ok := c.place.clusters[named["ClusterName"]]
	if metric.Namespace != "AWS/ECS" || len(named) != 2 || !ok {
		return result
	}
	known, ok := in.services[named["ServiceName"]]
	if !ok || !slices.Contains([]string{"CPUUtilization", "MemoryUtilization"}, metric.MetricName) {
		return result
	}
	period := time.Duration(query.MetricStat.Period) * time.Second
	for at := start.Truncate(period); at.Before(end); at = at.Add(period) {
		if !at.Before(start) && !at.After(c.now) && known.ranAt(at) {
			result.times = append(result.times, at)
			result.values = append(result.values, known.use(metric.MetricName, at))
		}
	}
	return result
}

// ranAt says whether the service had a running task at a time.
func (s *service) ranAt(at time.Time) bool {
	return slices.ContainsFunc(s.tasks, func(t *task) bool {
		return !t.started.IsZero() && !t.started.After(at.Add(time.Minute)) && (t.stopped.IsZero() || t.stopped.After(at))
	})
}

// use is a made-up percentage that rolls slowly and jitters, the same whenever it is asked for.
func (s *service) use(metric string, at time.Time) float64 {
	seed := hash(s.arn + metric)
	base, swing := float64(15+seed%40), float64(5+seed>>8%15)
	if strings.HasPrefix(metric, "Memory") {
		swing /= 4
	}
	minutes := float64(at.Unix() / 60)
	jitter := float64(mix(seed, uint64(at.Unix()/60))%1000)/250 - 2
	return math.Round(100*min(max(base+swing*math.Sin(minutes/17+float64(seed%7))+jitter, 0.5), 99)) / 100
}
