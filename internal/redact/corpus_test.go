package redact

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// maker makes up secrets: every part is random, but the same in each run, and nothing that
// looks like a live one stands in a file.
type maker struct{ random *rand.Rand }

const (
	lowerHex = "0123456789abcdef"
	base62   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	base64ed = base62 + "+/"
	upper    = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	urlSafe  = base62 + "-_"
)

func (m maker) of(alphabet string, length int) string {
	var text strings.Builder
	for range length {
		text.WriteByte(alphabet[m.random.IntN(len(alphabet))])
	}
	return text.String()
}

// tokens are secrets that are known by their form, wherever they stand.
func (m maker) tokens() []string {
	join := func(parts ...string) string { return strings.Join(parts, "") }
	return []string{
		join("AK", "IA", m.of(upper, 16)), join("AS", "IA", m.of(upper, 16)),
		join("xo", "xb-", "1234567890-1234567890-", m.of(base62, 24)), join("xo", "xp-", "12345-12345-12345-", m.of(lowerHex, 32)),
		join("xa", "pp-", "1-A0123456789-1234567890-", m.of(lowerHex, 64)), join("xo", "xe.xo", "xb-1-", m.of(base62, 60)), join("xo", "xe-1-", m.of(base62, 60)),
		join("gh", "p_", m.of(base62, 36)), join("gh", "o_", m.of(base62, 36)), join("gh", "s_", m.of(base62, 36)), join("gh", "u_", m.of(base62, 36)),
		join("github", "_pat_", m.of(base62, 22), "_", m.of(base62, 59)),
		join("gl", "pat-", m.of(urlSafe, 20)), join("gl", "rt-", m.of(urlSafe, 20)), join("gl", "dt-", m.of(urlSafe, 20)),
		join("sk", "_live_", m.of(base62, 24)), join("rk", "_live_", m.of(base62, 24)), join("sk", "_test_", m.of(base62, 24)), join("wh", "sec_", m.of(base62, 32)),
		join("s", "k-", m.of(base62, 48)), join("s", "k-proj-", m.of(urlSafe, 60)), join("s", "k-ant-api03-", m.of(urlSafe, 93)),
		join("AI", "za", m.of(urlSafe, 35)), join("GOC", "SPX-", m.of(urlSafe, 28)), join("ya", "29.", m.of(urlSafe, 60)),
		join("np", "m_", m.of(base62, 36)), join("py", "pi-AgEIcHlwaS5vcmc", m.of(urlSafe, 60)), join("dckr", "_pat_", m.of(urlSafe, 27)), join("rubygems", "_", m.of(lowerHex, 48)),
		join("S", "G.", m.of(urlSafe, 22), ".", m.of(urlSafe, 43)), join("key", "-", m.of(lowerHex, 32)), join(m.of(lowerHex, 32), "-us", "12"), join("S", "K", m.of(lowerHex, 32)),
		join("sq0", "atp-", m.of(urlSafe, 22)), join("sh", "pat_", m.of(lowerHex, 32)), join("xkey", "sib-", m.of(lowerHex, 64)),
		join("do", "p_v1_", m.of(lowerHex, 64)), join("HR", "KU-", m.of(urlSafe, 60)), join("hv", "s.", m.of(urlSafe, 90)), join(m.of(base62, 14), ".atlas", "v1.", m.of(urlSafe, 67)),
		join("da", "pi", m.of(lowerHex, 32)), join("NR", "AK-", m.of(upper, 27)), join("sntry", "s_", m.of(base64ed, 60)), join("gl", "sa_", m.of(base62, 32), "_", m.of(lowerHex, 8)),
		join("PM", "AK-", m.of(lowerHex, 24), "-", m.of(lowerHex, 34)), join("lin", "_api_", m.of(base62, 40)), join("nt", "n_", m.of(base62, 46)),
		join("AT", "ATT3x", m.of(urlSafe, 100)), join("AT", "BB", m.of(base62, 32)), join("fi", "gd_", m.of(urlSafe, 40)),
		join("M", m.of(base62, 23), ".", m.of(urlSafe, 6), ".", m.of(urlSafe, 38)), join("123456789:A", "A", m.of(urlSafe, 33)),
		join("AGE-SECRET", "-KEY-1", m.of(upper, 58)), join("h", "f_", m.of(base62, 34)), join("gs", "k_", m.of(base62, 52)),
		join("ey", "J", m.of(urlSafe, 30), ".ey", "J", m.of(urlSafe, 60), ".", m.of(urlSafe, 43)),
		join("https://hooks.slack", ".com/services/T", m.of(upper, 8), "/B", m.of(upper, 8), "/", m.of(base62, 24)),
		join("https://discord", ".com/api/webhooks/123456789012345678/", m.of(urlSafe, 68)),
	}
}

// secretLines are lines with a secret in them: each token in three places, and values whose
// names say what they are.
func (m maker) secretLines() (lines, secrets []string) {
	add := func(format, secret string) {
		lines, secrets = append(lines, fmt.Sprintf(format, secret)), append(secrets, secret)
	}
	for _, format := range []string{"using %s for the call", `{"level":"debug","msg":"calling","with":"%s","ms":12}`, "2026-01-31T14:05:00Z DEBUG env: X=%s Y=2"} {
		for _, token := range m.tokens() {
			add(format, token)
		}
	}
	for _, format := range []string{
		"DB_PASSWORD=%s PORT=5432", "password: %s", `{"password":"%s","user":"alice"}`, `{"dbPassword": "%s"}`, `{\"token\":\"%s\"}`,
		"aws_secret_access_key = %s", "AWS_SECRET_ACCESS_KEY=%s", "aws_session_token=%s", "x-api-key: %s", "X-Auth-Token: %s", "Authorization: Bearer %s",
		"authorization: Token %s", "Proxy-Authorization: Basic %s", "Cookie: session=%s", "Set-Cookie: sid=%s; Path=/", "api_key => '%s'", "apiKey=%s&page=2",
		"https://api.example/v1?access_token=%s&page=2", "https://store.example/blob?sv=2024&sig=%s", "GET /cb?code=1&client_secret=%s HTTP/1.1",
		"postgres://app:%s@db.internal.example:5432/app", "redis://:%s@cache:6379/0", "amqps://user:%s@mq.example/vhost", "mongodb+srv://root:%s@cluster0.example/admin",
		"https://bob:%s@git.example/repo.git", "Server=db;User Id=app;Password=%s;Encrypt=yes", "AccountName=x;AccountKey=%s;EndpointSuffix=core", "Endpoint=sb://x;SharedAccessKey=%s",
		"running: mysql --password=%s -u root", "running: deploy --token %s --env staging", "docker login --password '%s'", "PGPASSWORD=%s psql -h db", "//registry.example/:_authToken=%s",
		"STRIPE_API_KEY='%s'", `REDIS_AUTH_TOKEN="%s"`, "jwt_secret: %s", "SECRET_KEY_BASE=%s", "session_id=%s", "encryption_key=%s", "private-key: %s", "passphrase = %s",
		"client_secret: %s", "refreshToken: '%s'", `"idToken" : "%s"`, "credentials=%s", "pwd=%s", "app.datasource.password=%s", "signing_key=%s", "webhook_secret=%s",
		"csrf_token=%s", "otp_secret=%s", "user.passwd=%s", "ADMIN_PASS_TOKEN=%s",
		`{"set-cookie":["sid=%s; Path=/"],"status":200}`, `{"passwords": ["first", "%s"]}`, `headers: { 'x-api-key': [ '%s' ] }`, `{"secret":{"value":"%s"}}`, `token: ["%s`, `{"passwords":["a]b","%s"]}`, `{\"cookies\":[\"sid=%s\"]}`,
	} {
		add(format, m.of(base62, 20))
	}
	for _, kind := range []string{"RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED "} {
		body := m.of(base64ed, 64)
		lines = append(lines, "-----BEGIN "+kind+"PRIVATE"+" KEY-----\n"+body+"\n-----END "+kind+"PRIVATE"+" KEY-----")
		secrets = append(secrets, body)
	}
	return lines, secrets
}

// harmlessLines are what logs are full of and what looks like a secret to whoever is afraid.
func (m maker) harmlessLines() []string {
	lines := []string{
		"GET /api/tokens 200 in 12ms", "the secret of success", "password reset mail sent to user 42", "user alice changed her password", "invalid token", "token expired",
		"token expired at 2026-01-31T14:05:00Z", "secret not found: prod/db", "no password given", "password is too short", "Password must have 8 characters", "authorization failed for user bob",
		"bearer of bad news", "basic authentication is disabled", "cookie consent was given", "the api key is missing", "rotating secrets every 30 days", "tokens: 1200", "max_tokens=4096",
		"prompt_tokens=120 completion_tokens=88", `{"usage":{"total_tokens":208}}`, "token_count=5", "token_type=Bearer expires_in=3600", "password_changed=true", "has_password: false", "secret_name=prod/db",
		"secretArn=arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-a1b2c3", "passwordPolicy: strict", "access_token_ttl=3600", "cookie_consent=yes", "api_key_id=17", "secret_version=3",
		"token=null", "password=****", "password: ********", "secret=<hidden>", "token=${TOKEN}", "password=$DB_PASSWORD", "token: [redacted]", "password=", "apiKey: undefined", "credentials: none",
		"credentials expired", "no credential found", "signature is valid", "signature: invalid", "cookies disabled", "tokens: [12, 14]", `{"secrets":[],"count":0}`, "password: {}", "token [0] of 3", "passed 12 tests", "compass heading 270", "bypassed the cache",
		"https://example.com/a:b@c", "mailto:alice@example.com", "https://example.com:8443/health", "ssh://git@git.example/repo.git", "http://10.0.0.1:8080/metrics?name=x", "from alice@example.com to bob@example.com",
		"arn:aws:ecs:eu-west-1:111122223333:service/staging/api", "arn:aws:iam::111122223333:role/ecsbot-operator", "pulling registry.example/api:1.42.0", "goroutine 17 [running]:", "java.lang.NullPointerException: x",
		"at com.example.TokenFilter.doFilter(TokenFilter.java:42)", "\tat com.example.auth.PasswordEncoder.encode(PasswordEncoder.java:17)", "shop.example/auth.(*Secret).Load(0xc0001a2000)", "class SecretsManagerClient loaded",
		"module token-service started", "service=token-service ms=4", "queue=password-mails depth=3", "path=/reset-password status=200", "POST /oauth/token 200", "GET /.well-known/jwks.json 200", "route /login/cookie matched",
		"table api_keys has 12 rows", "column password is of type text", "SELECT id, password FROM users WHERE id = 7", "ALTER TABLE secrets ADD COLUMN x", "task 8b2d9a11c0ffee0042 stopped", "key user:42 expired",
		"key=value", "keyboard layout de", "monkey patch applied", "turkey-1 is healthy", "access granted", "author: Bob", "authority: db.example", "authored by alice", "oauth flow started", "auth=ok", "session started", "sessions: 12",
	}
	for range 12 {
		lines = append(lines,
			"commit "+m.of(lowerHex, 40), "request_id="+m.uuid(), "trace_id="+m.of(lowerHex, 32)+" span_id="+m.of(lowerHex, 16),
			"digest sha256:"+m.of(lowerHex, 64), "etag: \""+m.of(lowerHex, 32)+"\"", fmt.Sprintf("X-Amzn-RequestId: %s", m.uuid()),
			"ecs-svc/"+fmt.Sprint(m.random.Uint64()), "build "+m.of(base62, 12)+" done", "user "+m.uuid()+" logged in", "Root=1-"+m.of(lowerHex, 8)+"-"+m.of(lowerHex, 24))
	}
	return lines
}

func (m maker) uuid() string {
	return fmt.Sprintf("%s-%s-4%s-a%s-%s", m.of(lowerHex, 8), m.of(lowerHex, 4), m.of(lowerHex, 3), m.of(lowerHex, 3), m.of(lowerHex, 12))
}

// TestCorpus holds that hardly a secret is missed and hardly a harmless line is touched.
func TestCorpus(t *testing.T) {
	for seed := range uint64(5) {
		holdAgainst(t, maker{rand.New(rand.NewPCG(4, seed))})
	}
}

func holdAgainst(t *testing.T, m maker) {
	t.Helper()
	redactor := mustNew(t)
	lines, secrets := m.secretLines()
	missed := 0
	for position, line := range lines {
		if clean, _ := redactor.Redact(line, nil); strings.Contains(clean, secrets[position]) {
			missed++
			t.Logf("missed: %s", line)
		}
	}
	harmless, torn := m.harmlessLines(), 0
	for _, line := range harmless {
		if clean, count := redactor.Redact(line, nil); clean != line || count != 0 {
			torn++
			t.Logf("torn: %s → %s", line, clean)
		}
	}
	t.Logf("%d of %d secrets missed, %d of %d harmless lines torn", missed, len(lines), torn, len(harmless))
	if len(lines) < 200 || missed*100 > len(lines) {
		t.Errorf("recall is below 99 %%: %d of %d missed", missed, len(lines))
	}
	if len(harmless) < 200 || torn*50 > len(harmless) {
		t.Errorf("false alarms are above 2 %%: %d of %d", torn, len(harmless))
	}
}

// TestSecretsThatAreSplitUnseen holds that nothing invisible hides a secret.
func TestSecretsThatAreSplitUnseen(t *testing.T) {
	secret := "gh" + "p_" + strings.Repeat("a1B2", 9)
	for says, split := range map[string]string{
		"a colour": "\x1b[31m", "a link of a terminal": "\x1b]8;;http://x\a", "nothing of width": "\u200b", "a soft hyphen": "\u00ad", "a NUL": "\x00", "a tag": "\U000E0041",
	} {
		line := "with " + secret[:10] + split + secret[10:]
		if clean, count := mustNew(t).Redact(Plain(line), nil); count != 1 || clean != "with "+Mask {
			t.Errorf("%s: %q", says, clean)
		}
	}
	if got := Plain("\x1b[1;32mok\x1b[0m \x1b(B\xff\u009b2Jend\x1b"); got != "ok B\uFFFDend" {
		t.Errorf("plain %q", got)
	}
}
