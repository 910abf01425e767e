package iam

import "slices"

// trust is who may assume the operator role and how: the bot alone, for a person, with tags.
// AWS shows each of the three calls that one AssumeRole takes its own keys only, so that
// there is a statement for each.
func (r role) trust() Document {
	bot := &Principal{AWS: Values{r.Base}}
	everybody := &Principal{AWS: Values{"*"}}
	approvals := Values{"true", "false"}
	glass := r.which(func(e Environment) bool { return e.BreakGlass })
	if len(glass) > 0 && len(glass) == len(r.environments) {
		approvals = append(approvals, brokenGlass)
	}
	statements := []Statement{r.assume("Assume", approvals, nil)}
	if len(approvals) == 2 && len(glass) > 0 {
		statements = append(statements, r.assume("AssumeBreakingGlass", Values{brokenGlass}, glass))
	}
	statements = append(
		statements,
		Statement{
			Sid: "Tag", Effect: Allow, Principal: bot, Action: Values{"sts:TagSession"},
			Condition: conditions{
				"ForAllValues:StringEquals": keys{"aws:TagKeys": tags(), "sts:TransitiveTagKeys": handedOn()},
				"Null":                      keys{"sts:TransitiveTagKeys": {"false"}},
			},
			Why: "These tags and no others, and those that bound the session go on to any further one.",
		},
		Statement{
			Sid: "SourceIdentity", Effect: Allow, Principal: bot, Action: Values{"sts:SetSourceIdentity"},
			Condition: conditions{"StringLike": keys{"sts:SourceIdentity": {r.slack()}}},
			Why:       "CloudTrail shows the person on every call of the session.",
		},
		Statement{
			Sid: "NoSelfApproval", Effect: Deny, Principal: everybody, Action: Values{"sts:AssumeRole"},
			Condition: conditions{"StringEquals": keys{"aws:RequestTag/Approved": {"true"}, "aws:RequestTag/ApprovedBy": {"${sts:SourceIdentity}"}}},
			Why:       "Whoever asks does not approve. The guard says it again, should this variable not be resolved here.",
		},
		Statement{
			Sid: "ApprovalNamesASlackUser", Effect: Deny, Principal: everybody, Action: Values{"sts:AssumeRole"},
			Condition: conditions{
				"StringEquals":  keys{"aws:RequestTag/Approved": {"true"}},
				"StringNotLike": keys{"aws:RequestTag/ApprovedBy": {r.slack()}},
			},
			Why: "An approval is somebody's.",
		},
	)
	return Document{Version: Version, Statement: statements}
}

// assume allows the assumption itself, for some environments or for all of the role.
func (r role) assume(sid string, approvals, environments Values) Statement {
	var classes Values
	for _, class := range r.Classes {
		classes = append(classes, class.Name)
	}
	slices.Sort(classes)
	equals := keys{"aws:RequestTag/Approved": approvals}
	like := keys{"sts:SourceIdentity": {r.slack()}, "sts:RoleSessionName": {r.slack()}}
	departing := r.which(Environment.departs)
	if environments == nil {
		equals["aws:RequestTag/Operation"] = classes
	}
	switch {
	case environments != nil: // the list of classes would not fit twice: what is no class is allowed nothing
		equals["aws:RequestTag/Environment"] = environments
	case len(departing) == len(r.environments):
		equals["aws:RequestTag/Environment"] = departing
	default: // by convention: a new environment needs no new document
		like["aws:RequestTag/Environment"] = Values{"?*"}
	}
	return Statement{
		Sid: sid, Effect: Allow, Principal: &Principal{AWS: Values{r.Base}}, Action: Values{"sts:AssumeRole"},
		Condition: conditions{"StringEquals": equals, "StringLike": like},
		Why:       "The bot alone, for a Slack user, one environment and one class. Approved is always sent, so that no tag on the role can answer for it.", Closes: []int{8},
	}
}
