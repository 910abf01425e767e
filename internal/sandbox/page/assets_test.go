package page_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// assets are the texts under static/, by path.
func assets(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	root := os.DirFS("static")
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, name)
		all[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What Slack and logs say reaches the page as text nodes only.
func TestScriptsNeverParseMarkup(t *testing.T) {
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|createContextualFragment|setHTML|\beval\(|new Function`)
	for name, text := range assets(t) {
		if found := forbidden.FindString(text); found != "" && path.Ext(name) == ".js" {
			t.Errorf("%s uses %s", name, found)
		}
	}
}

func TestThePageHasNothingInline(t *testing.T) {
	text := assets(t)["page.html"]
	if found := regexp.MustCompile(`<style|\sstyle=|\son\w+=|<script(?:[^>]*)></script>`).FindAllString(text, -1); len(found) != 1 {
		t.Errorf("page.html has %q, want only the one script with a source", found)
	}
	if !strings.Contains(text, `<script type="module" src="/static/js/main.js">`) {
		t.Error("page.html does not load main.js as a module")
	}
}

func TestNothingIsLoadedFromElsewhere(t *testing.T) {
	address := regexp.MustCompile(`https?://[^\s"'` + "`" + `)]+`)
	for name, text := range assets(t) {
		for _, found := range address.FindAllString(text, -1) {
			if found != "http://www.w3.org/2000/svg" {
				t.Errorf("%s names %s", name, found)
			}
		}
	}
}

func TestEveryReferenceIsThere(t *testing.T) {
	all := assets(t)
	references := map[string]*regexp.Regexp{
		".html": regexp.MustCompile(`/static/([\w./-]+)(?:#([\w-]+))?`),
		".js":   regexp.MustCompile(`from "\./([\w./-]+)"`),
	}
	for name, text := range all {
		pattern := references[path.Ext(name)]
		if pattern == nil {
			continue
		}
		for _, found := range pattern.FindAllStringSubmatch(text, -1) {
			target := found[1]
			if path.Ext(name) == ".js" {
				target = path.Join("js", target)
			}
			if _, ok := all[target]; !ok {
				t.Errorf("%s refers to %s, which is not there", name, target)
			}
		}
	}
}

// An icon that is not in its sheet would be an empty square.
func TestEveryIconIsDrawn(t *testing.T) {
	all := assets(t)
	sheet := func(name string) []string {
		var ids []string
		for _, found := range regexp.MustCompile(`<symbol id="([\w-]+)"`).FindAllStringSubmatch(all[name], -1) {
			ids = append(ids, found[1])
		}
		return ids
	}
	glyphs, emoji := sheet("glyphs.svg"), sheet("emoji.svg")
	for name, text := range all {
		for _, found := range regexp.MustCompile(`glyph\("([\w-]+)"`).FindAllStringSubmatch(text, -1) {
			if !slices.Contains(glyphs, found[1]) {
				t.Errorf("%s uses the icon %s, which glyphs.svg lacks", name, found[1])
			}
		}
	}
	list := all["js/emoji.js"]
	list = list[strings.Index(list, "const drawn"):strings.Index(list, "}));")]
	for _, found := range regexp.MustCompile(`([a-z_]+): "`).FindAllStringSubmatch(list, -1) {
		if !slices.Contains(emoji, found[1]) {
			t.Errorf("emoji.js has %s, which emoji.svg lacks", found[1])
		}
	}
}

func TestFilesStaySmall(t *testing.T) {
	for name, text := range assets(t) {
		if lines := strings.Count(text, "\n"); lines > 300 {
			t.Errorf("%s has %d lines, more than 300", name, lines)
		}
	}
}
