#include "operator/kube/config.h"

#include <gtest/gtest.h>

#include "tests/support/process.h"

namespace fairlead::kube {
namespace {

using testing::TempDir;
using testing::WriteFile;

constexpr char kWhole[] = R"(
apiVersion: v1
kind: Config
current-context: prod
clusters:
- name: prod
  cluster:
    server: https://10.0.0.1:6443/
    certificate-authority: pki/ca.crt
    tls-server-name: api.example
contexts:
- name: prod
  context: {cluster: prod, user: ops, namespace: mesh}
- name: token
  context: {cluster: prod, user: token}
- name: exec
  context: {cluster: prod, user: exec}
users:
- name: ops
  user:
    client-certificate-data: Y2VydA==
    client-key-data: a2V5
- name: token
  user: {tokenFile: token, as: jane, as-groups: [a, b]}
- name: exec
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./bin/login
      args: [--cluster, prod]
      env: [{name: A, value: b}]
      interactiveMode: IfAvailable
      provideClusterInfo: true
)";

Result<ClusterConfig> Parse(const std::string& text, const std::string& context = "") {
  return ParseKubeconfig({{"/home/me/.kube/config", text}}, context);
}

// The text with one piece replaced.
std::string With(const std::string& from, const std::string& to) {
  std::string text = kWhole;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Kubeconfig, ReadsTheCurrentContext) {
  const Result<ClusterConfig> config = Parse(kWhole);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server, "https://10.0.0.1:6443");
  EXPECT_EQ(config->ca_file, "/home/me/.kube/pki/ca.crt");
  EXPECT_EQ(config->tls_server_name, "api.example");
  EXPECT_EQ(config->client_certificate_pem, "cert");
  EXPECT_EQ(config->client_key_pem.Reveal(), "key");
  EXPECT_EQ(config->ns, "mesh");
}

TEST(Kubeconfig, ReadsTokensAndImpersonation) {
  const Result<ClusterConfig> config = Parse(kWhole, "token");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->token_file, "/home/me/.kube/token");
  EXPECT_EQ(config->impersonate_user, "jane");
  EXPECT_EQ(config->impersonate_groups, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(config->ns, "default");
}

TEST(Kubeconfig, ReadsExecPlugins) {
  const Result<ClusterConfig> config = Parse(kWhole, "exec");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_TRUE(config->exec);
  EXPECT_EQ(config->exec->command, "/home/me/.kube/bin/login");
  EXPECT_EQ(config->exec->args, (std::vector<std::string>{"--cluster", "prod"}));
  EXPECT_TRUE(config->exec->provide_cluster_info);
}

TEST(Kubeconfig, TheFirstFileOfAListCounts) {
  const Result<ClusterConfig> config = ParseKubeconfig(
      {{"/a/one", "current-context: exec\nclusters:\n- name: prod\n  cluster: {server: 'https://one'}\n"},
       {"/b/two", kWhole}});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server, "https://one");
  EXPECT_EQ(config->exec->command, "/b/bin/login");
}

struct Wrong {
  std::string name, from, to, context, message;
  friend void PrintTo(const Wrong& w, std::ostream* out) { *out << w.name; }
};
class KubeconfigWrong : public ::testing::TestWithParam<Wrong> {};

TEST_P(KubeconfigWrong, NamesFileAndField) {
  const Wrong& c = GetParam();
  const Result<ClusterConfig> config = Parse(With(c.from, c.to), c.context);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message, "/home/me/.kube/config: " + c.message);
}

INSTANTIATE_TEST_SUITE_P(
    All, KubeconfigWrong,
    ::testing::Values(
        Wrong{"Insecure", "tls-server-name: api.example", "insecure-skip-tls-verify: true", "",
              "clusters[0].cluster.insecure-skip-tls-verify: is refused: give the authority in "
              "certificate-authority-data"},
        Wrong{"Proxy", "tls-server-name: api.example", "proxy-url: http://proxy", "",
              "clusters[0].cluster.proxy-url: proxies are not supported"},
        Wrong{"PlainHttp", "https://10.0.0.1:6443/", "http://10.0.0.1:8080", "",
              "clusters[0].cluster.server: plain HTTP is taken for loopback addresses only"},
        Wrong{"NoServer", "server: https://10.0.0.1:6443/", "other: x", "",
              "clusters[0].cluster.server: is missing"},
        Wrong{"NotBase64", "Y2VydA==", "'%%%'", "", "users[0].user.client-certificate-data: is not base64"},
        Wrong{"HalfACertificate", "client-key-data: a2V5", "other: x", "",
              "users[0].user.client-key: is missing beside its other half"},
        Wrong{"NoSuchUser", "user: ops", "user: nobody", "", "users: there is no \"nobody\""},
        Wrong{"NoContext", "current-context: prod", "current-context: ''", "", "current-context: is not set"},
        Wrong{"TokenType", "tokenFile: token", "token: 5", "token",
              "users[1].user.token: must be a string, not integer"},
        Wrong{"BasicAuth", "tokenFile: token", "username: jane", "token",
              "users[1].user.username: basic authentication is not supported"},
        Wrong{"ExecInteractive", "interactiveMode: IfAvailable", "interactiveMode: Always", "exec",
              "users[2].user.exec.interactiveMode: an interactive "
              "plug-in "
              "cannot be used: there is no terminal"}),
    [](const auto& info) { return info.param.name; });

TEST(Kubeconfig, PlainHttpIsTakenOnLoopback) {
  const Result<ClusterConfig> config = Parse(With("https://10.0.0.1:6443/", "http://127.0.0.1:8001"));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server, "http://127.0.0.1:8001");
}

TEST(InClusterConfig, ReadsTheServiceAccount) {
  TempDir dir;
  WriteFile(dir / "token", "secret\n");
  WriteFile(dir / "ca.crt", "pem");
  WriteFile(dir / "namespace", "fairlead-system\n");
  const Result<ClusterConfig> config = InClusterConfig("fd00::1", "443", dir.path());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server, "https://[fd00::1]:443");
  EXPECT_EQ(config->ns, "fairlead-system");
  EXPECT_EQ(config->token_file, dir / "token");
}

TEST(InClusterConfig, SaysWhatIsMissing) {
  TempDir dir;
  const Result<ClusterConfig> config = InClusterConfig("10.0.0.1", "443", dir.path());
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message,
            "service account: " + (dir / "token") + ": cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace fairlead::kube
