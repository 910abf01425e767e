package policytest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v4"

	"ecsbot/internal/config"
)

// largest is the size above which a file is not what it is taken for.
const largest = 4 << 20

// page is one YAML document that is being read, with what is wrong with it.
type page struct {
	name     string
	body     *yaml.Node
	problems config.Problems
}

// open reads a file of one document that is not empty.
func open(path string) (*page, error) {
	made := &page{name: filepath.Base(path)}
	text, err := os.ReadFile(path)
	if err != nil {
		if cause := new(os.PathError); errors.As(err, &cause) {
			err = cause.Err
		}
		return nil, config.Problems{{File: path, Text: "cannot be read: " + err.Error()}}
	}
	if len(text) > largest {
		made.problem(0, "larger than 4 MiB")
		return nil, made.problems
	}
	var document yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) || err == nil && len(document.Content) == 0 {
		made.problem(0, "empty")
		return nil, made.problems
	} else if err != nil {
		made.library(err)
		return nil, made.problems
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		made.problem(0, "a second document follows: there is only one")
		return nil, made.problems
	}
	made.body = document.Content[0]
	return made, nil
}

func (p *page) problem(line int, format string, arguments ...any) {
	p.problems = append(p.problems, config.Problem{File: p.name, Line: line, Text: fmt.Sprintf(format, arguments...)})
}

// libraryLine is how the YAML library begins its errors.
var libraryLine = regexp.MustCompile(`^(?:go-yaml load error in \w+ at L|yaml: line )(\d+)(?:\.C\d+)?: `)

// library takes over what the YAML library says.
func (p *page) library(err error) {
	texts := []string{err.Error()}
	if loads := new(yaml.LoadErrors); errors.As(err, &loads) {
		texts = nil
		for _, each := range loads.Errors {
			texts = append(texts, each.Error())
		}
	}
	for _, text := range texts {
		line := 0
		if found := libraryLine.FindStringSubmatch(text); found != nil {
			line, _ = strconv.Atoi(found[1])
			text = text[len(found[0]):]
		}
		p.problem(line, "%s", text)
	}
}
