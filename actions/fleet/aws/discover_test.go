package aws_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/aws"
)

// page cuts a list of ARNs as AWS does.
func page(all []string, token any, size int) (part []string, next any) {
	from, _ := strconv.Atoi(fmt.Sprint(token))
	to := min(from+size, len(all))
	if to < len(all) {
		next = strconv.Itoa(to)
	}
	return all[from:to], next
}

// estate is a wire with so many clusters of so many services each, tagged staging.
func estate(clusters, services int) *wire {
	var clusterARNs, serviceARNs []string
	byCluster := map[string][]string{}
	for i := range clusters {
		cluster := fmt.Sprintf("cluster-%03d", i)
		clusterARNs = append(clusterARNs, "arn:aws:ecs:eu-west-1:111122223333:cluster/"+cluster)
		for j := range services {
			arn := serviceARN(cluster, fmt.Sprintf("service-%03d-%04d", i, j))
			byCluster[cluster] = append(byCluster[cluster], arn)
			serviceARNs = append(serviceARNs, arn)
		}
	}
	return &wire{answers: map[string]func(call) (int, any){
		"GetResources": func(asked call) (int, any) {
			part, next := page(serviceARNs, asked.body["PaginationToken"], int(asked.body["ResourcesPerPage"].(float64)))
			list := []object{}
			for _, arn := range part {
				list = append(list, object{"ResourceARN": arn, "Tags": []object{{"Key": "Environment", "Value": "staging"}}})
			}
			return http.StatusOK, object{"ResourceTagMappingList": list, "PaginationToken": next}
		},
		"ListClusters": func(asked call) (int, any) {
			part, next := page(clusterARNs, asked.body["nextToken"], int(asked.body["maxResults"].(float64)))
			return http.StatusOK, object{"clusterArns": part, "nextToken": next}
		},
		"ListServices": func(asked call) (int, any) {
			part, next := page(byCluster[asked.body["cluster"].(string)], asked.body["nextToken"], int(asked.body["maxResults"].(float64)))
			return http.StatusOK, object{"serviceArns": part, "nextToken": next}
		},
		"DescribeServices": func(asked call) (int, any) {
			list := []object{}
			for _, name := range asked.body["services"].([]any) {
				list = append(list, object{
					"serviceName": name, "serviceArn": serviceARN(asked.body["cluster"].(string), name.(string)),
					"status": "ACTIVE", "tags": tags("Environment", "staging"),
				})
			}
			return http.StatusOK, object{"services": list}
		},
	}}
}

// withoutTagging denies the tagging API.
func withoutTagging(w *wire) *wire {
	w.answers["GetResources"] = always(400, failure("AccessDeniedException", "not authorized to perform: tag:GetResources"))
	return w
}

func stagingIndex() *fleet.Index { return fleet.NewIndex(map[string]fleet.Scope{"staging": home}) }

func TestTenThousandServicesTakeAHundredCallsByTheirTags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := estate(20, 500)
		w.latency = 80 * time.Millisecond
		index := stagingIndex()
		if err := newFleet(t, w).Discover(t.Context(), home, index); err != nil {
			t.Fatal(err)
		}
		if index.Len() != 10_000 || !index.Ready() {
			t.Errorf("%d services, ready %v", index.Len(), index.Ready())
		}
		if len(w.calls) != 100 {
			t.Errorf("%d calls, want 100", len(w.calls))
		}
		asked := w.asked("GetResources")[0].body
		if fmt.Sprint(asked["ResourceTypeFilters"], asked["TagFilters"]) != "[ecs:service] [map[Key:Environment]]" {
			t.Errorf("asked for %v", asked)
		}
	})
}

func TestTenThousandServicesAreWalkedWithinTheThrottles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := withoutTagging(estate(20, 500))
		w.latency = 80 * time.Millisecond
		index := stagingIndex()
		f := newFleet(t, w)
		began := time.Now()
		done := make(chan error)
		go func() { done <- f.Discover(t.Context(), home, index) }()

		time.Sleep(20 * time.Second)
		if index.Len() == 0 || index.Ready() {
			t.Errorf("after 20s: %d services, ready %v; want what was found meanwhile", index.Len(), index.Ready())
		}
		asked := time.Now()
		if _, err := f.ReadAll(t.Context(), index.Services("staging")[:1]); err == nil {
			t.Error("DescribeClusters has no answer here, but was not missed")
		}
		read := w.asked("DescribeServices")
		if !slices.ContainsFunc(read, func(each call) bool { return each.at.Equal(asked) }) {
			t.Error("a person's read waits behind the discovery")
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		if index.Len() != 10_000 || took > 70*time.Second {
			t.Errorf("%d services after %s, want 10000 in about a minute", index.Len(), took)
		}
		if calls := len(w.asked("ListServices")) + len(w.asked("DescribeServices")); calls != 1101 {
			t.Errorf("%d calls, want 1100 and the person's", calls)
		}
		heldWithin(t, append(w.asked("ListServices"), w.asked("DescribeServices")...), 100, 20)
	})
}

// heldWithin replays calls against a token bucket of AWS's.
func heldWithin(t *testing.T, calls []call, burst, perSecond float64) {
	t.Helper()
	slices.SortFunc(calls, func(a, b call) int { return a.at.Compare(b.at) })
	tokens, last := burst, calls[0].at
	for _, each := range calls {
		tokens = min(burst, tokens+each.at.Sub(last).Seconds()*perSecond) - 1
		last = each.at
		if tokens < -0.001 {
			t.Fatalf("AWS throttles after %s", each.at.Sub(calls[0].at))
		}
	}
}

func TestDiscoveryTakesOnlyWhatItsTagNames(t *testing.T) {
	resource := func(arn string, pairs ...string) object {
		list := []object{}
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, object{"Key": pairs[i], "Value": pairs[i+1]})
		}
		return object{"ResourceARN": arn, "Tags": list}
	}
	w := &wire{answers: map[string]func(call) (int, any){
		"GetResources": always(http.StatusOK, object{"ResourceTagMappingList": []object{
			resource(serviceARN("staging", "api"), "Environment", "staging", "Team", "core"),
			resource(serviceARN("staging", "elsewhere"), "Environment", "qa"),
			resource(serviceARN("staging", "empty"), "Environment", ""),
			resource(serviceARN("staging", "other"), "environment", "staging"),
			resource("arn:aws:ecs:eu-west-1:111122223333:service/short", "Environment", "staging"),
			resource("arn:aws:ecs:eu-west-1:111122223333:cluster/staging", "Environment", "staging"),
			resource("nonsense", "Environment", "staging"),
		}}),
	}}
	index := stagingIndex()
	if err := newFleet(t, w).Discover(t.Context(), home, index); err != nil {
		t.Fatal(err)
	}
	found := index.Services("staging")
	if len(found) != 1 || found[0] != apiRef() {
		t.Errorf("found %+v", found)
	}
}

func TestWhatVanishesDuringAWalkIsLeftOut(t *testing.T) {
	w := withoutTagging(estate(3, 12))
	list, describe := w.answers["ListServices"], w.answers["DescribeServices"]
	w.answers["ListServices"] = func(asked call) (int, any) {
		if asked.body["cluster"] == "cluster-000" {
			return 400, failure("ClusterNotFoundException", "Cluster not found.")
		}
		return list(asked)
	}
	w.answers["DescribeServices"] = func(asked call) (int, any) {
		if asked.body["cluster"] == "cluster-001" {
			return 400, failure("ClusterNotFoundException", "Cluster not found.")
		}
		return describe(asked)
	}
	index := stagingIndex()
	if err := newFleet(t, w).Discover(t.Context(), home, index); err != nil {
		t.Fatal(err)
	}
	if index.Len() != 12 {
		t.Errorf("%d services, want the 12 of the third cluster", index.Len())
	}
}

func TestFailedDiscoveryLeavesTheIndexAsItWas(t *testing.T) {
	w := estate(1, 10)
	index := stagingIndex()
	f := newFleet(t, w)
	if err := f.Discover(t.Context(), home, index); err != nil {
		t.Fatal(err)
	}
	withoutTagging(w)
	w.answers["ListClusters"] = always(400, failure("AccessDeniedException", "no"))
	if err := f.Discover(t.Context(), home, index); !errors.Is(err, fleet.ErrDenied) {
		t.Errorf("error %v, want %v", err, fleet.ErrDenied)
	}
	if index.Len() != 10 || !index.Ready() {
		t.Errorf("%d services, ready %v", index.Len(), index.Ready())
	}
}

func TestRunRefreshesAndSurvivesFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := estate(1, 10)
		good := w.answers["GetResources"]
		w.answers["GetResources"] = always(400, failure("InternalServiceException", "down"))
		index := stagingIndex()
		f := newFleet(t, w)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { f.Run(ctx, index); close(done) }()
		time.Sleep(time.Hour)
		if failed := len(w.asked("GetResources")); failed < 10 || failed > 60 {
			t.Errorf("%d tries in an hour of failures", failed)
		}
		w.answer("GetResources", good)
		time.Sleep(10 * time.Minute)
		if !index.Ready() || index.Len() != 10 {
			t.Fatalf("not recovered: %d services", index.Len())
		}
		before := len(w.asked("GetResources"))
		time.Sleep(time.Hour)
		if refreshed := len(w.asked("GetResources")) - before; refreshed < 50 || refreshed > 60 {
			t.Errorf("refreshed %d times in an hour, want once a minute with jitter", refreshed)
		}
		if index.Age() > 75*time.Second {
			t.Errorf("index is %s old", index.Age())
		}
		cancel()
		<-done
	})
}

func TestDeniedTaggingIsNotAskedEveryTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := withoutTagging(estate(1, 10))
		f := newFleet(t, w)
		index := stagingIndex()
		for range 5 {
			if err := f.Discover(t.Context(), home, index); err != nil {
				t.Fatal(err)
			}
		}
		if asked := len(w.asked("GetResources")); asked != 1 {
			t.Errorf("asked %d times", asked)
		}
		time.Sleep(16 * time.Minute)
		if err := f.Discover(t.Context(), home, index); err != nil {
			t.Fatal(err)
		}
		if asked := len(w.asked("GetResources")); asked != 2 {
			t.Errorf("asked %d times, want again after a while", asked)
		}
	})
}

func TestRunOfSeveralScopes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := estate(1, 10)
		w.answers["AssumeRole"] = w.assumed
		abroad := fleet.Scope{Region: "us-east-1", Role: "arn:aws:iam::444455556666:role/ecsbot-discovery"}
		index := fleet.NewIndex(map[string]fleet.Scope{"staging": home, "prod": abroad})
		f := newFleet(t, w, func(settings *aws.Settings) {
			settings.Environments["prod"] = aws.Environment{Scope: abroad}
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { f.Run(ctx, index); close(done) }()
		time.Sleep(time.Second)
		if !index.Ready() || len(w.asked("GetResources")) != 2 {
			t.Errorf("ready %v after %d calls", index.Ready(), len(w.asked("GetResources")))
		}
		cancel()
		<-done
	})
}
