package ops

import (
	"context"
	"fmt"
	"strings"

	"ecsbot/actions"
	"ecsbot/actions/fleet"
	"ecsbot/authz"
)

// neighboursRead bounds how many services of a cluster are read to find out who shares it.
const neighboursRead = 200

// isolation knows what else runs where a service does.
type isolation struct {
	finder actions.Finder
	reader actions.Reader
}

// guard refuses to bring code of an unprotected environment onto instances that a protected one
// uses too: there the code can obtain the roles of every task on the instance (ECScape), and
// whoever may deploy or run in the one would act in the other. What cannot be told in time is
// refused as well.
func (i isolation) guard(ctx context.Context, call actions.Call) error {
	service := call.Service()
	if call.Protected() || onFargate(service.LaunchType) {
		return nil
	}
	var neighbours []fleet.Ref
	for _, other := range call.Elsewhere() {
		if !call.ProtectedThere(other) {
			continue
		}
		for _, ref := range i.finder.Services(other) {
			if ref.Cluster == service.Cluster && ref.Scope == service.Scope {
				neighbours = append(neighbours, ref)
			}
		}
	}
	if len(neighbours) > neighboursRead {
		return shared(service)
	}
	read, err := i.reader.ReadAll(ctx, neighbours)
	if err != nil {
		return fmt.Errorf("who shares the instances of %s: %w", service, err)
	}
	for _, neighbour := range read {
		if !onFargate(neighbour.LaunchType) {
			return shared(service)
		}
	}
	return nil
}

// onFargate says whether each task has a machine of its own: by launch type, or by the names
// of all its capacity providers.
func onFargate(launch string) bool {
	for _, each := range strings.Split(launch, ", ") {
		if each != "FARGATE" && each != "FARGATE_SPOT" {
			return false
		}
	}
	return true
}

// shared is the refusal. It never says which other environment it is.
func shared(service fleet.Service) error {
	return actions.Refuse(authz.CodeDenied, "its instances are shared with a protected environment", actions.Message{
		Title: actions.Textf("%v runs on instances that a protected environment may use too: no code is brought there from this one.", actions.Named(service.Name)),
		Body: []actions.Block{actions.Note{Text: actions.Textf("A container there can obtain the roles of every task on its instance. " +
			"Whoever keeps the platform can give it instances of its own, or Fargate: the doctor says which services share them.")}},
	})
}
