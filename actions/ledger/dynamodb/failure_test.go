package dynamodb_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ecsbot/actions/ledger"
	"ecsbot/actions/ledger/dynamodb"
)

// road is the network between a keeper and the table, and what may happen on it.
type road struct {
	mutex sync.Mutex
	meet  func(operation string, send func() (*http.Response, error)) (*http.Response, error)
	sent  []string
}

func (r *road) RoundTrip(request *http.Request) (*http.Response, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	_, operation, _ := strings.Cut(request.Header.Get("X-Amz-Target"), ".")
	r.sent = append(r.sent, operation)
	send := func() (*http.Response, error) { return http.DefaultTransport.RoundTrip(request) }
	if r.meet == nil {
		return send()
	}
	return r.meet(operation, send)
}

func (r *road) happens(meet func(operation string, send func() (*http.Response, error)) (*http.Response, error)) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.meet = meet
}

// on gives a keeper whose calls take the road.
func on(t *testing.T) (*road, *dynamodb.Keeper, dynamodb.Settings) {
	t.Helper()
	settings := place(t)
	taken := &road{}
	one := settings
	one.HTTP = &http.Client{Transport: taken}
	return taken, openAt(t, one), settings
}

var errCut = errors.New("the connection was cut")

// refusal is an answer as DynamoDB gives it.
func refusal(status int, code string) *http.Response {
	body := `{"__type":"com.amazonaws.dynamodb.v20120810#` + code + `","message":"no"}`
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Body: io.NopCloser(bytes.NewReader([]byte(body)))}
}

func TestAPutWhoseAnswerIsLostIsStoredOnce(t *testing.T) {
	for name, lose := range map[string]func(response *http.Response) (*http.Response, error){
		"the connection is cut": func(response *http.Response) (*http.Response, error) { response.Body.Close(); return nil, errCut },
		"AWS has an error": func(response *http.Response) (*http.Response, error) {
			response.Body.Close()
			return refusal(500, "InternalServerError"), nil
		},
	} {
		for _, losses := range []int{1, 100} {
			t.Run(name, func(t *testing.T) {
				way, keeper, settings := on(t)
				left := losses
				way.happens(func(operation string, send func() (*http.Response, error)) (*http.Response, error) {
					response, err := send()
					if operation != "PutItem" || left == 0 || err != nil {
						return response, err
					}
					left--
					return lose(response)
				})
				if err := keeper.Put(t.Context(), 1, []string{"a"}); err != nil {
					t.Errorf("the SDK's own tries found it stored: %v", err)
				}
				if err := keeper.Put(t.Context(), 1, []string{"a"}); !errors.Is(err, ledger.ErrTaken) {
					t.Errorf("the same lines in another call are another's: %v", err)
				}
				if lines, err := openAt(t, settings).Read(t.Context(), 0, 10); err != nil || !slices.Equal(lines, []string{"a"}) {
					t.Errorf("stored %v %v", lines, err)
				}
			})
		}
	}
}

func TestALeaseWhoseAnswerIsLostIsHeld(t *testing.T) {
	way, keeper, _ := on(t)
	lost := false
	way.happens(func(operation string, send func() (*http.Response, error)) (*http.Response, error) {
		response, err := send()
		if operation != "PutItem" || lost || err != nil {
			return response, err
		}
		lost = true
		response.Body.Close()
		return nil, errCut
	})
	if won, err := keeper.Swap(t.Context(), "watch", ledger.Lease{}, ledger.Lease{Holder: "one", Beat: 1}); err != nil || !won {
		t.Errorf("got %v %v", won, err)
	}
}

func TestAPutThatNeverArrivedIsAnError(t *testing.T) {
	way, keeper, settings := on(t)
	way.happens(func(operation string, send func() (*http.Response, error)) (*http.Response, error) {
		if operation == "PutItem" {
			return nil, errCut
		}
		return send()
	})
	if err := keeper.Put(t.Context(), 1, []string{"a"}); err == nil || errors.Is(err, ledger.ErrTaken) {
		t.Errorf("got %v", err)
	}
	way.happens(nil)
	if err := keeper.Put(t.Context(), 1, []string{"a"}); err != nil {
		t.Errorf("the place is free: %v", err)
	}
	if lines, err := openAt(t, settings).Read(t.Context(), 0, 10); err != nil || len(lines) != 1 {
		t.Errorf("stored %v %v", lines, err)
	}
}

func TestWhoMayNotWriteIsToldSoInOneLine(t *testing.T) {
	settings := place(t)
	for name, test := range map[string]struct {
		operation, code, want string
		mayRead               bool
	}{
		"no right to write": {"PutItem", "AccessDeniedException", "the credentials may not write to the DynamoDB table", true},
		"no right to read":  {"Query", "AccessDeniedException", "the credentials may not read the DynamoDB table", false},
		"no table":          {"Query", "ResourceNotFoundException", "does not exist (docs/ledger.md", false},
	} {
		t.Run(name, func(t *testing.T) {
			way := &road{}
			way.happens(func(operation string, send func() (*http.Response, error)) (*http.Response, error) {
				if operation == test.operation {
					return refusal(400, test.code), nil
				}
				return send()
			})
			one := settings
			one.HTTP = &http.Client{Transport: way}
			_, err := dynamodb.Open(t.Context(), one)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), settings.Table) || strings.Contains(err.Error(), "\n") {
				t.Errorf("opened with %v", err)
			}
			if _, err := dynamodb.OpenReader(t.Context(), one); (err == nil) != test.mayRead {
				t.Errorf("opened for reading with %v", err)
			}
		})
	}
}

func TestTheWrongTableIsRefused(t *testing.T) {
	settings := place(t)
	if len(settings.LoadOptions) == 0 {
		t.Log("on a real DynamoDB no tables are made; what it says of a missing one is asked all the same")
	} else {
		_, err := clientOf(t, settings).CreateTable(t.Context(), &client.CreateTableInput{
			TableName: aws.String("other-keys"), BillingMode: types.BillingModePayPerRequest,
			KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
			AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
		})
		if err != nil {
			t.Fatal(err)
		}
		settings.Table = "other-keys"
		if _, err := dynamodb.Open(t.Context(), settings); err == nil || !strings.Contains(err.Error(), "has not the keys kind (a string) and number (a number)") {
			t.Errorf("other keys: %v", err)
		}
	}
	settings.Table = "ecsbot-no-such-table"
	if _, err := dynamodb.Open(t.Context(), settings); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("no table: %v", err)
	}
}

func TestATableThatCannotBeReachedIsOneLine(t *testing.T) {
	settings := dynamodb.Settings{Table: "ecsbot", Region: "eu-west-1", LoadOptions: []func(*awsconfig.LoadOptions) error{
		awsconfig.WithBaseEndpoint("http://127.0.0.1:1"),
	}}
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	if _, err := dynamodb.Open(t.Context(), settings); err == nil || !strings.Contains(err.Error(), "the DynamoDB table ecsbot in eu-west-1 cannot be reached") {
		t.Errorf("got %v", err)
	}
}

func TestOpeningLeavesNoTrace(t *testing.T) {
	settings := place(t)
	openAt(t, settings)
	if len(settings.LoadOptions) == 0 {
		t.Log("the whole of a real table is not looked through")
		return
	}
	found, err := clientOf(t, settings).Scan(t.Context(), &client.ScanInput{TableName: aws.String(settings.Table)})
	if err != nil || len(found.Items) != 0 {
		t.Errorf("found %v %v", found, err)
	}
}

func TestWaitingForOthersCostsOneReadingOfNothing(t *testing.T) {
	way, keeper, _ := on(t)
	if err := keeper.Put(t.Context(), 1, []string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	way.mutex.Lock()
	way.sent = nil
	way.mutex.Unlock()
	for range 3 {
		if lines, err := keeper.Read(t.Context(), 2, 1000); err != nil || len(lines) != 0 {
			t.Errorf("read %v %v", lines, err)
		}
	}
	if !slices.Equal(way.sent, []string{"Query", "Query", "Query"}) {
		t.Errorf("sent %v", way.sent)
	}
}
