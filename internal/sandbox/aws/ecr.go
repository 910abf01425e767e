package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// repository is a repository of a private ECR registry.
type repository struct {
	name   string
	arn    string
	tags   tagSet
	images map[string]string // tag to digest
	pushed map[string]time.Time
}

// ecrOperations are those of Amazon ECR that a deployment needs.
func ecrOperations() []operation {
	return []operation{typed("ecr", "DescribeImages", "images_read", describeImages)}
}

// registryImage cuts an image of a private registry into its account, region, repository and
// what stands behind it; false where it lies elsewhere.
func registryImage(image string) (at where, repository, tag, digest string, private bool) {
	host, path, _ := strings.Cut(image, "/")
	parts := strings.Split(host, ".")
	if len(parts) < 6 || parts[1] != "dkr" || parts[2] != "ecr" {
		return where{}, "", "", "", false
	}
	path, digest, _ = strings.Cut(path, "@")
	repository, tag, _ = strings.Cut(path, ":")
	if tag == "" && digest == "" {
		tag = "latest"
	}
	return where{parts[0], parts[3]}, repository, tag, digest, true
}

// digestOf is what an image without a registry of ours has as its digest, always the same.
func digestOf(image string) string {
	seed := hash(image)
	return fmt.Sprintf("sha256:%016x%016x%016x%016x", mix(seed, 1), mix(seed, 2), mix(seed, 3), mix(seed, 4))
}

// push puts an image into its registry; a tag that exists moves. content tells one build of a
// tag from the next.
func (s *Server) push(image, content string, tags map[string]string, now time.Time) {
	at, name, tag, _, private := registryImage(image)
	if !private {
		return
	}
	home := s.place(at.account, at.region)
	known, ok := home.repositories[name]
	if !ok {
		known = &repository{
			name: name, arn: home.arn("ecr", "repository/"+name), tags: newTags(tags),
			images: map[string]string{}, pushed: map[string]time.Time{},
		}
		home.repositories[name] = known
	}
	digest := digestOf(image + content)
	known.images[tag] = digest
	known.pushed[digest] = now
}

// Push puts an image into its registry, as a pipeline does. Pushed again it is another build:
// the tag moves. It returns the digest.
func (s *Server) Push(image string) (digest string, err error) {
	err = s.change(func(now time.Time) error {
		at, name, tag, _, private := registryImage(image)
		if !private || tag == "" {
			return fmt.Errorf("pushing %s: not a tag in a private registry", image)
		}
		content := ""
		if known, ok := s.place(at.account, at.region).repositories[name]; ok && known.images[tag] != "" {
			content = fmt.Sprint("build", len(known.pushed))
		}
		s.push(image, content, nil, now)
		digest = s.place(at.account, at.region).repositories[name].images[tag]
		return nil
	})
	return digest, err
}

// resolve is the digest that an image leads to when it is pulled; false where it is not there.
func (s *Server) resolve(image string) (string, bool) {
	at, name, tag, digest, private := registryImage(image)
	if !private {
		return digestOf(image), true
	}
	known, ok := s.place(at.account, at.region).repositories[name]
	if !ok {
		return "", false
	}
	if digest != "" {
		_, ok = known.pushed[digest]
		return digest, ok
	}
	digest, ok = known.images[tag]
	return digest, ok
}

type imageID struct {
	ImageTag    string `json:"imageTag"`
	ImageDigest string `json:"imageDigest"`
}

type describeImagesInput struct {
	RegistryID     string    `json:"registryId"`
	RepositoryName string    `json:"repositoryName"`
	ImageIDs       []imageID `json:"imageIds"`
	NextToken      string    `json:"nextToken"`
	MaxResults     *int      `json:"maxResults"`
}

type describeImagesOutput struct {
	ImageDetails []imageDetail `json:"imageDetails"`
	NextToken    string        `json:"nextToken,omitempty"`
}

type imageDetail struct {
	RegistryID       string   `json:"registryId"`
	RepositoryName   string   `json:"repositoryName"`
	ImageDigest      string   `json:"imageDigest"`
	ImageTags        []string `json:"imageTags,omitempty"`
	ImageSizeInBytes int      `json:"imageSizeInBytes"`
	ImagePushedAt    stamp    `json:"imagePushedAt"`
}

func describeImages(c *call, in *describeImagesInput) (*describeImagesOutput, error) {
	c.touch(in.RepositoryName)
	if in.RepositoryName == "" {
		return nil, invalid("Invalid parameter at 'repositoryName' failed to satisfy constraint: 'Member must not be null'")
	}
	if len(in.ImageIDs) > 100 || len(in.ImageIDs) > 0 && (in.MaxResults != nil || in.NextToken != "") {
		return nil, invalid("Invalid parameter at 'imageIds': at most 100, and none together with maxResults or nextToken")
	}
	home := c.server.place(orElse(in.RegistryID, c.place.account), c.place.region)
	known, ok := home.repositories[in.RepositoryName]
	arn := home.arn("ecr", "repository/"+in.RepositoryName)
	var tags []condition
	if ok {
		tags = resourceTags(known.tags.now)
	}
	if err := c.allow("ecr:DescribeImages", arn, tags); err != nil {
		return nil, err
	}
	if !ok {
		return nil, refuse("RepositoryNotFoundException", "The repository with name '%s' does not exist in the registry with id '%s'", in.RepositoryName, home.account)
	}
	digests, err := known.chosen(in.ImageIDs, home.account)
	if err != nil {
		return nil, err
	}
	size, err := pageSize(in.MaxResults, 100, 1000)
	if err != nil {
		return nil, err
	}
	part, next, err := page(digests, func(digest string) string { return digest }, in.NextToken, size)
	out := &describeImagesOutput{ImageDetails: []imageDetail{}, NextToken: next}
	for _, digest := range part {
		out.ImageDetails = append(out.ImageDetails, known.detail(digest, home.account))
	}
	return out, err
}

// chosen are the digests that were asked for, all where none were.
func (r *repository) chosen(ids []imageID, account string) ([]string, error) {
	if len(ids) == 0 {
		return slices.Sorted(maps.Keys(r.pushed)), nil
	}
	var digests []string
	for _, id := range ids {
		digest := id.ImageDigest
		if digest == "" {
			digest = r.images[id.ImageTag]
		}
		if _, ok := r.pushed[digest]; !ok {
			return nil, refuse("ImageNotFoundException", "The image with imageId {imageDigest:'%s', imageTag:'%s'} does not exist within the repository with name '%s' in the registry with id '%s'",
				orElse(id.ImageDigest, "null"), orElse(id.ImageTag, "null"), r.name, account)
		}
		digests = append(digests, digest)
	}
	slices.Sort(digests)
	return slices.Compact(digests), nil
}

func (r *repository) detail(digest, account string) imageDetail {
	detail := imageDetail{
		RegistryID: account, RepositoryName: r.name, ImageDigest: digest, ImageSizeInBytes: 48 << 20, ImagePushedAt: stamp(r.pushed[digest]),
	}
	for _, tag := range slices.Sorted(maps.Keys(r.images)) {
		if r.images[tag] == digest {
			detail.ImageTags = append(detail.ImageTags, tag)
		}
	}
	return detail
}
