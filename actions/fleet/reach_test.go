package fleet

import "testing"

func TestImagesAreReadAsRegistriesHaveThem(t *testing.T) {
	for text, want := range map[string]Image{
		"api":                       {Repository: "api", Tag: "latest"},
		"registry.example:5000/api": {Repository: "registry.example:5000/api", Tag: "latest"},
		"registry.example:5000/a:1": {Repository: "registry.example:5000/a", Tag: "1"},
		"a/b@sha256:00":             {Repository: "a/b", Digest: "sha256:00"},
		"a/b:1@sha256:00":           {Repository: "a/b", Tag: "1", Digest: "sha256:00"},
	} {
		if got := ParseImage(text); got != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
	account, region, repository, private := ParseImage("111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1").Registry()
	if account != "111122223333" || region != "eu-west-1" || repository != "shop/api" || !private {
		t.Errorf("registry %s %s %s %v", account, region, repository, private)
	}
	for _, other := range []string{"api:1", "public.ecr.aws/x/api:1", "111122223333.dkr.ecr.evil.example/api:1", "a.dkr.ecr.b.notaws.com.x/api"} {
		if _, _, _, private := ParseImage(other).Registry(); private {
			t.Errorf("%s was taken for a registry of ECR", other)
		}
	}
}
