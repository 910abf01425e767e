package aws

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
)

// protocol is how a service writes its answers.
type protocol interface {
	succeed(w http.ResponseWriter, c *call, result any)
	fail(w http.ResponseWriter, c *call, refusal *failure)
	unknown(c *call) *failure
}

// failure is an error as AWS tells it.
type failure struct {
	code    string
	message string
	status  int
}

func (f *failure) Error() string { return f.code + ": " + f.message }

// refuse is a failure that the caller is to blame for.
func refuse(code, format string, values ...any) *failure {
	return &failure{code: code, message: fmt.Sprintf(format, values...), status: http.StatusBadRequest}
}

// invalid is the failure that ECS and Logs give for parameters that do not fit.
func invalid(format string, values ...any) *failure {
	return refuse("InvalidParameterException", format, values...)
}

// throttled is how a service says that its request rate is exceeded.
func throttled(service string) *failure {
	switch service {
	case "sts", "iam":
		return refuse("Throttling", "Rate exceeded")
	case "tagging":
		return refuse("ThrottledException", "Rate exceeded")
	}
	return refuse("ThrottlingException", "Rate exceeded")
}

// broken is a failure that AWS is to blame for.
func broken(service string) *failure {
	code := "ServerException"
	switch service {
	case "logs":
		code = "ServiceUnavailableException"
	case "sts", "tagging":
		code = "InternalFailure"
	case "iam":
		code = "ServiceFailure"
	}
	return &failure{code: code, message: "Service Unavailable. Please try again later.", status: http.StatusInternalServerError}
}

// jsonProtocol is AWS JSON 1.1 (Smithy, "AWS JSON 1.1 protocol").
type jsonProtocol struct{}

func (jsonProtocol) succeed(w http.ResponseWriter, c *call, result any) {
	body, err := json.Marshal(result)
	if err != nil {
		c.server.options.Log.Error("answer cannot be written", "operation", c.operation, "error", err)
		jsonProtocol{}.fail(w, c, broken(c.service))
		return
	}
	writeJSON(w, c, http.StatusOK, body)
}

func (jsonProtocol) fail(w http.ResponseWriter, c *call, refusal *failure) {
	body, err := json.Marshal(map[string]string{"__type": refusal.code, "message": refusal.message})
	if err != nil {
		body = []byte(`{"__type":"InternalFailure"}`)
	}
	w.Header().Set("X-Amzn-ErrorType", refusal.code)
	writeJSON(w, c, refusal.status, body)
}

func (jsonProtocol) unknown(*call) *failure {
	return refuse("UnknownOperationException", "")
}

func writeJSON(w http.ResponseWriter, c *call, status int, body []byte) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-RequestId", c.id)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone cannot be told
}

// queryProtocol is AWS Query, which STS and IAM speak.
type queryProtocol struct{}

// namespace is the XML namespace of a service's answers.
func namespace(service string) string {
	if service == "iam" {
		return "https://iam.amazonaws.com/doc/2010-05-08/"
	}
	return "https://sts.amazonaws.com/doc/2011-06-15/"
}

type queryMetadata struct {
	RequestID string `xml:"RequestId"`
}

type queryError struct {
	XMLName xml.Name `xml:"ErrorResponse"`
	Space   string   `xml:"xmlns,attr"`
	Error   struct {
		Type    string
		Code    string
		Message string
	}
	RequestID string `xml:"RequestId"`
}

func (queryProtocol) succeed(w http.ResponseWriter, c *call, result any) {
	answer := struct {
		XMLName  xml.Name
		Space    string `xml:"xmlns,attr"`
		Result   any
		Metadata queryMetadata `xml:"ResponseMetadata"`
	}{
		XMLName: xml.Name{Local: c.operation + "Response"}, Space: namespace(c.service),
		Result: result, Metadata: queryMetadata{RequestID: c.id},
	}
	writeXML(w, c, http.StatusOK, answer)
}

func (queryProtocol) fail(w http.ResponseWriter, c *call, refusal *failure) {
	answer := queryError{Space: namespace(c.service), RequestID: c.id}
	answer.Error.Type = "Sender"
	if refusal.status >= http.StatusInternalServerError {
		answer.Error.Type = "Receiver"
	}
	answer.Error.Code, answer.Error.Message = refusal.code, refusal.message
	writeXML(w, c, refusal.status, answer)
}

func (queryProtocol) unknown(c *call) *failure {
	return refuse("InvalidAction", "Could not find operation %s for version %s", c.operation, c.form.Get("Version"))
}

func writeXML(w http.ResponseWriter, c *call, status int, answer any) {
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("X-Amzn-RequestId", c.id)
	w.WriteHeader(status)
	if err := xml.NewEncoder(w).Encode(answer); err != nil {
		c.server.options.Log.Error("answer cannot be written", "operation", c.operation, "error", err)
	}
}
