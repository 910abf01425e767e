package aws_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/aws"
)

// cloud is a wire that describes the services and clusters given by name with their tags.
func cloud(services, clusters map[string][]object) *wire {
	return &wire{answers: map[string]func(call) (int, any){
		"DescribeServices": func(asked call) (int, any) {
			found, failures := []object{}, []object{}
			for _, name := range asked.body["services"].([]any) {
				place := fmt.Sprintf("%s/%s", asked.body["cluster"], name)
				if tagged, ok := services[place]; ok {
					found = append(found, object{
						"serviceName": name, "serviceArn": serviceARN(asked.body["cluster"].(string), name.(string)),
						"status": "ACTIVE", "tags": tagged,
					})
				} else {
					failures = append(failures, object{"arn": place, "reason": "MISSING"})
				}
			}
			return http.StatusOK, object{"services": found, "failures": failures}
		},
		"DescribeClusters": func(asked call) (int, any) {
			found, failures := []object{}, []object{}
			for _, name := range asked.body["clusters"].([]any) {
				if tagged, ok := clusters[name.(string)]; ok {
					found = append(found, object{"clusterName": name, "status": "ACTIVE", "tags": tagged})
				} else {
					failures = append(failures, object{"arn": name, "reason": "MISSING"})
				}
			}
			return http.StatusOK, object{"clusters": found, "failures": failures}
		},
	}}
}

func TestReadTakesOneRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := cloud(map[string][]object{"staging/api": tags("Environment", "staging")}, map[string][]object{"staging": nil})
		w.latency = 80 * time.Millisecond
		f := newFleet(t, w)
		began := time.Now()
		service, err := f.Read(t.Context(), apiRef())
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 80*time.Millisecond {
			t.Errorf("took %s, want one round trip of 80ms", took)
		}
		if service.Environment != "staging" || service.Conflict != "" || service.Status != "ACTIVE" {
			t.Errorf("read %+v", service)
		}
		if service.Controller != "ECS" || service.MinHealthy != 100 {
			t.Errorf("defaults of ECS: %+v", service)
		}
	})
}

func TestReadAsksForTagsAsTheDiscoveryRole(t *testing.T) {
	w := cloud(map[string][]object{"staging/api": tags("Environment", "staging")}, map[string][]object{"staging": nil})
	w.answers["AssumeRole"] = w.assumed
	ref := apiRef()
	ref.Scope = fleet.Scope{Region: "us-east-1", Role: "arn:aws:iam::444455556666:role/ecsbot-discovery"}
	if _, err := newFleet(t, w).Read(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	for _, operation := range []string{"DescribeServices", "DescribeClusters"} {
		sent := w.asked(operation)[0]
		if fmt.Sprint(sent.body["include"]) != "[TAGS]" {
			t.Errorf("%s includes %v, want TAGS", operation, sent.body["include"])
		}
		if sent.key != "ASIASANDBOX1" || sent.region != "us-east-1" {
			t.Errorf("%s by %s in %s", operation, sent.key, sent.region)
		}
	}
	if role := w.asked("AssumeRole")[0].form.Get("RoleArn"); role != ref.Scope.Role {
		t.Errorf("assumed %s", role)
	}
}

func TestTheTagAsReadNowDecides(t *testing.T) {
	for _, row := range []struct {
		says        string
		service     []object
		cluster     []object
		environment string
		conflict    string
	}{
		{"tagged, cluster untagged", tags("Environment", "staging"), nil, "staging", ""},
		{"retagged since discovery", tags("Environment", "prod"), nil, "prod", ""},
		{"untagged", nil, nil, "", ""},
		{"tagged in another case of the value", tags("Environment", "Staging"), nil, "Staging", ""},
		{"tagged in another case of the key", tags("environment", "staging"), nil, "", ""},
		{"cluster of the same", tags("Environment", "staging"), tags("Environment", "staging"), "staging", ""},
		{"cluster of another", tags("Environment", "staging"), tags("Environment", "prod"), "staging", `its cluster's tag names "prod"`},
		{"cluster in another case of the key", tags("Environment", "staging"), tags("environment", "prod"), "staging", `its cluster's tag names "prod"`},
		{"two keys", tags("Environment", "staging", "environment", "prod"), nil, "staging", "differ only by case"},
		{"two keys, the same value", tags("Environment", "staging", "ENVIRONMENT", "staging"), nil, "staging", "differ only by case"},
		{"two keys on the cluster", tags("Environment", "staging"), tags("Environment", "staging", "environment", "staging"), "staging", "differ only by case"},
	} {
		t.Run(row.says, func(t *testing.T) {
			w := cloud(map[string][]object{"staging/api": row.service}, map[string][]object{"staging": row.cluster})
			service, err := newFleet(t, w).Read(t.Context(), apiRef())
			if err != nil {
				t.Fatal(err)
			}
			if service.Environment != row.environment {
				t.Errorf("environment %q, want %q", service.Environment, row.environment)
			}
			if (service.Conflict == "") != (row.conflict == "") || !strings.Contains(service.Conflict, row.conflict) {
				t.Errorf("conflict %q, want %q", service.Conflict, row.conflict)
			}
		})
	}
}

func TestClusterNamedInTheConfigurationBelongsToNoOther(t *testing.T) {
	for _, row := range []struct {
		says     string
		staging  []string
		prod     []string
		conflict string
	}{
		{"none named", nil, nil, ""},
		{"its own", []string{"blue", "staging"}, nil, ""},
		{"another's", nil, []string{"staging"}, "belongs to another environment"},
		{"not among its own", []string{"blue"}, nil, "not one of those"},
		{"its own and, by mistake, another's", []string{"staging"}, []string{"staging"}, "belongs to another environment"},
	} {
		w := cloud(map[string][]object{"staging/api": tags("Environment", "staging")}, map[string][]object{"staging": nil})
		f := newFleet(t, w, func(settings *aws.Settings) {
			settings.Environments = map[string]aws.Environment{
				"staging": {Scope: home, Clusters: row.staging},
				"prod":    {Scope: home, Clusters: row.prod},
			}
		})
		service, err := f.Read(t.Context(), apiRef())
		if err != nil {
			t.Fatal(err)
		}
		if (service.Conflict == "") != (row.conflict == "") || !strings.Contains(service.Conflict, row.conflict) {
			t.Errorf("%s: conflict %q, want %q", row.says, service.Conflict, row.conflict)
		}
	}
}

func TestWhatIsGoneIsUnknown(t *testing.T) {
	inactive := cloud(map[string][]object{"staging/api": nil}, map[string][]object{"staging": nil})
	inactive.answers["DescribeServices"] = always(200, object{"services": []object{{
		"serviceName": "api", "serviceArn": serviceARN("staging", "api"), "status": "INACTIVE",
	}}})
	other := cloud(nil, map[string][]object{"staging": nil})
	other.answers["DescribeServices"] = always(200, object{"services": []object{{
		"serviceName": "api", "serviceArn": serviceARN("elsewhere", "api"), "status": "ACTIVE",
	}}})
	noCluster := cloud(nil, nil)
	noCluster.answers["DescribeServices"] = always(400, failure("ClusterNotFoundException", "Cluster not found."))
	for says, w := range map[string]*wire{
		"service missing":           cloud(nil, map[string][]object{"staging": nil}),
		"service inactive":          inactive,
		"another service":           other,
		"cluster missing":           cloud(map[string][]object{"staging/api": tags("Environment", "staging")}, nil),
		"cluster not found":         noCluster,
		"service and cluster alike": cloud(nil, nil),
	} {
		if _, err := newFleet(t, w).Read(t.Context(), apiRef()); !errors.Is(err, fleet.ErrUnknown) {
			t.Errorf("%s: error %v, want %v", says, err, fleet.ErrUnknown)
		}
	}
}

func TestFailuresOfARead(t *testing.T) {
	for _, row := range []struct {
		says   string
		status int
		said   any
		calls  int
		want   error
	}{
		{"denied", 400, failure("AccessDeniedException", "no"), 1, fleet.ErrDenied},
		{"throttled", 400, failure("ThrottlingException", "Rate exceeded"), 5, fleet.ErrThrottled},
		{"server error", 500, failure("ServerException", "oops"), 5, fleet.ErrUnavailable},
		{"broken", 0, errors.New("connection reset by peer"), 5, fleet.ErrUnavailable},
		{"failure in the list", 200, object{"failures": []object{{"arn": "api", "reason": "SOMETHING"}}}, 1, fleet.ErrUnavailable},
	} {
		t.Run(row.says, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := cloud(nil, map[string][]object{"staging": nil})
				w.answers["DescribeServices"] = always(row.status, row.said)
				began := time.Now()
				_, err := newFleet(t, w).Read(t.Context(), apiRef())
				if !errors.Is(err, row.want) || !strings.HasPrefix(err.Error(), "read staging/api: ") {
					t.Errorf("error %v, want %v", err, row.want)
				}
				if calls := len(w.asked("DescribeServices")); calls > row.calls || calls < min(row.calls, 2) {
					t.Errorf("%d calls, want %d", calls, row.calls)
				}
				if took := time.Since(began); took > 10*time.Second {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

func TestReadThatHangsEndsAfterTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := cloud(nil, nil)
		w.latency = time.Hour
		began := time.Now()
		_, err := newFleet(t, w).Read(t.Context(), apiRef())
		if !errors.Is(err, fleet.ErrUnavailable) || time.Since(began) != 10*time.Second {
			t.Errorf("error %v after %s", err, time.Since(began))
		}
	})
}

func TestReadAllNeedsFewCallsAndKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		services := map[string][]object{}
		clusters := map[string][]object{"blue": tags("Environment", "staging"), "green": tags("Environment", "prod")}
		var refs []fleet.Ref
		for i := range 25 {
			for _, cluster := range []string{"blue", "green"} {
				name := fmt.Sprintf("service-%02d", i)
				services[cluster+"/"+name] = tags("Environment", "staging")
				refs = append(refs, fleet.Ref{Scope: home, ARN: serviceARN(cluster, name), Cluster: cluster, Name: name})
			}
		}
		delete(services, "blue/service-07")
		w := cloud(services, clusters)
		w.latency = 80 * time.Millisecond
		began := time.Now()
		read, err := newFleet(t, w).ReadAll(t.Context(), refs)
		if err != nil {
			t.Fatal(err)
		}
		if calls := len(w.asked("DescribeServices")); calls != 6 || len(w.asked("DescribeClusters")) != 1 {
			t.Errorf("%d and %d calls, want 6 and 1", calls, len(w.asked("DescribeClusters")))
		}
		if took := time.Since(began); took != 80*time.Millisecond {
			t.Errorf("took %s, want them side by side", took)
		}
		if len(read) != 49 {
			t.Fatalf("%d services, want 49", len(read))
		}
		var want []string
		for _, ref := range refs {
			if ref.String() != "blue/service-07" {
				want = append(want, ref.String())
			}
		}
		var got []string
		for _, service := range read {
			got = append(got, service.String())
			if (service.Conflict != "") != (service.Cluster == "green") {
				t.Errorf("%s: conflict %q", service, service.Conflict)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("read %v, want %v", got, want)
		}
	})
}

func TestReadAllReturnsWhatItCouldRead(t *testing.T) {
	w := cloud(map[string][]object{"blue/api": nil}, map[string][]object{"blue": nil, "green": nil})
	answer := w.answers["DescribeServices"]
	w.answers["DescribeServices"] = func(asked call) (int, any) {
		if asked.body["cluster"] == "green" {
			return 400, failure("AccessDeniedException", "no")
		}
		return answer(asked)
	}
	read, err := newFleet(t, w).ReadAll(t.Context(), []fleet.Ref{
		{Scope: home, ARN: serviceARN("green", "api"), Cluster: "green", Name: "api"},
		{Scope: home, ARN: serviceARN("blue", "api"), Cluster: "blue", Name: "api"},
	})
	if !errors.Is(err, fleet.ErrDenied) || len(read) != 1 || read[0].String() != "blue/api" {
		t.Errorf("read %v, error %v", read, err)
	}
}
