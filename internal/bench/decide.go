package bench

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/authz"
)

// Bounds of what is done in memory.
const (
	decideBound  = time.Microsecond
	resolveBound = 2 * time.Microsecond
	sameness     = 0.20
	fewPlaces    = 10
	manyPlaces   = 1000
	manyServices = 10_000
	tries        = 3 // of each benchmark; the best counts
)

// measureDecision times what every request does in memory.
func measureDecision(ctx context.Context, _ *workshop) ([]line, error) {
	fewQuestions, err := newInquiry(fewPlaces)
	if err != nil {
		return nil, err
	}
	manyQuestions, err := newInquiry(manyPlaces)
	if err != nil {
		return nil, err
	}
	search, err := newSearch(manyServices)
	if err != nil {
		return nil, err
	}
	few, many, find := best{}, best{}, best{}
	for range tries {
		few.take(testing.Benchmark(fewQuestions.benchmark))
		many.take(testing.Benchmark(manyQuestions.benchmark))
		find.take(testing.Benchmark(search.benchmark))
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	slower := many.nanoseconds/few.nanoseconds - 1
	return []line{{
		what: fmt.Sprintf("`authz.Decide` with %d environments", fewPlaces), measured: few.String(),
		bound: "≤ 1 µs, 0 allocs", held: held(few.within(decideBound) && few.allocations == 0),
	}, {
		what: fmt.Sprintf("`authz.Decide` with %d environments", manyPlaces), measured: many.String(),
		against: fmt.Sprintf("%d environments: %v", fewPlaces, few), ratio: ratio(many.nanoseconds, few.nanoseconds),
		bound: "≤ 1 µs, 0 allocs, ± 20 %", held: held(many.within(decideBound) && many.allocations == 0 && math.Abs(slower) <= sameness),
	}, {
		what: fmt.Sprintf("`fleet.Index.Find` among %d services", manyServices), measured: find.String(),
		bound: "≤ 2 µs", held: held(find.within(resolveBound)),
	}}, nil
}

// best is the best of some benchmarks.
type best struct {
	nanoseconds float64
	allocations int64
}

func (b *best) take(result testing.BenchmarkResult) {
	each := float64(result.T.Nanoseconds()) / float64(result.N)
	if b.nanoseconds == 0 || each < b.nanoseconds {
		b.nanoseconds = each
	}
	b.allocations = max(b.allocations, result.AllocsPerOp())
}

func (b best) within(bound time.Duration) bool { return b.nanoseconds <= float64(bound.Nanoseconds()) }

func (b best) String() string {
	return fmt.Sprintf("%.0f ns, %d allocs", b.nanoseconds, b.allocations)
}

// inquiry is a policy and questions to it, all of which it allows.
type inquiry struct {
	policy    *authz.Policy
	questions []authz.Question
}

// newInquiry has a team for each environment, two groups that hold something everywhere, and
// a question about each environment by somebody who is in five groups.
func newInquiry(environments int) (inquiry, error) {
	rules := authz.Rules{
		Grants: []authz.Grant{
			{Group: "S0VIEWERS", Role: "viewer", Environments: []string{authz.Every}},
			{Group: "S0BACKEND", Role: "operator", Environments: []string{authz.Every}, Services: []string{"api", "worker-*"}},
		},
		Denials: []authz.Denial{{Group: "S0CONTRACTORS", Actions: []string{"run", "deploy"}}},
	}
	person := authz.Person{Standing: authz.Insider, Groups: []string{"S0ALL", "S0BACKEND", "S0BERLIN", "S0LUNCH", "S0VIEWERS"}}
	made, now := inquiry{}, time.Now()
	for i := range environments {
		name := fmt.Sprintf("environment-%04d", i)
		rules.Environments = append(rules.Environments, authz.Environment{Name: name})
		rules.Grants = append(rules.Grants, authz.Grant{Group: fmt.Sprintf("S0TEAM%04d", i), Role: "deployer", Environments: []string{name}})
		made.questions = append(made.questions, authz.Question{
			Person: person, Action: "restart", Changes: true, Fresh: true, Now: now,
			Target: authz.Target{Environment: name, Service: "worker-emails"},
		})
	}
	policy, problems := authz.Compile(rules)
	if len(problems) > 0 {
		return inquiry{}, fmt.Errorf("compiling the policy: %v", problems)
	}
	made.policy = policy
	for _, question := range made.questions {
		if decision := policy.Decide(question); decision.Verdict != authz.Allowed {
			return inquiry{}, fmt.Errorf("the policy does not allow %s in %s: %v", question.Action, question.Target.Environment, decision)
		}
	}
	return made, nil
}

// benchmark asks about one environment after the other.
func (q inquiry) benchmark(b *testing.B) {
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		q.policy.Decide(q.questions[i])
		if i++; i == len(q.questions) {
			i = 0
		}
	}
}

// search is an index and the names of all services in it.
type search struct {
	index *fleet.Index
	names []string
}

func newSearch(services int) (search, error) {
	home := fleet.Scope{Region: "eu-west-1"}
	made := search{index: fleet.NewIndex(map[string]fleet.Scope{"staging": home})}
	refs := make([]fleet.Ref, services)
	for i := range refs {
		name := fmt.Sprintf("%s%05d", serviceName, i)
		made.names = append(made.names, name)
		refs[i] = fleet.Ref{
			ARN:     "arn:aws:ecs:eu-west-1:111122223333:service/staging/" + name,
			Cluster: "staging", Name: name, Environment: "staging",
		}
	}
	made.index.Replace(home, refs)
	for _, name := range made.names {
		if _, err := made.index.Find("staging", name); err != nil {
			return search{}, fmt.Errorf("finding %s: %w", name, err)
		}
	}
	return made, nil
}

// benchmark looks for one service after the other.
func (s search) benchmark(b *testing.B) {
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		_, _ = s.index.Find("staging", s.names[i]) // each was found before
		if i++; i == len(s.names) {
			i = 0
		}
	}
}
