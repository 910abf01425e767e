package actions

import "ecsbot/authz"

// Refuse makes an error that the caller is shown as it is: what they asked for cannot be, and
// it is theirs to ask for something else. The reason is for the record.
func Refuse(code authz.Code, reason string, message Message) error {
	return &userError{refused(code, reason, message)}
}

// userError is a refusal that an action makes itself.
type userError struct{ refusal refusal }

// Error is the refusal for the record.
func (u *userError) Error() string { return u.refusal.reason }
