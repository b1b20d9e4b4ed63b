#include "operator/kube/credentials.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "operator/kube/tls_env.h"
#include "tests/support/fake_clock.h"
#include "tests/support/process.h"

namespace fairlead::kube {
namespace {

using testing::FakeClock;
using testing::TempDir;
using testing::WriteFile;

class ScriptedRunner final : public ExecRunner {
 public:
  explicit ScriptedRunner(int* runs, std::string* info = nullptr) : runs_(runs), info_(info) {}
  Result<std::string> Run(const ExecPlugin& plugin, const std::string& exec_info) override {
    if (info_ != nullptr) *info_ = exec_info;
    const std::string n = std::to_string(++*runs_);
    return R"({"apiVersion":")" + plugin.api_version + R"(","kind":"ExecCredential","status":{"token":"t)" +
           n + R"(","expirationTimestamp":"2027-01-15T09:00:00Z"}})";
  }

 private:
  int* runs_;
  std::string* info_;
};

ClusterConfig ExecConfig() {
  ClusterConfig config;
  config.server = "https://api";
  config.ca_pem = "ca";
  config.exec = ExecPlugin{
      .command = "login", .api_version = "client.authentication.k8s.io/v1", .provide_cluster_info = true};
  return config;
}

TEST(Credentials, RereadsATokenFileThatRotates) {
  TempDir dir;
  WriteFile(dir / "token", "one\n");
  ClusterConfig config;
  config.token_file = dir / "token";
  Credentials credentials(config, MakeExecRunner());
  EXPECT_EQ(credentials.Get()->token.Reveal(), "one");
  // As the kubelet does it: a new file is renamed over the old one.
  WriteFile(dir / "new", "two\n");
  ASSERT_EQ(rename((dir / "new").c_str(), (dir / "token").c_str()), 0);
  EXPECT_EQ(credentials.Get()->token.Reveal(), "two");
}

TEST(Credentials, ATokenThatWouldBreakTheHeaderIsRefused) {
  ClusterConfig config;
  config.token = Secret("a\r\nX-Evil: b");
  Credentials credentials(config, MakeExecRunner());
  EXPECT_FALSE(credentials.Get());
}

TEST(Credentials, RunsThePluginOnceUntilItsCredentialExpires) {
  FakeClock clock;  // starts at 2027-01-15T08:00:00Z
  int runs = 0;
  std::string info;
  Credentials credentials(ExecConfig(), std::make_unique<ScriptedRunner>(&runs, &info), &clock);
  EXPECT_EQ(credentials.Get()->token.Reveal(), "t1");
  EXPECT_EQ(credentials.Get()->token.Reveal(), "t1");
  EXPECT_EQ(info,
            R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"cluster":)"
            R"({"certificate-authority-data":"Y2E=","server":"https://api"},"interactive":false}})");
  clock.Advance(std::chrono::hours(1));
  EXPECT_EQ(credentials.Get()->token.Reveal(), "t2");
}

TEST(Credentials, ARefusedCredentialIsRenewedOnce) {
  FakeClock clock;
  int runs = 0;
  Credentials credentials(ExecConfig(), std::make_unique<ScriptedRunner>(&runs), &clock);
  const Credential first = *credentials.Get();
  EXPECT_TRUE(credentials.Rejected(first));
  EXPECT_EQ(runs, 2);
  // Another request that had used the old one finds the new one and does not run the plug-in again.
  EXPECT_TRUE(credentials.Rejected(first));
  EXPECT_EQ(runs, 2);
}

TEST(Credentials, AFixedTokenThatWasRefusedIsNotSentAgain) {
  ClusterConfig config;
  config.token = Secret("fixed");
  Credentials credentials(config, MakeExecRunner());
  EXPECT_FALSE(credentials.Rejected(*credentials.Get()));
}

TEST(ExecPlugin, RunsWithoutTerminalAndWithTheEnvironmentThatWasInherited) {
  unsetenv("SSL_CERT_FILE");
  HideSystemAuthorities();
  ASSERT_STREQ(getenv("SSL_CERT_FILE"), "/dev/null");
  const ExecPlugin plugin{.command = "sh",
                          .args = {"-c", "cat; echo \"$A/$SSL_CERT_FILE/$KUBERNETES_EXEC_INFO\""},
                          .env = {{"A", "b"}}};
  const Result<std::string> output = MakeExecRunner()->Run(plugin, "{}");
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(*output, "b//{}\n");
}

TEST(ExecPlugin, SaysWhyItFailed) {
  const Result<std::string> missing =
      MakeExecRunner()->Run({.command = "fairlead-no-such-plugin", .install_hint = "install it"}, "{}");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message,
            "exec plug-in fairlead-no-such-plugin: No such file or directory; install it");
  const Result<std::string> failed = MakeExecRunner()->Run({.command = "sh", .args = {"-c", "exit 3"}}, "{}");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "exec plug-in sh: exit code 3");
}

TEST(ExecPlugin, EndlessOutputIsCut) {
  const Result<std::string> output = MakeExecRunner()->Run({.command = "yes"}, "{}");
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().message, "exec plug-in yes: gave no whole output within 60 s and 1 MiB");
}

TEST(ExecPlugin, ItsOutputMustBeACredentialOfTheVersionAskedFor) {
  const ExecPlugin plugin{.command = "login", .api_version = "client.authentication.k8s.io/v1"};
  EXPECT_FALSE(ParseExecCredential(plugin, "not json"));
  EXPECT_FALSE(ParseExecCredential(
      plugin,
      R"({"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"a"}})"));
  EXPECT_FALSE(ParseExecCredential(
      plugin, R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}})"));
  EXPECT_TRUE(ParseExecCredential(
      plugin,
      R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"a"}})"));
}

}  // namespace
}  // namespace fairlead::kube
