package aws

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// cborProtocol is Smithy RPC v2 CBOR, of which CloudWatch's metrics are the only speaker here.
type cborProtocol struct{}

// cborAnswer is an answer that knows its own CBOR.
type cborAnswer interface{ cbor() cbor.Value }

// epochSeconds is the CBOR tag of a time (RFC 8949, 3.4.2).
const epochSeconds = 1

func (cborProtocol) succeed(w http.ResponseWriter, c *call, result any) {
	answer, ok := result.(cborAnswer)
	if !ok {
		cborProtocol{}.fail(w, c, broken(c.service))
		return
	}
	writeCBOR(w, c, http.StatusOK, answer.cbor())
}

func (cborProtocol) fail(w http.ResponseWriter, c *call, refusal *failure) {
	writeCBOR(w, c, refusal.status, cbor.Map{"__type": cbor.String(refusal.code), "message": cbor.String(refusal.message)})
}

func (cborProtocol) unknown(*call) *failure { return refuse("UnknownOperationException", "") }

func writeCBOR(w http.ResponseWriter, c *call, status int, value cbor.Value) {
	w.Header().Set("Content-Type", "application/cbor")
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("X-Amzn-RequestId", c.id)
	w.WriteHeader(status)
	_, _ = w.Write(cbor.Encode(value)) // a client that has gone cannot be told
}

// readCBOR reads a call of RPC v2: service and operation stand in the path, the parameters in
// CBOR, which from here on are JSON as everybody else's.
func (c *call) readCBOR(r *http.Request) {
	_, named, _ := strings.Cut(r.URL.Path, "/service/")
	service, operation, _ := strings.Cut(named, "/operation/")
	c.operation = operation
	if service == "GraniteServiceVersion20100801" {
		c.service = "monitoring" // the name under which calls of CloudWatch are signed
	}
	value, err := cbor.Decode(c.body)
	if err != nil {
		c.body = nil
		return
	}
	plain, err := plainValue(value)
	if err != nil {
		c.body = nil
		return
	}
	if c.body, err = json.Marshal(plain); err != nil {
		c.body = nil
	}
}

// plainValue is a CBOR value as JSON has it; times are seconds.
func plainValue(value cbor.Value) (any, error) {
	switch value := value.(type) {
	case cbor.Map:
		object := map[string]any{}
		for key, each := range value {
			plain, err := plainValue(each)
			if err != nil {
				return nil, err
			}
			object[key] = plain
		}
		return object, nil
	case cbor.List:
		list := []any{}
		for _, each := range value {
			plain, err := plainValue(each)
			if err != nil {
				return nil, err
			}
			list = append(list, plain)
		}
		return list, nil
	case *cbor.Tag:
		return plainValue(value.Value)
	case cbor.String:
		return string(value), nil
	case cbor.Bool:
		return bool(value), nil
	case cbor.Uint:
		return uint64(value), nil
	case cbor.Float32:
		return float64(value), nil
	case cbor.Float64:
		return float64(value), nil
	case *cbor.Nil, *cbor.Undefined:
		return nil, nil //nolint:nilnil // JSON's null
	}
	return nil, fmt.Errorf("a CBOR value of type %T", value)
}

func cborTime(at time.Time) cbor.Value {
	return &cbor.Tag{ID: epochSeconds, Value: cbor.Float64(float64(at.UnixMilli()) / 1000)}
}

// fromSeconds is the time of a plain number.
func fromSeconds(seconds float64) time.Time {
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*1e9)).UTC()
}
