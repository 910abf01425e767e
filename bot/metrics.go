package bot

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics counts what an operator wants to be woken for, or to look at afterwards.
type Metrics struct {
	Connections prometheus.Counter // sockets that were opened
	Storms      prometheus.Counter // times that a connection was held back because it broke too often
	Foreign     prometheus.Counter // times that Slack counted more connections than the replicas have
	Envelopes   prometheus.Counter // deliveries taken
	Duplicates  prometheus.Counter // deliveries dropped because they were seen before
	Unknown     prometheus.Counter // deliveries acknowledged that could not be read
	Shed        prometheus.Counter // requests turned away because too many are open
	Dropped     prometheus.Counter // deliveries that could not even be turned away
	AckFailures prometheus.Counter // acknowledgements that were not written
	Bots        prometheus.Counter // mentions by bots, ignored
	Panics      prometheus.Counter // panics recovered
	Limited     prometheus.Counter // answers 429 that were waited out
}

// NewMetrics makes the counters and registers them where a registerer is given.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	factory := promauto.With(registerer)
	counter := func(name, help string) prometheus.Counter {
		return factory.NewCounter(prometheus.CounterOpts{Namespace: "ecsbot", Subsystem: "slack", Name: name, Help: help})
	}
	return &Metrics{
		Connections: counter("connections_total", "Socket Mode connections opened."),
		Storms:      counter("reconnect_storms_total", "Times a connection was held back because it broke too often."),
		Foreign:     counter("foreign_connections_total", "Times that Slack counted more connections than the replicas have: somebody else uses the app token."),
		Envelopes:   counter("envelopes_total", "Deliveries taken."),
		Duplicates:  counter("duplicates_total", "Deliveries dropped because they were seen before."),
		Unknown:     counter("unknown_envelopes_total", "Deliveries acknowledged that could not be read."),
		Shed:        counter("shed_total", "Requests turned away because too many are open."),
		Dropped:     counter("dropped_total", "Deliveries that could not even be turned away."),
		AckFailures: counter("ack_failures_total", "Acknowledgements that were not written."),
		Bots:        counter("bot_mentions_total", "Mentions by bots, ignored."),
		Panics:      counter("panics_total", "Panics recovered."),
		Limited:     counter("rate_limited_total", "Answers 429 that were waited out."),
	}
}
