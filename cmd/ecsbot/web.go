package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// web serves /healthz, /readyz and /metrics.
type web struct {
	server *http.Server
	log    *slog.Logger
	at     net.Addr
}

func newWeb(p *program, registry *prometheus.Registry) *web {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := p.Ready(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return &web{server: &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}, log: p.log}
}

// start listens; "none" serves nothing.
func (w *web) start(address string) error {
	if address == "none" {
		return nil
	}
	listener, err := listen(address)
	if err != nil {
		return fmt.Errorf("http.listen: %w", err)
	}
	w.at = listener.Addr()
	w.log.Info("health and metrics are served", "address", w.at.String())
	go func() {
		if err := w.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			w.log.Error("health and metrics are not served any more", "error", err)
		}
	}()
	return nil
}

func (w *web) stop(ctx context.Context) {
	if err := w.server.Shutdown(ctx); err != nil {
		w.log.Warn("stopping health and metrics", "error", err)
	}
}

// newBackstop counts, by environment, how often AWS refused what was allowed here.
func newBackstop(registry *prometheus.Registry) func(environment string) {
	fired := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ecsbot_backstop_fired_total", Help: "Calls that AWS refused after ecsbot had allowed them. Anything but 0 is an alarm.",
	}, []string{"environment"})
	registry.MustRegister(fired)
	return func(environment string) { fired.WithLabelValues(environment).Inc() }
}
