package aws_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"ecsbot/actions/fleet"
	"ecsbot/actions/fleet/aws"
	"ecsbot/authz/iam"
)

// object is a JSON object on the wire.
type object = map[string]any

// call is one request as it went over the wire.
type call struct {
	operation string
	at        time.Time
	key       string // access key ID that signed it
	region    string
	body      object
	form      url.Values // of STS
}

// wire is an AWS that answers each operation as the test says and remembers what it was
// asked. It is an http.RoundTripper without sockets, so that it works in a bubble of time.
type wire struct {
	latency time.Duration
	answers map[string]func(call) (int, any)

	mutex sync.Mutex
	calls []call
}

// RoundTrip answers one request after the latency.
func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	asked := readCall(request)
	w.mutex.Lock()
	w.calls = append(w.calls, asked)
	answer := w.answers[asked.operation]
	w.mutex.Unlock()
	select {
	case <-time.After(w.latency):
	case <-request.Context().Done():
		return nil, request.Context().Err()
	}
	if answer == nil {
		return nil, fmt.Errorf("nobody answers %s", asked.operation)
	}
	status, said := answer(asked)
	if err, broken := said.(error); broken {
		return nil, err
	}
	return response(request, status, said), nil
}

func readCall(request *http.Request) call {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		panic(err)
	}
	asked := call{at: time.Now()}
	if _, signed, ok := strings.Cut(request.Header.Get("Authorization"), "Credential="); ok {
		parts := strings.Split(signed, "/")
		asked.key, asked.region = parts[0], parts[2]
	}
	if target := request.Header.Get("X-Amz-Target"); target != "" {
		asked.operation = target[strings.LastIndexByte(target, '.')+1:]
		if err := json.Unmarshal(body, &asked.body); err != nil {
			panic(err)
		}
		return asked
	}
	asked.form, err = url.ParseQuery(string(body))
	if err != nil {
		panic(err)
	}
	asked.operation = asked.form.Get("Action")
	return asked
}

func response(request *http.Request, status int, said any) *http.Response {
	text, ok := said.(string)
	if !ok {
		encoded, err := json.Marshal(said)
		if err != nil {
			panic(err)
		}
		text = string(encoded)
	}
	header := http.Header{"X-Amzn-Requestid": {"request-1"}, "Content-Type": {"application/x-amz-json-1.1"}}
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader([]byte(text))), Request: request,
	}
}

// asked lists the calls of one operation.
func (w *wire) asked(operation string) []call {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	var calls []call
	for _, each := range w.calls {
		if each.operation == operation {
			calls = append(calls, each)
		}
	}
	return calls
}

// forget makes room in a benchmark.
func (w *wire) forget() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.calls = nil
}

// answer changes what an operation is answered from now on.
func (w *wire) answer(operation string, answer func(call) (int, any)) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.answers[operation] = answer
}

// always answers the same.
func always(status int, said any) func(call) (int, any) {
	return func(call) (int, any) { return status, said }
}

// failure is an error in the shape of AWS's JSON protocols.
func failure(code, message string) object { return object{"__type": code, "message": message} }

// assumed is STS's answer; each call brings another access key.
func (w *wire) assumed(asked call) (int, any) {
	key := fmt.Sprintf("ASIASANDBOX%d", len(w.asked("AssumeRole")))
	return http.StatusOK, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
	<Credentials><AccessKeyId>` + key + `</AccessKeyId><SecretAccessKey>made-up</SecretAccessKey>
	<SessionToken>made-up</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
	</AssumeRoleResult></AssumeRoleResponse>`
}

const (
	operatorRole = "arn:aws:iam::111122223333:role/ecsbot-operator"
	baseKey      = "AKIASANDBOX"
)

var home = fleet.Scope{Region: "eu-west-1"}

// newFleet is the fleet over a wire; change may adapt the settings.
func newFleet(t testing.TB, transport http.RoundTripper, change ...func(*aws.Settings)) *aws.Fleet {
	t.Helper()
	settings := aws.Settings{
		Tag:    "Environment",
		Region: "eu-west-1",
		Environments: map[string]aws.Environment{
			"staging": {Scope: home},
			"prod":    {Scope: home},
		},
		HTTP:   &http.Client{Transport: transport},
		Narrow: func(purpose fleet.Purpose) string { return iam.Session([]string{"ecs:*", "logs:*"}, iam.Target{}) },
		LoadOptions: []func(*config.LoadOptions) error{
			config.WithSharedConfigFiles([]string{}),
			config.WithSharedCredentialsFiles([]string{}),
			config.WithBaseEndpoint("http://aws.test"),
			config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(baseKey, "made-up", "")),
		},
	}
	for _, each := range change {
		each(&settings)
	}
	built, err := aws.New(context.Background(), settings)
	if err != nil {
		t.Fatal(err)
	}
	return built
}

func serviceARN(cluster, name string) string {
	return "arn:aws:ecs:eu-west-1:111122223333:service/" + cluster + "/" + name
}

func apiRef() fleet.Ref {
	return fleet.Ref{Scope: home, ARN: serviceARN("staging", "api"), Cluster: "staging", Name: "api", Environment: "staging"}
}

func api() fleet.Service { return fleet.Service{Ref: apiRef(), Status: "ACTIVE"} }

// tags are ECS's: key, value, key, value.
func tags(pairs ...string) []object {
	list := []object{}
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, object{"key": pairs[i], "value": pairs[i+1]})
	}
	return list
}

// restarting is alice's purpose of a restart of staging/api.
func restarting() fleet.Purpose {
	return fleet.Purpose{
		Environment: "staging", Region: "eu-west-1", Role: operatorRole, Operation: "restart", Changes: true,
		Team: "T0ACME001", User: "U0ALICE", Request: "op-1", Target: serviceARN("staging", "api"),
	}
}

// reading is alice's purpose of reading staging/api.
func reading(operation string) fleet.Purpose {
	purpose := restarting()
	purpose.Operation, purpose.Changes = operation, false
	return purpose
}
