package aws_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"ecsbot/actions/fleet"
)

// Watching a thousand services of twenty clusters takes at most an eighth of the calls that
// watching each by itself takes, in every round.
func TestAThousandAreWatchedWithAnEighthOfTheCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		services, clusters := map[string][]object{}, map[string][]object{}
		var refs []fleet.Ref
		for i := range 1000 {
			cluster, name := fmt.Sprintf("cluster-%02d", i%20), fmt.Sprintf("service-%04d", i)
			clusters[cluster], services[cluster+"/"+name] = tags("Environment", "staging"), tags("Environment", "staging")
			refs = append(refs, fleet.Ref{Scope: home, ARN: serviceARN(cluster, name), Cluster: cluster, Name: name})
		}
		w := cloud(services, clusters)
		watching := newFleet(t, w)
		read, err := watching.ReadAll(t.Context(), refs)
		if err != nil || len(read) != len(refs) {
			t.Fatalf("%d services are read: %v", len(read), err)
		}
		together := len(w.calls)
		for _, ref := range refs {
			if _, err := watching.Read(t.Context(), ref); err != nil {
				t.Fatal(err)
			}
		}
		alone := len(w.calls) - together
		if together*8 > len(refs) || alone < len(refs) {
			t.Errorf("%d calls together, %d alone", together, alone)
		}
		t.Logf("%d calls together, %d alone", together, alone)
	})
}
