package aws

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"ecsbot/actions/fleet"
)

const (
	// queriesAtOnce is what one GetMetricData takes (CloudWatch API reference).
	queriesAtOnce = 500
	// samplePeriod divides an hour into no more points than a chart in Slack has.
	samplePeriod = 5 * time.Minute
)

// metricNames are what ECS measures of every service (ECS developer guide, CloudWatch metrics),
// in the order in which they are asked for.
func metricNames() []string { return []string{"CPUUtilization", "MemoryUtilization"} }

// Usage reads what services have used over a time until now, by ARN, 250 services to a call.
// A service that runs nothing has no samples.
func (f *Fleet) Usage(ctx context.Context, given fleet.Session, services []fleet.Service, over time.Duration) (map[string]fleet.Usage, error) {
	const doing = "read how much services use"
	usages := make(map[string]fleet.Usage, len(services))
	for some := range slices.Chunk(services, queriesAtOnce/len(metricNames())) {
		session, err := mayRead(given, some[0].Ref)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", doing, err)
		}
		if err := readUsage(ctx, session, some, over, usages); err != nil {
			return nil, readError(doing, err)
		}
	}
	return usages, nil
}

func readUsage(ctx context.Context, session *session, services []fleet.Service, over time.Duration, usages map[string]fleet.Usage) error {
	end := time.Now().Truncate(samplePeriod)
	pages := cloudwatch.NewGetMetricDataPaginator(session.metrics(), &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(end.Add(-over)), EndTime: aws.Time(end), ScanBy: types.ScanByTimestampAscending,
		MetricDataQueries: queries(services),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, result := range page.MetricDataResults {
			if service, metric, ok := queried(aws.ToString(result.Id), services); ok {
				usage := usages[service.ARN]
				samples := []*[]fleet.Sample{&usage.CPU, &usage.Memory}[metric]
				*samples = append(*samples, sampled(result)...)
				usages[service.ARN] = usage
			}
		}
	}
	return nil
}

// queries asks for each metric of each service; the number of both is the ID.
func queries(services []fleet.Service) []types.MetricDataQuery {
	var asked []types.MetricDataQuery
	for _, service := range services {
		for _, metric := range metricNames() {
			asked = append(asked, types.MetricDataQuery{
				Id: aws.String("m" + strconv.Itoa(len(asked))),
				MetricStat: &types.MetricStat{
					Period: aws.Int32(int32(samplePeriod / time.Second)), Stat: aws.String("Average"),
					Metric: &types.Metric{
						Namespace: aws.String("AWS/ECS"), MetricName: aws.String(metric),
						Dimensions: []types.Dimension{
							{Name: aws.String("ClusterName"), Value: aws.String(service.Cluster)},
							{Name: aws.String("ServiceName"), Value: aws.String(service.Name)},
						},
					},
				},
			})
		}
	}
	return asked
}

// queried is the service and the metric that an ID stands for.
func queried(id string, services []fleet.Service) (service fleet.Service, metric int, ok bool) {
	if id == "" {
		return fleet.Service{}, 0, false
	}
	number, err := strconv.Atoi(id[1:])
	if at := number / len(metricNames()); err == nil && number >= 0 && at < len(services) {
		return services[at], number % len(metricNames()), true
	}
	return fleet.Service{}, 0, false
}

func sampled(result types.MetricDataResult) []fleet.Sample {
	var samples []fleet.Sample
	for position, at := range result.Timestamps[:min(len(result.Timestamps), len(result.Values))] {
		samples = append(samples, fleet.Sample{Time: at.UTC(), Percent: result.Values[position]})
	}
	return samples
}

func (s *session) metrics() *cloudwatch.Client {
	return cloudwatch.NewFromConfig(s.fleet.reading(s.purpose.Region, s.purpose.Role, s.credentials, false))
}
