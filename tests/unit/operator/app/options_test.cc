#include "operator/app/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fairlead::app {
namespace {

using ::testing::HasSubstr;

Options Parse(const std::vector<std::string>& arguments) {
  Result<ParsedOptions> parsed = ParseOptions(arguments);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? parsed->options : Options{};
}

std::string ErrorOf(const std::vector<std::string>& arguments) {
  const Result<ParsedOptions> parsed = ParseOptions(arguments);
  return parsed ? "no error" : parsed.error().message;
}

TEST(Options, Defaults) {
  const Options o = Parse({});
  EXPECT_EQ(o.roles, (std::set<Role>{Role::kControllers, Role::kWebhooks, Role::kControlPlane}));
  EXPECT_FALSE(o.leader_elect);
  EXPECT_EQ(o.metrics->ToString(), "127.0.0.1:8080");
  EXPECT_EQ(o.health->ToString(), "0.0.0.0:8081");
  EXPECT_FALSE(o.xds);
  EXPECT_FALSE(o.xds_plaintext);
  EXPECT_EQ(o.webhooks->ToString(), "0.0.0.0:9443");
  EXPECT_EQ(o.webhook_cert_dir, "");  // and so they are not served
  EXPECT_EQ(o.ns, "fairlead-system");
  EXPECT_FALSE(o.istio_mode);
  EXPECT_FALSE(o.identity.empty());
}

TEST(Options, EveryFlagIsRead) {
  const Options o = Parse({"--kubeconfig=k",
                           "--roles=controllers",
                           "--leader-elect",
                           "--leader-elect-lease-duration=6s",
                           "--leader-elect-renew-deadline=4s",
                           "--leader-elect-retry-period=500ms",
                           "--leader-elect-identity=me",
                           "--peer-address=10.0.0.1:15012",
                           "--metrics-bind-address=0",
                           "--health-probe-bind-address=[::1]:9",
                           "--xds-bind-address=:15012",
                           "--xds-cert-dir=/certs",
                           "--webhook-bind-address=127.0.0.1:0",
                           "--webhook-cert-dir=/hook",
                           "--webhook-client-ca=/ca.crt",
                           "--xds-plaintext-bind-address=localhost:0",
                           "--waypoint-plaintext-address=127.0.0.2:80",
                           "--namespace=ours",
                           "--cluster-domain=c.local",
                           "--mesh-mode=istio",
                           "--log-level=debug",
                           "--log-format=json"});
  EXPECT_EQ(o.kubeconfig, "k");
  EXPECT_EQ(o.roles, std::set<Role>{Role::kControllers});
  EXPECT_TRUE(o.leader_elect);
  EXPECT_EQ(o.lease_duration, std::chrono::seconds(6));
  EXPECT_EQ(o.lease_renew_deadline, std::chrono::seconds(4));
  EXPECT_EQ(o.lease_retry_period, std::chrono::milliseconds(500));
  EXPECT_EQ(o.identity, "me");
  EXPECT_EQ(o.peer_address, "10.0.0.1:15012");
  EXPECT_FALSE(o.metrics);
  EXPECT_EQ(o.health->ToString(), "[::1]:9");
  EXPECT_EQ(o.xds->ToString(), "0.0.0.0:15012");
  EXPECT_EQ(o.xds_cert_dir, "/certs");
  EXPECT_EQ(o.xds_plaintext->ToString(), "127.0.0.1:0");
  EXPECT_EQ(o.webhooks->ToString(), "127.0.0.1:0");
  EXPECT_EQ(o.webhook_cert_dir, "/hook");
  EXPECT_EQ(o.webhook_client_ca, "/ca.crt");
  EXPECT_EQ(o.waypoint_plaintext.ToString(), "127.0.0.2:80");
  EXPECT_EQ(o.ns, "ours");
  EXPECT_EQ(o.cluster_domain, "c.local");
  EXPECT_TRUE(o.istio_mode);
  EXPECT_EQ(o.log_level, "debug");
  EXPECT_EQ(o.log_format, "json");
}

TEST(Options, TheMeshAndItsAdministrators) {
  const Options plain = Parse({});
  EXPECT_EQ(plain.trust_domain, "cluster.local");
  EXPECT_FALSE(plain.ztunnel_dry_run);
  EXPECT_EQ(plain.break_glass_groups, (std::vector<std::string>{"system:masters", "kubeadm:cluster-admins"}));
  const Options other =
      Parse({"--trust-domain=corp.example", "--ztunnel-dry-run", "--break-glass-groups=sre,ops"});
  EXPECT_EQ(other.trust_domain, "corp.example");
  EXPECT_TRUE(other.ztunnel_dry_run);
  EXPECT_EQ(other.break_glass_groups, (std::vector<std::string>{"sre", "ops"}));
  EXPECT_THAT(ErrorOf({"--break-glass-groups="}), HasSubstr("--break-glass-groups"));
  EXPECT_THAT(ErrorOf({"--trust-domain=Corp!"}), HasSubstr("--trust-domain"));
}

TEST(Options, OtherClusters) {
  EXPECT_FALSE(Parse({}).clusters);
  EXPECT_EQ(Parse({}).cluster_name, "Kubernetes");
  EXPECT_EQ(Parse({}).cluster_stale_limit, std::chrono::minutes(15));
  const Options o = Parse({"--clusters", "--cluster-name=east", "--cluster-stale-limit=90s"});
  EXPECT_TRUE(o.clusters);
  EXPECT_EQ(o.cluster_name, "east");
  EXPECT_EQ(o.cluster_stale_limit, std::chrono::seconds(90));
  EXPECT_THAT(ErrorOf({"--cluster-stale-limit=0s"}),
              HasSubstr("--cluster-stale-limit: must be more than 0s"));
  EXPECT_THAT(ErrorOf({"--cluster-name=a/b"}), HasSubstr("--cluster-name"));
}

TEST(Options, OwnCertificatesOfTheWebhooks) {
  const Options o =
      Parse({"--roles=webhooks", "--webhook-secret=s", "--webhook-service=hooks",
             "--webhook-configuration=fairlead", "--webhook-drain=0s", "--webhook-client-ca=/ca.crt"});
  EXPECT_EQ(o.webhook_client_ca, "/ca.crt");
  EXPECT_EQ(o.webhook_secret, "s");
  EXPECT_EQ(o.webhook_service, "hooks");
  EXPECT_EQ(o.webhook_configuration, "fairlead");
  EXPECT_EQ(o.webhook_drain, std::chrono::milliseconds(0));
  EXPECT_EQ(Parse({}).webhook_drain, std::chrono::seconds(10));
  EXPECT_THAT(ErrorOf({"--webhook-secret=s", "--webhook-service=h", "--webhook-cert-dir=/d"}),
              HasSubstr("--webhook-secret: is in place of --webhook-cert-dir"));
}

TEST(Options, AnErrorNamesItsFlag) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"--roles=cooks", "--roles: \"cooks\" is not a role"},
      {"--roles=webhooks", "--roles: webhooks alone needs --webhook-cert-dir"},
      {"--webhook-bind-address=9443", "--webhook-bind-address: \"9443\" is not host:port"},
      {"--webhook-client-ca=/ca.crt", "--webhook-client-ca: needs --webhook-cert-dir or --webhook-secret"},
      {"--webhook-secret=s", "--webhook-secret: needs --webhook-service"},
      {"--webhook-service=s", "--webhook-service: needs --webhook-secret"},
      {"--webhook-configuration=c", "--webhook-configuration: needs --webhook-secret"},
      {"--webhook-secret=S_", "--webhook-secret: "},
      {"--webhook-drain=soon", "--webhook-drain: "},
      {"--metrics-bind-address=8080", "--metrics-bind-address: \"8080\" is not host:port"},
      {"--metrics-bind-address=example.org:1",
       "--metrics-bind-address: \"example.org\" is not an IP address"},
      {"--health-probe-bind-address=:65536", "--health-probe-bind-address: \"65536\" is not a port"},
      {"--health-probe-bind-address=:1x", "--health-probe-bind-address: \"1x\" is not a port"},
      {"--xds-bind-address=:1", "--xds-bind-address: needs --xds-cert-dir"},
      {"--xds-plaintext-bind-address=0.0.0.0:1", "not a loopback address"},
      {"--xds-plaintext-bind-address=10.0.0.1:1", "not a loopback address"},
      {"--peer-address=pod-a", "--peer-address: \"pod-a\" is not host:port"},
      {"--peer-address=pod-a:", "--peer-address: \"pod-a:\" is not host:port"},
      {"--waypoint-plaintext-address=0", "--waypoint-plaintext-address: an address is needed"},
      {"--leader-elect-lease-duration=soon", "--leader-elect-lease-duration: "},
      {"--leader-elect-retry-period=0s", "--leader-elect-retry-period: must be more than 0s"},
      {"--leader-elect-renew-deadline=15s", "must be less than --leader-elect-lease-duration"},
      {"--leader-elect-retry-period=10s", "must be less than --leader-elect-renew-deadline"},
      {"--mesh-mode=other", "--mesh-mode"},
      {"--log-format=xml", "--log-format"},
      {"--no-such-flag", "--no-such-flag"},
      {"word", "word"}};
  for (const auto& [flag, message] : cases) EXPECT_THAT(ErrorOf({flag}), HasSubstr(message)) << flag;
}

TEST(Options, HelpNamesEveryFlagAndIsNoError) {
  const Result<ParsedOptions> parsed = ParseOptions({"--help"});
  ASSERT_TRUE(parsed);
  for (const char* flag :
       {"--kubeconfig", "--roles", "--leader-elect", "--metrics-bind-address", "--health-probe-bind-address",
        "--xds-bind-address", "--xds-plaintext-bind-address", "--webhook-bind-address", "--webhook-cert-dir",
        "--namespace", "--mesh-mode", "--log-level", "--log-format"}) {
    EXPECT_THAT(parsed->help, HasSubstr(flag));
  }
}

}  // namespace
}  // namespace fairlead::app
