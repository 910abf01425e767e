package aws

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"ecsbot/actions/fleet"
)

// answer is what AWS said to a call that failed; the zero value where it said nothing.
type answer struct {
	status    int
	code      string
	message   string
	requestID string
}

func answered(err error) answer {
	var said answer
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		said.status = response.HTTPStatusCode()
	}
	if response, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		said.requestID = response.RequestID
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		said.code, said.message = api.ErrorCode(), api.ErrorMessage()
	}
	return said
}

// String is AWS's own words, without the SDK's.
func (a answer) String() string {
	if a.message == "" {
		return fmt.Sprintf("%s (HTTP %d)", a.code, a.status)
	}
	return fmt.Sprintf("%s: %s", a.code, a.message)
}

// refusedForSure says that AWS judged the call and did not carry it out. A success that
// cannot be read, a redirect, a timeout of the request and a server's error say no such thing.
func (a answer) refusedForSure() bool {
	return a.status >= 400 && a.status < 500 && a.status != http.StatusRequestTimeout &&
		!strings.Contains(a.code, "Timeout")
}

func (a answer) throttled() bool {
	switch a.code {
	case "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
		"RequestThrottledException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown":
		return true
	default:
		return a.status == http.StatusTooManyRequests
	}
}

func (a answer) denied() bool {
	switch a.code {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized",
		"UnrecognizedClientException", "InvalidClientTokenId", "ExpiredToken", "ExpiredTokenException",
		"MissingAuthenticationToken", "MissingAuthenticationTokenException", "InvalidSignatureException",
		"SignatureDoesNotMatch", "IncompleteSignature", "OptInRequired":
		return true
	default:
		return false
	}
}

func (a answer) missing() bool {
	switch a.code {
	case "ClusterNotFoundException", "ServiceNotFoundException", "ServiceNotActiveException":
		return true
	default:
		return false
	}
}

// readError says in the fleet's words why a read failed. The SDK's error ends here: it may
// carry a request.
func readError(doing string, err error) error {
	said := answered(err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errQueueTooLong):
		return fmt.Errorf("%s: %w: %w", doing, fleet.ErrThrottled, errQueueTooLong)
	case said.throttled():
		return fmt.Errorf("%s: %w: %s", doing, fleet.ErrThrottled, said)
	case said.refusesAccess():
		return fmt.Errorf("%s: %w", doing, said.denial())
	case ownFault(said) != "":
		return fmt.Errorf("%s: %w", doing, &fleet.Unassumable{Missing: ownFault(said), Kind: fleet.ErrDenied, Said: said.String()})
	case said.denied():
		return fmt.Errorf("%s: %w: %s", doing, fleet.ErrDenied, said)
	case said.missing():
		return fmt.Errorf("%s: %w: %s", doing, fleet.ErrUnknown, said)
	case said.refusedForSure():
		return fmt.Errorf("%s: %w: %s", doing, fleet.ErrRefused, said)
	case said.status != 0:
		return fmt.Errorf("%s: %w: %s", doing, fleet.ErrUnavailable, said)
	default:
		return fmt.Errorf("%s: %w: %w", doing, fleet.ErrUnavailable, cause(err))
	}
}

// changeError says what became of a change: sent says whether it may have reached AWS.
func changeError(doing string, err error, sent bool) error {
	said := answered(err)
	judged := judgeChange(doing, err, sent, said)
	if judged == nil || said.requestID == "" {
		return judged
	}
	return &fleet.Answered{RequestID: said.requestID, Err: judged}
}

func judgeChange(doing string, err error, sent bool, said answer) error {
	switch {
	case err == nil:
		return nil
	case !sent:
		return readError(doing, err)
	case !said.refusedForSure():
		return fmt.Errorf("%s: %w: %w", doing, fleet.ErrFateUnknown, cause(err))
	case said.throttled():
		return fmt.Errorf("%s: %w: %s", doing, fleet.ErrThrottled, said)
	case said.refusesAccess():
		return fmt.Errorf("%s: %w", doing, said.denial())
	case said.denied():
		return fmt.Errorf("%s: %w: %s", doing, fleet.ErrDenied, said)
	default:
		return fmt.Errorf("%s: %w: %s", doing, fleet.ErrRefused, said)
	}
}

// cause is the innermost reason of a call without an answer that can be trusted: the end of
// its context as such, anything else as text, so that nothing can be unwrapped from it.
func cause(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return context.Canceled
	}
	if said := answered(err); said.status != 0 {
		return errors.New(said.String())
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return errors.New(err.Error())
}
