package fleet_test

import (
	"testing"

	"ecsbot/actions/fleet"
)

func TestALogGroupIsInThePartitionAndAccountOfWhatItStandsBeside(t *testing.T) {
	for _, test := range []struct{ beside, region, want string }{
		{"arn:aws:ecs:eu-west-1:111122223333:service/staging/api", "us-east-1", "arn:aws:logs:us-east-1:111122223333:log-group:/ecs/api"},
		{"arn:aws-cn:ecs:cn-north-1:111122223333:task-definition/api:1", "", "arn:aws-cn:logs:cn-north-1:111122223333:log-group:/ecs/api"},
		{"arn:aws-us-gov:iam::111122223333:role/ecsbot-operator", "us-gov-west-1", "arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/ecs/api"},
		{"", "eu-west-1", "arn:aws:logs:eu-west-1:ACCOUNT:log-group:/ecs/api"},
	} {
		if got := fleet.GroupARN(test.beside, test.region, "/ecs/api"); got != test.want {
			t.Errorf("beside %s: %s", test.beside, got)
		}
	}
}
