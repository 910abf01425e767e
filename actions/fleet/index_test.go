package fleet_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ecsbot/actions/fleet"
)

var (
	home   = fleet.Scope{Region: "eu-west-1"}
	abroad = fleet.Scope{Region: "us-east-1", Role: "arn:aws:iam::444455556666:role/ecsbot-discovery"}
)

func ref(scope fleet.Scope, environment, cluster, name string) fleet.Ref {
	return fleet.Ref{
		Scope:       scope,
		ARN:         fmt.Sprintf("arn:aws:ecs:%s:111122223333:service/%s/%s", scope.Region, cluster, name),
		Cluster:     cluster,
		Name:        name,
		Environment: environment,
	}
}

func twoEnvironments() *fleet.Index {
	return fleet.NewIndex(map[string]fleet.Scope{"staging": home, "prod": abroad})
}

func TestFindTakesTheExactNameOfTheEnvironmentAlone(t *testing.T) {
	index := twoEnvironments()
	index.Replace(home, []fleet.Ref{
		ref(home, "staging", "staging", "api"),
		ref(home, "staging", "blue", "worker"),
		ref(home, "staging", "green", "worker"),
		ref(home, "prod", "staging", "stray"),     // tagged with an environment of another scope
		ref(home, "Staging", "staging", "typo"),   // no environment of that name
		ref(home, "", "staging", "untagged"),      // no tag
		ref(abroad, "staging", "staging", "here"), // the scope that was asked decides
	})
	index.Replace(abroad, []fleet.Ref{ref(abroad, "prod", "prod", "api")})

	for _, row := range []struct {
		environment, name string
		want              string
		err               error
	}{
		{"staging", "api", "staging/api", nil},
		{"staging", "staging/api", "staging/api", nil},
		{"prod", "api", "prod/api", nil},
		{"staging", "worker", "", fleet.ErrAmbiguous},
		{"staging", "green/worker", "green/worker", nil},
		{"staging", "red/worker", "", fleet.ErrUnknown},
		{"staging", "prod/api", "", fleet.ErrUnknown},
		{"staging", "API", "", fleet.ErrUnknown},
		{"staging", "ap", "", fleet.ErrUnknown},
		{"staging", "", "", fleet.ErrUnknown},
		{"staging", "/", "", fleet.ErrUnknown},
		{"staging", "staging/", "", fleet.ErrUnknown},
		{"staging", "/api", "", fleet.ErrUnknown},
		{"Staging", "api", "", fleet.ErrUnknown},
		{"", "untagged", "", fleet.ErrUnknown},
		{"prod", "stray", "", fleet.ErrUnknown},
		{"staging", "stray", "", fleet.ErrUnknown},
		{"Staging", "typo", "", fleet.ErrUnknown},
		{"staging", "here", "staging/here", nil},
	} {
		found, err := index.Find(row.environment, row.name)
		if !errors.Is(err, row.err) {
			t.Errorf("find %q %q: error %v, want %v", row.environment, row.name, err, row.err)
		}
		if err == nil && found.String() != row.want {
			t.Errorf("find %q %q: %s, want %s", row.environment, row.name, found, row.want)
		}
		if err == nil && found.Environment != row.environment {
			t.Errorf("find %q %q: of environment %q", row.environment, row.name, found.Environment)
		}
	}
}

func TestFirstDiscoveryIsServedWhileItRuns(t *testing.T) {
	index := twoEnvironments()
	index.Add(home, []fleet.Ref{ref(home, "staging", "staging", "api"), ref(home, "staging", "staging", "gone")})
	if _, err := index.Find("staging", "api"); err != nil {
		t.Fatalf("what was found is not served: %v", err)
	}
	if index.Ready() {
		t.Fatal("ready before any discovery has finished")
	}
	index.Replace(home, []fleet.Ref{ref(home, "staging", "staging", "api")})
	if _, err := index.Find("staging", "gone"); !errors.Is(err, fleet.ErrUnknown) {
		t.Fatalf("what a finished discovery no longer sees: %v, want ErrUnknown", err)
	}
	if index.Ready() {
		t.Fatal("ready with one scope of two")
	}
	index.Replace(abroad, nil)
	if !index.Ready() {
		t.Fatal("not ready after every scope was discovered")
	}
	index.Add(home, []fleet.Ref{ref(home, "staging", "staging", "late")})
	if _, err := index.Find("staging", "late"); !errors.Is(err, fleet.ErrUnknown) {
		t.Fatalf("a part of a later discovery shows: %v", err)
	}
}

func TestServicesAreSortedAndTheCallersOwn(t *testing.T) {
	index := twoEnvironments()
	index.Replace(home, []fleet.Ref{
		ref(home, "staging", "green", "worker"), ref(home, "staging", "blue", "worker"), ref(home, "staging", "blue", "api"),
	})
	want := "[blue/api blue/worker green/worker]"
	services := index.Services("staging")
	if got := fmt.Sprint(services); got != want {
		t.Fatalf("services %s, want %s", got, want)
	}
	services[0].Name = "changed"
	if got := fmt.Sprint(index.Services("staging")); got != want {
		t.Fatalf("a caller changed the index: %s", got)
	}
	if got := index.Services("nowhere"); len(got) != 0 {
		t.Fatalf("services of an unknown environment: %v", got)
	}
	if index.Len() != 3 {
		t.Fatalf("%d services, want 3", index.Len())
	}
}

func TestAgeIsThatOfTheScopeThatWaitedLongest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		index := twoEnvironments()
		index.Replace(home, nil)
		if index.Age() < 1000*time.Hour {
			t.Fatalf("age %s before every scope was discovered", index.Age())
		}
		time.Sleep(time.Minute)
		index.Replace(abroad, nil)
		if index.Age() != time.Minute {
			t.Fatalf("age %s, want 1m", index.Age())
		}
	})
}

func TestReadersAndWritersAtOnce(t *testing.T) {
	index := twoEnvironments()
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for range 1000 {
				found, err := index.Find("staging", "api")
				if err == nil && found.String() != "staging/api" {
					t.Errorf("found %s", found)
				}
				index.Services("staging")
			}
		})
	}
	for i := range 200 {
		index.Replace(home, []fleet.Ref{ref(home, "staging", "staging", "api")}[:i%2])
	}
	readers.Wait()
}

func large(services int) *fleet.Index {
	index := fleet.NewIndex(map[string]fleet.Scope{"staging": home})
	refs := make([]fleet.Ref, services)
	for i := range refs {
		refs[i] = ref(home, "staging", fmt.Sprintf("cluster-%d", i%20), fmt.Sprintf("service-%05d", i))
	}
	index.Replace(home, refs)
	return index
}

func TestFindAllocatesNothing(t *testing.T) {
	index := large(10_000)
	for _, name := range []string{"service-05000", "cluster-0/service-05000", "nothing"} {
		if allocations := testing.AllocsPerRun(100, func() { _, _ = index.Find("staging", name) }); allocations != 0 {
			t.Errorf("find %s: %v allocations", name, allocations)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	index := large(10_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := index.Find("staging", "cluster-0/service-05000"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReplace(b *testing.B) {
	index := large(10_000)
	refs := index.Services("staging")
	b.ReportAllocs()
	for b.Loop() {
		index.Replace(home, refs)
	}
}
