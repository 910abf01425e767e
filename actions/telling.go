package actions

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ecsbot/actions/fleet"
	"ecsbot/actions/ledger"
)

// announcement is what the caller sees at once, before anything is read: an echo of what was
// understood, which says nothing of what exists.
func (t *task) announcement() Message {
	if t.command.action == nil || t.command.action.Instant {
		return Say(Working, "One moment …")
	}
	on := Textf("On it: %v", t.command.action.Name)
	if subject := t.subject(); subject != nil {
		on = append(append(on, Span{Value: " "}), subject...)
	}
	return Message{Tone: Working, Title: on}
}

// subject is what the command is about, as it was typed.
func (t *task) subject() Text {
	switch {
	case t.command.everywhere:
		return Textf("everything")
	case len(t.command.services) > 1 || t.command.bulk:
		return Textf("several services in %v", Named(cut(t.command.environment, 60)))
	case t.command.service != "":
		return Textf("%v in %v", Named(cut(t.command.service, 60)), Named(cut(t.command.environment, 60)))
	case t.command.environment != "":
		return Textf("%v", Named(cut(t.command.environment, 60)))
	}
	return nil
}

// title is the first line of the card, the same in all its states.
func (t *task) title(call Call) Text {
	if call.service.Name == "" {
		return Textf("%v on %v", capital(call.action.Name), Bold(t.command.environment))
	}
	return Textf("%v %v in %v", capital(call.action.Name), Bold(call.service.Name), Bold(call.service.Environment))
}

func capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// facts say what is being done, by whom.
func (t *task) facts(call Call) Facts {
	facts := []Fact{{"Asked by", Textf("%v", PersonSpan(t.request.Actor.User))}}
	if call.service.ARN != "" {
		facts = append(facts, Fact{"Service", Textf("%v", Named(call.service.String()))})
	}
	switch {
	case len(call.plan.Lines) > 0:
		facts = append(facts, Fact{"Plan", inOne(call.plan.Lines)})
	case call.service.Revision != "":
		facts = append(facts, Fact{"Revision", Textf("%v", Named(shortRevision(call.service.Revision)))})
	}
	if operation, open := t.runner.Ledger.Operation(t.id); open {
		for _, each := range operation.Approvals {
			facts = append(facts, Fact{"Approved by", Textf("%v", PersonSpan(each.Actor.User))})
		}
	}
	if t.command.reason != "" {
		facts = append(facts, Fact{"Why", Textf("%v", t.command.reason)})
	}
	return Facts{append(facts, Fact{"Operation", Textf("%v", Named(t.id))})}
}

// waiting is the card of a request that waits for approval.
func (t *task) waiting(call Call, expires time.Time, approvals []ledger.Entry, groups []string, count int) Message {
	what := Textf("%v %v", capital(t.command.action.Name), t.subject())
	facts := []Fact{{"Asked by", Textf("%v", PersonSpan(t.request.Actor.User))}}
	if call.service.ARN != "" {
		facts = append(facts, Fact{"Service", Textf("%v", Named(call.service.String()))},
			Fact{"Revision running", Textf("%v", Named(shortRevision(call.service.Revision)))},
			Fact{"Tasks", Textf("%v running, %v wanted", call.service.Running, call.service.Desired)})
	}
	for _, name := range slices.Sorted(maps.Keys(t.command.arguments)) {
		facts = append(facts, Fact{capital(name), Textf("%v", Named(t.runner.Redact(t.command.arguments[name])))})
	}
	if t.command.reason != "" {
		facts = append(facts, Fact{"Why", Textf("%v", t.command.reason)})
	}
	facts = append(facts, Fact{"Expires", Textf("%v", MomentSpan(expires))}, Fact{"Operation", Textf("%v", Named(t.id))})
	blocks := append([]Block{Facts{facts}}, t.planned(call)...)
	for _, each := range approvals {
		blocks = append(blocks, Paragraph{Textf("Approved by %v, %v of %v", PersonSpan(each.Actor.User), len(approvals), count)})
	}
	blocks = append(blocks, Paragraph{append(Textf("It wants %v out of ", people(count)), groupList(groups)...)})
	where := t.command.environment
	if len(call.plan.Lines) > 0 {
		where += ": " + cut(inOne(call.plan.Lines).Plain(), 150)
	}
	confirm := fmt.Sprintf("%s in %s. What is approved is what is done: if the service changes meanwhile, the request is void.",
		capital(t.command.action.Name)+" "+bare(t.command.service), where)
	return Message{
		Tone: Waiting, Title: append(what, Textf(" wants approval")...), Body: blocks,
		Buttons: []Button{
			{ID: approveButton, Label: "Approve", Value: t.id, Style: "primary", Confirm: &Confirm{Title: "Approve this change?", Text: cut(confirm, 300), Yes: "Approve", No: "Not now"}},
			{ID: rejectButton, Label: "Reject", Value: t.id, Style: "danger"},
		},
	}
}

// shortRevision is family:number, without the rest of the ARN.
func shortRevision(arn string) string {
	return arn[strings.LastIndex(arn, "/")+1:]
}

func (t *task) card(call Call, tone Tone, blocks ...Block) Message {
	return Message{Tone: tone, Title: t.title(call), Body: append([]Block{t.facts(call)}, blocks...)}
}

// begun is the card before AWS has answered: the plan that is being carried out.
func (t *task) begun(call Call) Message {
	return t.card(call, Working, append(t.manner(call), Note{Textf("Asking AWS …")})...)
}

// queued says that AWS's own throttle holds the change up for a while.
func (t *task) queued(call Call, wait time.Duration) Message {
	return t.card(call, Working, Paragraph{Textf("Waiting about %v: AWS takes only so many changes a second in this account.", wait.Round(time.Second))})
}

func tasksOf(count int) string { return Counted(count, "task") }

func (t *task) progress(one *watched, service fleet.Service, deployment fleet.Deployment, took time.Duration) Message {
	old := service.Running - deployment.Running
	line := Textf("%v  new tasks: %v of %v running · old tasks: %v left · %v", bar(deployment.Running, deployment.Desired),
		deployment.Running, deployment.Desired, max(old, 0), one.elapsed(took))
	blocks := []Block{Paragraph{line}}
	if deployment.Failed > 0 {
		blocks = append(blocks, Paragraph{Textf("%v failed to start so far.", tasksOf(deployment.Failed))})
	}
	return t.card(one.call, Working, one.with(blocks, t.newest(one, service)...)...)
}

// newest is the newest event of a service since the change began.
func (t *task) newest(one *watched, service fleet.Service) []Block {
	if len(service.Events) == 0 || !service.Events[0].Time.After(one.call.service.ReadAt) {
		return nil
	}
	return []Block{Note{Textf("%v", cut(t.runner.Redact(service.Events[0].Brief(service.Name)), 300))}}
}

// with puts what AWS answered otherwise than planned before everything else: it is loud in
// every state of the card.
func (o *watched) with(blocks []Block, more ...Block) []Block {
	var loud []Block
	if o.differs != "" {
		loud = []Block{Paragraph{append([]Span{Bold(otherwiseMark)}, Textf("%v", o.differs)...)}}
	}
	return append(append(loud, blocks...), more...)
}

// elapsed is the time so far, beside what the service usually takes.
func (o *watched) elapsed(took time.Duration) string {
	text := DurationText(took.Round(time.Second))
	if usual := o.call.plan.Usual; usual > 0 {
		text += " (usually " + DurationText(usual.Round(time.Second)) + ")"
	}
	return text
}

// bar shows a share in ten steps.
func bar(part, whole int) string {
	filled := 10
	if whole > 0 {
		filled = min(10*part/whole, 10)
	}
	return strings.Repeat("▰", filled) + strings.Repeat("▱", 10-filled)
}

func (t *task) succeeded(one *watched, service fleet.Service, deployment fleet.Deployment, took time.Duration) Message {
	how := tasksOf(service.Running) + " running, all new"
	if service.Running == 0 {
		how = "no task is wanted, and none runs"
	}
	blocks := []Block{Paragraph{Textf("Done: %v, steady after %v.", how, one.elapsed(took))}}
	if deployment.Revision != "" && deployment.Revision != one.call.service.Revision {
		blocks = append(blocks, Paragraph{Textf("Revision %v → %v", Named(shortRevision(one.call.service.Revision)), Named(shortRevision(deployment.Revision)))})
	}
	return t.card(one.call, Good, one.with(blocks, Note{Textf("Deployment %v", deployment.ID)})...)
}

func (t *task) failed(one *watched, service fleet.Service, deployment fleet.Deployment, found diagnosis) Message {
	blocks := []Block{Paragraph{Textf("Failed: %v", sentence(t.runner.Redact(deployment.Reason), "the deployment did not become steady."))}}
	if len(found.causes) > 0 {
		blocks = append(blocks, Code{strings.Join(found.causes, "\n")})
	}
	if found.lines != "" {
		blocks = append(blocks, Paragraph{Textf("Its last lines:")}, Code{found.lines})
	}
	card := t.card(one.call, Bad, one.with(blocks, after(one.call, service))...)
	card.Buttons = t.offers(one.call)
	return card
}

// after is how the service stands when its deployment has failed.
func after(call Call, service fleet.Service) Block {
	if _, before := call.service.Deployment(service.Primary().ID); before && call.plan.Follow == FollowDeployment {
		return Paragraph{Textf("ECS went back to the deployment before: %v running, %v wanted.", tasksOf(service.Running), service.Desired)}
	}
	return Paragraph{Textf("%v running now, %v wanted.", tasksOf(service.Running), service.Desired)}
}

func sentence(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return cut(text, 500)
}

func (t *task) superseded(one *watched, service fleet.Service) Message {
	return t.card(one.call, Warning, one.with([]Block{
		Paragraph{Textf("Superseded: another deployment of this service began meanwhile (%v). What becomes of it is not this operation's any more.", service.Primary().ID)},
	})...)
}

func (t *task) fateUnknown(call Call) Message {
	return t.card(call, Warning, Paragraph{Textf("AWS did not answer: whether it was carried out is not known yet. It is not sent again; I am reading the service to find out.")})
}

// unbegun is an answer of AWS that shows no new deployment.
func (t *task) unbegun(one *watched) Message {
	return t.card(one.call, Warning, one.with([]Block{
		Paragraph{Textf("Whether a deployment begins is not known yet. It is not sent again; I am reading the service to find out.")},
	})...)
}

// notFound is what is told of a change of which reading finds nothing: what is as it was. Where
// it would have left nothing to read behind, or where somebody else's deployment stands in the
// place of what it would have left, that says nothing.
func (t *task) notFound(one *watched, isOvertaken bool) (reason string, told Message) {
	call := one.call
	if call.plan.Follow == FollowNothing || isOvertaken {
		return "whether AWS has carried it out cannot be read",
			t.card(call, Warning, one.with([]Block{Paragraph{Textf("Whether AWS has carried it out cannot be told by reading. Look at the service before you ask again.")}})...)
	}
	as := map[Follow]string{
		FollowDeployment: "no deployment began", FollowCount: "the count is as it was", FollowReturn: "the deployment was not stopped",
		FollowStop: "the task still runs", FollowRun: "no task was started",
	}[call.plan.Follow]
	return "AWS has not carried it out",
		t.card(call, Bad, one.with([]Block{Paragraph{Textf("AWS has not carried it out: %v. It is safe to ask again.", as)}}, leftBehind(one.registered)...)...)
}

func (t *task) notDone(call Call, err error) Message {
	return t.card(call, Bad, append([]Block{Paragraph{Textf("Not done: %v", failure(t, err).message.Title)}}, leftBehind(fleet.Registered(err))...)...)
}
