package aws

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"
)

// voice is what a container's log lines are like.
type voice struct {
	name     string // of the container
	version  string // of its image
	password string // of its environment, which it is careless enough to log
	speaks   func(v voice, n uint64, at time.Time) string
}

func voiceOf(defined containerDefinition) voice {
	v := voice{name: defined.Name, speaks: structured}
	_, v.version, _ = strings.Cut(shortName(defined.Image), ":")
	for _, variable := range defined.Environment {
		if variable.Name == "DATABASE_PASSWORD" {
			v.password = variable.Value
		}
	}
	if v.name == "api" || v.name == "web" {
		v.speaks = access
	}
	return v
}

// lines are the events of one step of a stream, always the same for the same step.
func (v voice) lines(seed, step uint64, at time.Time) []string {
	n := mix(seed, step)
	switch {
	case step == 0:
		return []string{
			fmt.Sprintf(`{"time":%q,"level":"info","msg":"starting","service":%q,"version":%q}`, clock(at), v.name, v.version),
			fmt.Sprintf(`{"time":%q,"level":"info","msg":"listening","address":":8080"}`, clock(at)),
		}
	case step%97 == 53:
		return stackTrace(at, n)
	case step%61 == 17:
		return []string{fmt.Sprintf("%s WARN  slow query (2.%03d s): SELECT * FROM orders WHERE note = '<!channel> <@U0ALICE> `*please* look*`' LIMIT 50", clock(at), n%1000)}
	case step%71 == 29 && v.password != "":
		return []string{fmt.Sprintf("%s DEBUG connecting to postgres://%s:%s@db.internal.example:5432/%s", clock(at), v.name, v.password, v.name)}
	case step%83 == 31:
		return []string{fmt.Sprintf("%s DEBUG outgoing request: Authorization: Bearer %s", clock(at), bearer(n))}
	}
	return []string{v.speaks(v, n, at)}
}

// access is a line of a web server. Whoever watches its health is always answered.
func access(_ voice, n uint64, at time.Time) string {
	request := pick(n, "GET /orders", "GET /orders/48213", "POST /orders", "PUT /cart", "GET /search?q=blue+shoes", "POST /login", "GET /products/771", "GET /healthz")
	status := pick(n>>7, "200", "200", "200", "200", "200", "200", "304", "404", "200", "200", "500", "200")
	if strings.HasSuffix(request, "/healthz") {
		status = "200"
	}
	return fmt.Sprintf(`10.0.%d.%d - - [%s] "%s HTTP/1.1" %s %d %dms`,
		n>>11%64, n>>17%250+1, at.UTC().Format("02/Jan/2006:15:04:05 +0000"), request, status, n>>23%40_000, n>>31%400+2)
}

// structured is a line of JSON.
func structured(v voice, n uint64, at time.Time) string {
	level := pick(n, "info", "info", "info", "info", "info", "info", "warn", "error")
	text := map[string]string{
		"info":  pick(n>>4, "job done", "batch written", "invoice sent", "cache refreshed", "message acknowledged"),
		"warn":  pick(n>>4, "retrying", "queue is long", "connection slow"),
		"error": pick(n>>4, "job failed", "upstream answered 502", "deadline exceeded"),
	}[level]
	return fmt.Sprintf(`{"time":%q,"level":%q,"msg":%q,"service":%q,"job":"%08x","ms":%d}`, clock(at), level, text, v.name, n>>12&0xffffffff, n>>44%900)
}

func stackTrace(at time.Time, n uint64) []string {
	return []string{
		fmt.Sprintf("%s ERROR unhandled: runtime error: invalid memory address or nil pointer dereference", clock(at)),
		fmt.Sprintf("goroutine %d [running]:", n%9000+18),
		"shop.example/orders.(*Basket).Total(0x0)",
		"\t/src/orders/basket.go:57 +0x1c",
		"shop.example/orders.(*Handler).Checkout(0xc0001a2000, {0x8f3a10, 0xc00021c0e0}, 0xc000194300)",
		"\t/src/orders/checkout.go:112 +0x2b5",
		"net/http.HandlerFunc.ServeHTTP(0xc00010e0f0?, {0x8f3a10?, 0xc00021c0e0?}, 0x0?)",
		"\t/usr/local/go/src/net/http/server.go:2294 +0x29",
	}
}

// closingLines are what a container says when it is told to stop.
func closingLines(at time.Time) []string {
	return []string{
		fmt.Sprintf(`{"time":%q,"level":"info","msg":"SIGTERM received, draining"}`, clock(at)),
		fmt.Sprintf(`{"time":%q,"level":"info","msg":"bye"}`, clock(at)),
	}
}

// bearer is a made-up token, put together here so that no source file holds its like.
func bearer(n uint64) string {
	return strings.Join([]string{"eyJhbGciOiJIUzI1NiJ9", fmt.Sprintf("eyJzdWIiOiI%x", n&0xffffff), fmt.Sprintf("%016x%016x", mix(n, 1), mix(n, 2))}, ".")
}

// keyLines is how many lines the body of a private key of 4096 bits has, but for its last.
const keyLines = 49

// privateKey is a made-up private key as it stands in a file: whoever sees only its last lines
// does not see that it is one.
func privateKey() []string {
	lines := []string{"-----BEGIN RSA PRIVATE" + " KEY-----"}
	for number := range keyLines {
		lines = append(lines, fmt.Sprintf("MIIEkey%02d%s", number, strings.Repeat("Ab3d+", 11)))
	}
	return append(lines, "MIIEkey99w==", "-----END RSA PRIVATE"+" KEY-----")
}

func clock(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

func pick(n uint64, choices ...string) string { return choices[n%uint64(len(choices))] }

// hash is a number for a text, always the same.
func hash(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // a hash takes everything
	return h.Sum64()
}

// mix is the n-th number of a seed's sequence (SplitMix64).
func mix(seed, n uint64) uint64 {
	z := seed + (n+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
