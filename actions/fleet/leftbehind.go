package fleet

import "errors"

// LeftBehind is a change that failed after its first half: a task definition was registered for
// it, and the service does not run it.
type LeftBehind struct {
	Revision string // ARN
	Err      error
}

func (l *LeftBehind) Error() string { return l.Err.Error() }

// Unwrap is the failure itself.
func (l *LeftBehind) Unwrap() error { return l.Err }

// Registered is the ARN of the task definition that a change had registered before it failed;
// empty for none.
func Registered(err error) string {
	if left, ok := errors.AsType[*LeftBehind](err); ok {
		return left.Revision
	}
	return ""
}
