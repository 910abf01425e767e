package fleet

import "time"

// Usage is how much of what it reserved a service has used, the oldest sample first.
type Usage struct {
	CPU    []Sample
	Memory []Sample
}

// Sample is one average, over the time that begins at Time.
type Sample struct {
	Time    time.Time
	Percent float64
}

// Last is the newest sample in percent; false where there is none.
func Last(samples []Sample) (float64, bool) {
	if len(samples) == 0 {
		return 0, false
	}
	return samples[len(samples)-1].Percent, true
}
