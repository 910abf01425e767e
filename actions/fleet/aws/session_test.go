package aws_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/aws"
	"ecsbot/authz/iam"
)

func assuming() *wire {
	w := &wire{}
	w.answers = map[string]func(call) (int, any){"AssumeRole": w.assumed}
	return w
}

// list reads a Query list of STS: prefix.member.N with a suffix.
func list(form url.Values, prefix, suffix string) []string {
	var values []string
	for i := 1; form.Has(fmt.Sprintf("%s.member.%d%s", prefix, i, suffix)); i++ {
		values = append(values, form.Get(fmt.Sprintf("%s.member.%d%s", prefix, i, suffix)))
	}
	return values
}

func sessionTags(form url.Values) map[string]string {
	keys, values := list(form, "Tags", ".Key"), list(form, "Tags", ".Value")
	tags := map[string]string{}
	for i, key := range keys {
		tags[key] = values[i]
	}
	return tags
}

func TestAWSSeesThePersonAndTheOperation(t *testing.T) {
	w := assuming()
	session, err := newFleet(t, w).Assume(t.Context(), restarting())
	if err != nil {
		t.Fatal(err)
	}
	form := w.asked("AssumeRole")[0].form
	for key, want := range map[string]string{
		"RoleArn": operatorRole, "RoleSessionName": "slack-T0ACME001-U0ALICE",
		"SourceIdentity": "slack-T0ACME001-U0ALICE", "DurationSeconds": "900", "Policy": iam.Session([]string{"ecs:*", "logs:*"}, iam.Target{}),
	} {
		if got := form.Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	want := map[string]string{"Environment": "staging", "Operation": "restart", "Approved": "false", "RequestId": "op-1"}
	if diff := cmp.Diff(want, sessionTags(form)); diff != "" {
		t.Errorf("session tags (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Environment", "Operation", "Approved"}, list(form, "TransitiveTagKeys", "")); diff != "" {
		t.Errorf("transitive tags (-want +got):\n%s", diff)
	}
	if session.AccessKeyID() != "ASIASANDBOX1" || session.SourceIdentity() != "slack-T0ACME001-U0ALICE" {
		t.Errorf("session %s of %s", session.AccessKeyID(), session.SourceIdentity())
	}
}

func TestAWSSeesTheApprover(t *testing.T) {
	w := assuming()
	purpose := restarting()
	purpose.Approved, purpose.ApprovedBy = true, "U0BOB"
	if _, err := newFleet(t, w).Assume(t.Context(), purpose); err != nil {
		t.Fatal(err)
	}
	form := w.asked("AssumeRole")[0].form
	if tags := sessionTags(form); tags["Approved"] != "true" || tags["ApprovedBy"] != "slack-T0ACME001-U0BOB" {
		t.Errorf("session tags %v", tags)
	}
	want := []string{"Environment", "Operation", "Approved", "ApprovedBy"}
	if diff := cmp.Diff(want, list(form, "TransitiveTagKeys", "")); diff != "" {
		t.Errorf("transitive tags (-want +got):\n%s", diff)
	}
}

func TestNobodyGetsNoCredentials(t *testing.T) {
	w := assuming()
	f := newFleet(t, w)
	for says, change := range map[string]func(*fleet.Purpose){
		"no team":              func(p *fleet.Purpose) { p.Team = "" },
		"no user":              func(p *fleet.Purpose) { p.User = "" },
		"strange user":         func(p *fleet.Purpose) { p.User = "U0 ALICE" },
		"endless user":         func(p *fleet.Purpose) { p.User = strings.Repeat("U", 64) },
		"approved by nobody":   func(p *fleet.Purpose) { p.Approved = true },
		"approved by a spoof":  func(p *fleet.Purpose) { p.Approved, p.ApprovedBy = true, "U0/BOB" },
		"approved by a script": func(p *fleet.Purpose) { p.Approved, p.ApprovedBy = true, "<script>" },
	} {
		purpose := restarting()
		change(&purpose)
		if session, err := f.Assume(t.Context(), purpose); !errors.Is(err, fleet.ErrDenied) || session != nil {
			t.Errorf("%s: session %v, error %v", says, session, err)
		}
	}
	if asked := len(w.asked("AssumeRole")); asked != 0 {
		t.Errorf("STS was asked %d times", asked)
	}
}

func TestChangeNeverReusesCredentialsAndAReadMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := assuming()
		f := newFleet(t, w)
		assume := func(change func(*fleet.Purpose)) string {
			purpose := reading("status")
			change(&purpose)
			session, err := f.Assume(t.Context(), purpose)
			if err != nil {
				t.Fatal(err)
			}
			return session.AccessKeyID()
		}
		same := func(*fleet.Purpose) {}
		first := assume(same)
		if again := assume(func(p *fleet.Purpose) { p.Request = "op-2" }); again != first {
			t.Errorf("the same read got %s, want %s again", again, first)
		}
		for says, change := range map[string]func(*fleet.Purpose){
			"another person":      func(p *fleet.Purpose) { p.User = "U0BOB" },
			"another team":        func(p *fleet.Purpose) { p.Team = "T0OTHER" },
			"another environment": func(p *fleet.Purpose) { p.Environment = "prod" },
			"another operation":   func(p *fleet.Purpose) { p.Operation = "logs" },
			"another target":      func(p *fleet.Purpose) { p.Target = serviceARN("staging", "web") },
			"another role":        func(p *fleet.Purpose) { p.Role = "arn:aws:iam::444455556666:role/x" },
			"a change":            func(p *fleet.Purpose) { p.Changes = true },
		} {
			if key := assume(change); key == first {
				t.Errorf("%s got the credentials of the first", says)
			}
		}
		change := assume(func(p *fleet.Purpose) { p.Changes = true })
		if again := assume(func(p *fleet.Purpose) { p.Changes = true }); again == change {
			t.Error("a change reused credentials")
		}
		time.Sleep(13 * time.Minute)
		if again := assume(same); again != first {
			t.Error("the read's credentials were forgotten early")
		}
		time.Sleep(time.Minute)
		if again := assume(same); again == first {
			t.Error("the read got credentials within a minute of their end")
		}
	})
}

func TestSessionsKeptAreBounded(t *testing.T) {
	w := assuming()
	f := newFleet(t, w)
	for i := range 600 {
		purpose := reading("status")
		purpose.User = fmt.Sprintf("U%04d", i)
		if _, err := f.Assume(t.Context(), purpose); err != nil {
			t.Fatal(err)
		}
	}
	before := len(w.asked("AssumeRole"))
	for i := range 600 {
		purpose := reading("status")
		purpose.User = fmt.Sprintf("U%04d", i)
		if _, err := f.Assume(t.Context(), purpose); err != nil {
			t.Fatal(err)
		}
	}
	if again := len(w.asked("AssumeRole")) - before; again < 600-256 {
		t.Errorf("%d of 600 were remembered", 600-again)
	}
}

func TestRoleNoneIsTheBotsOwnCredentials(t *testing.T) {
	w := restartAnswers(always(http.StatusOK, updated()))
	f := newFleet(t, w)
	purpose := restarting()
	purpose.Role = ""
	session, err := f.Assume(t.Context(), purpose)
	if err != nil {
		t.Fatal(err)
	}
	if session.AccessKeyID() != "" || session.SourceIdentity() != "" || len(w.asked("AssumeRole")) != 0 {
		t.Errorf("session %q %q", session.AccessKeyID(), session.SourceIdentity())
	}
	if _, err := f.Restart(t.Context(), session, api()); err != nil {
		t.Fatal(err)
	}
	if key := w.asked("UpdateService")[0].key; key != baseKey {
		t.Errorf("signed by %s", key)
	}
}

func TestRefusedAssumption(t *testing.T) {
	w := assuming()
	w.answers["AssumeRole"] = always(403, `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>
		<Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>`)
	_, err := newFleet(t, w).Assume(t.Context(), restarting())
	if !errors.Is(err, fleet.ErrDenied) || !strings.Contains(err.Error(), operatorRole) {
		t.Errorf("error %v", err)
	}
}

func TestNoSecretOfASessionIsPrinted(t *testing.T) {
	session, err := newFleet(t, assuming()).Assume(t.Context(), restarting())
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, session); strings.Contains(text, "made-up") {
			t.Errorf("%s prints %s", format, text)
		}
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	narrow := func(fleet.Purpose) string { return "{}" }
	for says, settings := range map[string]aws.Settings{
		"no tag":           {},
		"nothing narrows":  {Tag: "Environment"},
		"unknown throttle": {Tag: "Environment", Narrow: narrow, Rates: map[string]aws.Rate{"service_modfy": {Burst: 1, PerSecond: 1}}},
		"closed throttle":  {Tag: "Environment", Narrow: narrow, Rates: map[string]aws.Rate{"service_modify": {}}},
	} {
		if _, err := aws.New(t.Context(), settings); err == nil {
			t.Errorf("%s: no error", says)
		}
	}
}

func TestRatesAreWrittenAsBurstAndPerSecond(t *testing.T) {
	for text, want := range map[string]aws.Rate{"50/5": {Burst: 50, PerSecond: 5}, "1/0.5": {Burst: 1, PerSecond: 0.5}} {
		got, err := aws.ParseRate(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%s is %v, error %v", text, got, err)
		}
	}
	for _, text := range []string{"", "50", "/", "0/5", "-1/5", "5/0", "5/-1", "5/x", "x/5", "5/NaN", "5/Inf", "5/5/5", "1.5/5"} {
		if got, err := aws.ParseRate(text); err == nil {
			t.Errorf("%q is taken as %v", text, got)
		}
	}
}
