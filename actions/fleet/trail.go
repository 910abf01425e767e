package fleet

import "time"

// TrailEvent is one call as CloudTrail recorded it. It has no credential but the public half.
type TrailEvent struct {
	ID             string    `json:"id"`
	Name           string    `json:"name"` // e.g. UpdateService
	Time           time.Time `json:"time"` // to the second
	Region         string    `json:"region"`
	Account        string    `json:"account"`           // of whoever called
	RequestID      string    `json:"request_id"`        // AWS's
	AccessKeyID    string    `json:"access_key_id"`     // that signed it
	Principal      string    `json:"principal"`         // ARN
	SourceIdentity string    `json:"source_identity"`   // empty where none was set
	Agent          string    `json:"user_agent"`        // as the caller gave it
	Address        string    `json:"source_ip"`         // or the AWS service that called
	Error          string    `json:"error,omitempty"`   // AWS's code; empty where it was carried out
	Cluster        string    `json:"cluster,omitempty"` // name
	Service        string    `json:"service,omitempty"` // name
	Assumed        *Assumed  `json:"assumed,omitempty"` // of an AssumeRole
}

// Assumed is what an AssumeRole asked for and got.
type Assumed struct {
	Role        string            `json:"role"`
	Session     string            `json:"session"`
	Source      string            `json:"source_identity"`
	Tags        map[string]string `json:"tags"`
	AccessKeyID string            `json:"access_key_id"` // that was handed out
}
