package aws

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"ecsbot/actions/fleet"
)

// Digest is the digest to which an image's tag, or the digest itself, leads in its ECR registry
// now; ErrUnknown where there is no such image, ErrDenied where the registry may not be read.
func (f *Fleet) Digest(ctx context.Context, given fleet.Session, service fleet.Service, image fleet.Image) (string, error) {
	doing := "look for the image " + image.String()
	session, err := mayRead(given, service.Ref)
	if err != nil {
		return "", fmt.Errorf("%s: %w", doing, err)
	}
	registry, region, repository, private := image.Registry()
	if !private {
		return "", fmt.Errorf("%s: %w: its registry is none of ECR's", doing, fleet.ErrDenied)
	}
	id := types.ImageIdentifier{ImageTag: aws.String(image.Tag)}
	if image.Digest != "" {
		id = types.ImageIdentifier{ImageDigest: aws.String(image.Digest)}
	}
	client := ecr.NewFromConfig(f.reading(region, session.purpose.Role, session.credentials, false))
	output, err := client.DescribeImages(ctx, &ecr.DescribeImagesInput{
		RegistryId: aws.String(registry), RepositoryName: aws.String(repository), ImageIds: []types.ImageIdentifier{id},
	})
	switch said := answered(err); {
	case said.code == "ImageNotFoundException", said.code == "RepositoryNotFoundException":
		return "", fmt.Errorf("%s: %w: %s", doing, fleet.ErrUnknown, said)
	case err != nil:
		return "", readError(doing, err)
	case len(output.ImageDetails) != 1:
		return "", fmt.Errorf("%s: %w", doing, fleet.ErrUnknown)
	}
	return aws.ToString(output.ImageDetails[0].ImageDigest), nil
}
