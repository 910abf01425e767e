package slack

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// largestSnippet is what a snippet may hold, largestFile what any file may hold
// here (docs.slack.dev/reference/methods/files.getUploadURLExternal).
const (
	largestSnippet = 1 << 20
	largestFile    = 32 << 20
)

// file is an upload on its way and, once completed, what a message shows.
type file struct {
	id, ticket  string
	name, title string
	snippet     string // snippet_type; empty for other files
	length      int
	content     []byte
	isUploaded  bool
	isCompleted bool
	isDeleted   bool
	shares      map[string]string // ts by channel, once it is shared
	channels    []*channel
}

func (s *Server) uploadURL(q request) (answer, error) {
	if err := q.need("filename", "length"); err != nil {
		return nil, err
	}
	length, err := q.count("length", 0, largestFile+1)
	snippet := q.text("snippet_type")
	switch {
	case err != nil:
		return nil, invalidArguments("[ERROR] length must be greater than 0 [json-pointer:/length]")
	case snippet != "" && !slices.Contains(snippetTypes(), snippet):
		return nil, refuse("unknown_snippet_type")
	case snippet != "" && length > largestSnippet:
		return nil, refuse("snippet_too_large")
	case length > largestFile:
		return nil, refuse("file_upload_size_restricted")
	}
	f := &file{
		id: identity("F"), ticket: identity("") + identity(""), name: q.text("filename"), title: q.text("filename"),
		snippet: snippet, length: length, shares: map[string]string{},
	}
	s.files[f.id] = f
	return answer{"upload_url": q.base + "/upload/" + f.id + "/" + f.ticket, "file_id": f.id}, nil
}

// snippetTypes are the common ones of Slack's list.
func snippetTypes() []string {
	return strings.Fields("text auto applescript c cpp csharp css csv diff docker dockerfile erlang go groovy haskell html " +
		"java javascript json kotlin lua markdown nginx perl php powershell protobuf puppet python r ruby rust scala shell " +
		"sql swift toml typescript xml yaml")
}

func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request, rest string) {
	content, err := uploaded(r)
	isCutAfter, goOn := s.trouble(r.Context(), w, "upload")
	if !goOn {
		return
	}
	id, ticket, _ := strings.Cut(rest, "/")
	s.mu.Lock()
	f := s.files[id]
	isFine := err == nil && f != nil && f.ticket == ticket && !f.isUploaded && len(content) == f.length
	if isFine {
		f.content, f.isUploaded = content, true
	}
	s.mu.Unlock()
	switch {
	case isCutAfter:
		panic(http.ErrAbortHandler)
	case !isFine:
		http.Error(w, "upload failed: wrong URL, length or content", http.StatusBadRequest)
	default:
		_, _ = fmt.Fprintf(w, "OK - %d", len(content))
	}
}

// uploaded is the content of an upload, as a form's first file or as the body.
func uploaded(r *http.Request) ([]byte, error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return io.ReadAll(io.LimitReader(r.Body, largestFile+1))
	}
	form, err := r.MultipartReader()
	if err != nil {
		return nil, fmt.Errorf("reading the form: %w", err)
	}
	for {
		part, err := form.NextPart()
		if err != nil {
			return nil, fmt.Errorf("looking for a file in the form: %w", err)
		}
		if part.FileName() == "" {
			continue
		}
		content, err := io.ReadAll(io.LimitReader(part, largestFile+1))
		_, _ = io.Copy(io.Discard, r.Body) // a second closing boundary may follow
		return content, err
	}
}

func (s *Server) completeUpload(q request) (answer, error) {
	if err := q.need("files"); err != nil {
		return nil, err
	}
	files, err := s.completing(q)
	if err != nil {
		return nil, err
	}
	targets, err := s.targets(q)
	if err != nil {
		return nil, err
	}
	d, err := readDraft(args{"text": q.args["initial_comment"], "blocks": q.args["blocks"]})
	if err != nil {
		return nil, err
	}
	var out []map[string]any
	for _, f := range files {
		f.isCompleted, f.channels = true, targets
		out = append(out, map[string]any{"id": f.id, "title": f.title})
	}
	for _, c := range targets {
		s.share(c, files, d, q.text("thread_ts"))
	}
	return answer{"files": out}, nil
}

// completing finds the files that a call completes, and gives them their titles.
func (s *Server) completing(q request) ([]*file, error) {
	value, err := q.decoded("files")
	items, ok := value.([]any)
	if err != nil || !ok || len(items) == 0 {
		return nil, invalidArguments("[ERROR] files must be an array of objects [json-pointer:/files]")
	}
	var files []*file
	for _, item := range items {
		object, _ := item.(map[string]any)
		id, _ := object["id"].(string)
		f := s.files[id]
		if f == nil || !f.isUploaded || f.isCompleted {
			return nil, refuse("file_not_found")
		}
		if title, _ := object["title"].(string); title != "" {
			f.title = title
		}
		files = append(files, f)
	}
	return files, nil
}

// targets are the channels that a completed upload is shared in.
func (s *Server) targets(q request) ([]*channel, error) {
	ids := strings.FieldsFunc(q.text("channels"), func(r rune) bool { return r == ',' })
	if id := q.text("channel_id"); id != "" {
		ids = append(ids, id)
	}
	var targets []*channel
	for _, id := range ids {
		c, err := s.writable(id)
		if err != nil {
			return nil, err
		}
		targets = append(targets, c)
	}
	if ts := q.text("thread_ts"); ts != "" {
		if len(targets) != 1 {
			return nil, invalidArguments("[ERROR] thread_ts needs exactly one channel [json-pointer:/thread_ts]")
		}
		_, err := threadOf(targets[0], ts)
		return targets, err
	}
	return targets, nil
}

// share shows files in a channel after a while: uploads are completed asynchronously.
func (s *Server) share(c *channel, files []*file, d draft, thread string) {
	s.after(s.options.ShareDelay, func() {
		if !c.hasMember(s.team.BotUser) {
			return
		}
		m := s.post(c, d, thread)
		m.files = files
		for _, f := range files {
			f.shares[c.ID] = m.ts
		}
	})
}

func (s *Server) fileInfo(q request) (answer, error) {
	f := s.files[q.text("file")]
	if f == nil || !f.isCompleted || f.isDeleted {
		return nil, refuse("file_not_found")
	}
	out := s.filesJSON([]*file{f})[0]
	out["url_private"] = q.base + "/files/" + f.id + "/" + url.PathEscape(f.name)
	out["url_private_download"] = out["url_private"]
	return answer{"file": out, "comments": []any{}}, nil
}

// deleteFile deletes one of the bot's own files: there are no others. The messages that show
// it stay, with a tombstone in its place (docs.slack.dev/reference/methods/files.delete).
func (s *Server) deleteFile(q request) (answer, error) {
	if err := q.need("file"); err != nil {
		return nil, err
	}
	f := s.files[q.text("file")]
	switch {
	case f == nil || !f.isCompleted:
		return nil, refuse("file_not_found")
	case f.isDeleted:
		return nil, refuse("file_deleted")
	}
	f.isDeleted, f.content, f.name, f.title, f.length = true, nil, "", "", 0
	return answer{}, nil
}

func (s *Server) filesJSON(files []*file) []map[string]any {
	out := []map[string]any{}
	for _, f := range files {
		if f.isDeleted {
			out = append(out, map[string]any{"id": f.id, "mode": f.mode()})
			continue
		}
		public, private := map[string]any{}, map[string]any{}
		for id, ts := range f.shares {
			kind := public
			if s.channels[id].IsPrivate {
				kind = private
			}
			kind[id] = []any{map[string]any{"ts": ts, "channel_name": s.channels[id].Name}}
		}
		out = append(out, map[string]any{
			"id": f.id, "name": f.name, "title": f.title, "mimetype": "text/plain", "filetype": or(f.snippet, "text"),
			"user": s.team.BotUser, "mode": f.mode(), "size": len(f.content), "is_external": false, "editable": f.snippet != "",
			"file_access": "visible", "shares": map[string]any{"public": public, "private": private},
		})
	}
	return out
}

func (f *file) mode() string {
	if f.isDeleted {
		return "tombstone"
	}
	if f.snippet != "" {
		return "snippet"
	}
	return "hosted"
}

// serveFile gives the bot the content of a file.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, rest string) {
	id, _, _ := strings.Cut(rest, "/")
	s.mu.Lock()
	f := s.files[id]
	isAllowed := slices.Contains(s.team.BotScopes, "files:read") && bearer(r, args{}) == BotToken
	s.mu.Unlock()
	if f == nil || f.isDeleted || !isAllowed {
		http.NotFound(w, r)
		return
	}
	writeFile(w, f)
}

func writeFile(w http.ResponseWriter, f *file) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	_, _ = w.Write(f.content)
}
