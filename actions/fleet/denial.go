package fleet

// Denial is AWS's own no to a call, as far as AWS says why. It is an ErrDenied.
type Denial struct {
	Action   string // e.g. ecs:UpdateService; empty where AWS does not say
	Resource string // ARN
	// By is which document refused: "an explicit deny in a session policy", or "no
	// identity-based policy allows it". Empty where AWS does not say.
	By   string
	Said string // AWS's code and message
}

func (d *Denial) Error() string { return ErrDenied.Error() + ": " + d.Said }

// Unwrap is ErrDenied.
func (d *Denial) Unwrap() error { return ErrDenied }
