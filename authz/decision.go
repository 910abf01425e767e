package authz

// Verdict is the outcome of a decision. The zero value refuses.
type Verdict int

// The verdicts.
const (
	Refused Verdict = iota
	NeedsApproval
	Allowed
)

// String is the verdict in a word.
func (v Verdict) String() string {
	switch v {
	case Allowed:
		return "allowed"
	case NeedsApproval:
		return "needs approval"
	case Refused:
	}
	return "refused"
}

// Decision is a verdict with its reason.
type Decision struct {
	Verdict Verdict
	Reason  Reason
}

// Code is the kind of a refusal, as entries and programs read it.
type Code string

// The codes of the outside (DESIGN chapter 5) which authority can give.
const (
	CodeNone     Code = ""
	CodeNobody   Code = "nobody"
	CodeUnknown  Code = "unknown"
	CodeDenied   Code = "denied"
	CodeConflict Code = "conflict"
	CodeStale    Code = "stale"
	CodeHeld     Code = "held"
	CodeFrozen   Code = "frozen"
)

// Reason names the rule that decided.
type Reason struct {
	Code   Code
	Cause  Cause
	Source Source  // the line of the configuration, where one decided
	Access *Access // the time-bound grant, where one decided
	Hold   *Hold   // the hold, where one decided
}

// Cause is what decided, finer than the code; only the ledger and those in scope see it.
type Cause int

// The causes.
const (
	ByDefault      Cause = iota // nothing allows it
	ByStanding                  // the person is no member of the company
	ByAction                    // there is no such action
	ByEnvironment               // there is no such environment, or nothing of it is the person's
	ByService                   // no grant of the person covers the service
	ByGrant                     // a grant allows it
	ByAccess                    // a time-bound grant allows it
	ByDenial                    // a denial forbids it
	ByConflict                  // tags contradict each other
	ByOwn                       // the bot touches neither itself nor what shares its cluster or roles
	ByStaleness                 // groups could not be read in time
	ByHold                      // somebody holds the target
	ByFreeze                    // nothing changes at this time
	ByProtection                // a grant allows it, with a second person
	ByApproval                  // a grant allows it, and second persons approved it
	ByBreakGlass                // a grant allows it, and the person broke the glass
	ByNoBreakGlass              // the person may not break this glass
	ByOpenness                  // every insider may
	ByRequester                 // nobody approves their own request
	ByNoApprover                // the person is not among those who may approve
	ByNoOffer                   // nothing offers this access to the person, or not for so long
)

// Source is the line of the configuration that decided.
type Source struct {
	Kind  RuleKind
	Group string
	Role  string
	Line  int
}

// RuleKind tells the kinds of lines apart.
type RuleKind int

// The kinds of rules.
const (
	NoRule RuleKind = iota
	GrantRule
	DenialRule
	FreezeRule
	OfferRule
	ApprovalRule
)
