package bot

import "regexp"

var (
	anyAddress = regexp.MustCompile(`(?i)\b(https?|wss?)://([^/\s"'?@]+@)?([^/\s"'?]*)[^\s"']*`)
	anyToken   = regexp.MustCompile(`\bx(ox[a-z]|app|oxe\.xox[a-z])-[A-Za-z0-9-]+`)
)

// redactedError is an error whose text may be logged and shown: slack-go's errors carry the
// full response_url, which lets anybody who reads it speak in the bot's name.
type redactedError struct {
	text  string
	cause error
}

func (e redactedError) Error() string { return e.text }
func (e redactedError) Unwrap() error { return e.cause }

// redacted hides addresses and tokens in an error's text; the cause stays for errors.As.
func redacted(err error) error {
	if err == nil {
		return nil
	}
	text := withoutSecrets(err.Error())
	if text == err.Error() {
		return err
	}
	return redactedError{text: text, cause: err}
}

// withoutSecrets keeps scheme and host of every address and the kind of every token.
func withoutSecrets(text string) string {
	text = anyAddress.ReplaceAllString(text, "$1://$3/…")
	return anyToken.ReplaceAllString(text, "x$1-…")
}
