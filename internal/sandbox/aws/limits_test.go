package aws_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsbot/internal/sandbox/aws"
)

func TestCallsAreThrottledAsAWSThrottles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := serve(t, aws.Options{Fleet: aws.DemoFleet(), Latency: time.Nanosecond})
		scale := &ecs.UpdateServiceInput{Cluster: sdk.String("dev"), Service: sdk.String("api"), DesiredCount: sdk.Int32(2)}
		for i := range 50 {
			if _, err := c.ecs.UpdateService(t.Context(), scale); err != nil {
				t.Fatalf("call %d: %v", i+1, err)
			}
		}
		_, err := c.ecs.UpdateService(t.Context(), scale)
		wantCode(t, err, "ThrottlingException")
		if _, err := c.in("us-east-1").ecs.ListServices(t.Context(), &ecs.ListServicesInput{}); err == nil || strings.Contains(err.Error(), "Throttling") {
			t.Errorf("another bucket in another region: %v", err)
		}
		time.Sleep(time.Second)
		for i := range 5 {
			if _, err := c.ecs.UpdateService(t.Context(), scale); err != nil {
				t.Fatalf("a second later, call %d: %v", i+1, err)
			}
		}
		_, err = c.ecs.UpdateService(t.Context(), scale)
		wantCode(t, err, "ThrottlingException")
	})
}

func TestLimitsSayHowTheyDiffer(t *testing.T) {
	more := aws.DefaultLimits()
	more["service_modify"] = aws.Rate{Burst: 500, PerSecond: 100}
	for want, limits := range map[string]aws.Limits{
		"AWS's own throttles": aws.DefaultLimits(),
		"no throttles":        aws.Unlimited(),
		"AWS's own throttles, but service_modify 500/100": more,
	} {
		if got := limits.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestFaultsHitTheCallsTheyAreFor(t *testing.T) {
	for _, row := range []struct {
		kind     aws.FaultKind
		executed bool
		text     string
	}{
		{aws.FaultThrottle, false, "ThrottlingException"},
		{aws.FaultError, false, "ServerException"},
		{aws.FaultLateError, true, "ServerException"},
		{aws.FaultCut, true, "EOF"},
		{aws.FaultCutBefore, false, "EOF"},
	} {
		t.Run(string(row.kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := demo(t)
				if err := c.Fault(aws.FaultSpec{Service: "ecs", Operation: "UpdateService", Kind: row.kind, Count: 1}); err != nil {
					t.Fatal(err)
				}
				before := c.describe(t, "dev", "api").Deployments[0]
				_, err := c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: sdk.String("dev"), Service: sdk.String("api"), ForceNewDeployment: true})
				if err == nil || !strings.Contains(err.Error(), row.text) {
					t.Errorf("error %v, want %s", err, row.text)
				}
				if after := c.describe(t, "dev", "api").Deployments[0]; (*after.Id != *before.Id) != row.executed {
					t.Errorf("executed: %v, want %v", *after.Id != *before.Id, row.executed)
				}
				c.restart(t, "dev", "api") // the fault is used up
			})
		})
	}
	if err := demo(t).Fault(aws.FaultSpec{Kind: "flood"}); err == nil {
		t.Error("an unknown kind is taken")
	}
}

func TestAHangingCallEndsWithTheClientsPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := demo(t)
		if err := c.Fault(aws.FaultSpec{Kind: aws.FaultHang}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		begun := time.Now()
		if _, err := c.ecs.ListClusters(ctx, &ecs.ListClustersInput{}); err == nil || time.Since(begun) != 10*time.Second {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		synctest.Wait()
		if calls := c.Calls(); calls[0].Error != "gone" || !calls[0].Done {
			t.Errorf("recorded %+v", calls[0])
		}
		c.ClearFaults()
		if _, err := c.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{}); err != nil {
			t.Error(err)
		}
	})
}

func TestLatencyIsWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := serve(t, aws.Options{Latency: 80 * time.Millisecond})
		begun := time.Now()
		if _, err := c.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{}); err != nil || time.Since(begun) != 80*time.Millisecond {
			t.Errorf("took %v, %v", time.Since(begun), err)
		}
	})
}

func TestTheWireIsRefusedWhereItIsWrong(t *testing.T) {
	c := demo(t)
	id, _ := c.BaseKey()
	signed := "AWS4-HMAC-SHA256 Credential=" + id + "/20261123/eu-west-1/ecs/aws4_request, SignedHeaders=host, Signature=" + strings.Repeat("0", 64)
	now := time.Now().UTC().Format("20060102T150405Z")
	for _, row := range []struct{ what, auth, date, body, want string }{
		{"no signature", "", now, "{}", "MissingAuthenticationTokenException"},
		{"broken signature", "AWS4-HMAC-SHA256 Credential=x", now, "{}", "IncompleteSignatureException"},
		{"another service's scope", strings.Replace(signed, "/ecs/", "/logs/", 1), now, "{}", "InvalidSignatureException"},
		{"yesterday's signature", signed, "20200101T000000Z", "{}", "InvalidSignatureException"},
		{"no JSON", signed, now, "{", "SerializationException"},
		{"a text for a number", signed, now, `{"cluster":"dev","service":"api","desiredCount":"2"}`, "SerializationException"},
		{"a member of another case", signed, now, `{"cluster":"dev","Service":"api"}`, "InvalidParameterException"},
		{"an unknown member", signed, now, `{"cluster":"dev","service":"api","novelty":1}`, `"serviceName":"api"`},
	} {
		t.Run(row.what, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://aws.sandbox/aws/", strings.NewReader(row.body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.UpdateService")
			request.Header.Set("X-Amz-Date", row.date)
			if row.auth != "" {
				request.Header.Set("Authorization", row.auth)
			}
			if got := c.send(t, request); !strings.Contains(got, row.want) {
				t.Errorf("answer %s, want %s", got, row.want)
			}
		})
	}
}
