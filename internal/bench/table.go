package bench

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// line is one line of the table.
type line struct {
	what     string
	measured string
	against  string // what it is compared with, measured in the same run
	ratio    string
	bound    string
	held     verdict
}

// verdict says whether a bound was held; empty where there is none.
type verdict string

func held(is bool) verdict {
	if is {
		return "yes"
	}
	return "**no**"
}

func printTable(out io.Writer, lines []line) error {
	rows := [][]string{
		{"what", "measured", "compared with, in the same run", "ratio", "bound", "held"},
		{"---", "---", "---", "---", "---", "---"},
	}
	for _, each := range lines {
		rows = append(rows, []string{each.what, each.measured, each.against, each.ratio, each.bound, string(each.held)})
	}
	for _, row := range rows {
		for i, cell := range row {
			if cell == "" {
				row[i] = "–"
			}
		}
		if _, err := fmt.Fprintf(out, "| %s |\n", strings.Join(row, " | ")); err != nil {
			return err
		}
	}
	return nil
}

func ratio[T ~int64 | ~float64](measured, against T) string {
	if against == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", float64(measured)/float64(against))
}

// millis is a duration in milliseconds.
func millis(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

// spread is a median and a 99th percentile.
func spread(times sample) string {
	return fmt.Sprintf("p50 %s, p99 %s", millis(times.percentile(50)), millis(times.percentile(99)))
}
