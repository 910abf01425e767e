package aws

import (
	"context"
	"fmt"

	"ecsbot/actions/fleet"
)

// Tagged lists the scope's services that have the tag, whatever environment it names. What was
// found is returned beside an error about the rest.
func (f *Fleet) Tagged(ctx context.Context, scope fleet.Scope) ([]fleet.Ref, error) {
	found := &finding{scope: scope, index: fleet.NewIndex(nil)}
	err := f.find(ctx, found)
	for i := range found.refs {
		found.refs[i].Scope = scope
	}
	return found.refs, readError(fmt.Sprintf("discover %s", scope), err)
}
