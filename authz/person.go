package authz

// Actor is who asks, by immutable Slack IDs: never a name, never an e-mail.
type Actor struct {
	Team string `json:"team,omitempty"`
	User string `json:"user,omitempty"`
}

// Standing is what somebody is to the company that the bot serves. The zero value is nobody.
type Standing int

// The standings. Only an Insider may do anything.
const (
	Nobody    Standing = iota // not known, or not readable
	Insider                   // a full member of the company
	External                  // from another company (Slack Connect)
	Guest                     // a guest of the workspace
	Departed                  // deactivated
	Automaton                 // a bot or an app's user
)

// String is the standing in words.
func (s Standing) String() string {
	switch s {
	case Insider:
		return "a member"
	case External:
		return "from another company"
	case Guest:
		return "a guest"
	case Departed:
		return "deactivated"
	case Automaton:
		return "a bot"
	case Nobody:
	}
	return "nobody"
}

// Person is an actor as Slack had them at one reading.
type Person struct {
	Actor    Actor
	Standing Standing
	Groups   []string // Slack user group IDs, enabled groups only
}
