// What Secrets say of clusters, and what is refused of them.
#include "operator/clusters/cluster_secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/base64.h"

namespace fairlead::clusters {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string Kubeconfig(const std::string& user = "{token: s3cret}",
                       const std::string& cluster = "{server: \"https://10.0.0.1:6443\"}") {
  return "{current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], clusters: [{name: c, "
         "cluster: " +
         cluster + "}], users: [{name: u, user: " + user + "}]}";
}

Json::Value SecretOf(const std::string& name, const std::map<std::string, std::string>& data) {
  Json::Value out;
  out["metadata"]["name"] = name;
  out["metadata"]["uid"] = "uid-" + name;
  for (const auto& [key, text] : data) out["data"][key] = EncodeBase64(text);
  return out;
}

class ClusterSecretsTest : public ::testing::Test {
 protected:
  // "west https://10.0.0.1:6443", or "west refused"
  std::vector<std::string> Clusters() const {
    std::vector<std::string> out;
    for (const auto& [name, entry] : secrets_.Resolve().clusters)
      out.push_back(name + " " + (entry.config ? entry.config->server : "refused"));
    return out;
  }
  std::vector<std::string> Problems() const {
    std::vector<std::string> out;
    for (const ClusterProblem& problem : secrets_.Resolve().problems) out.push_back(problem.message);
    return out;
  }
  ClusterSecrets secrets_{"home"};
};

TEST_F(ClusterSecretsTest, EachKeyIsACluster) {
  secrets_.Put(SecretOf("remotes", {{"west", Kubeconfig()}, {"east", Kubeconfig()}}));
  EXPECT_THAT(Clusters(), ElementsAre("east https://10.0.0.1:6443", "west https://10.0.0.1:6443"));
  EXPECT_THAT(Problems(), IsEmpty());
  EXPECT_EQ(secrets_.Resolve().clusters.at("west").config->token.Reveal(), "s3cret");
  secrets_.Put(SecretOf("remotes", {{"west", Kubeconfig()}}));
  EXPECT_THAT(Clusters(), ElementsAre("west https://10.0.0.1:6443"));
  secrets_.Erase("remotes");
  EXPECT_THAT(Clusters(), IsEmpty());
}

TEST_F(ClusterSecretsTest, WhatRunsProgramsOrReadsFilesIsRefused) {
  const std::string exec = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: sh}}";
  for (const auto& [text, what] : std::map<std::string, std::string>{
           {Kubeconfig(exec), "user.exec"},
           {Kubeconfig("{tokenFile: /etc/passwd}"), "user.tokenFile"},
           {Kubeconfig("{client-certificate: a.crt, client-key: a.key}"), "user.client-certificate"},
           {Kubeconfig("{client-certificate-data: YQ==, client-key: a.key}"), "user.client-key"},
           {Kubeconfig("{auth-provider: {name: gcp}}"), "auth-provider"},
           {Kubeconfig("{}", "{server: \"https://a\", certificate-authority: /etc/passwd}"),
            "cluster.certificate-authority"},
           {Kubeconfig("{}", "{server: \"https://a\", insecure-skip-tls-verify: true}"),
            "insecure-skip-tls-verify"},
           {Kubeconfig("{}", "{server: \"http://a\"}"), "plain HTTP"}}) {
    secrets_.Put(SecretOf("remotes", {{"west", text}, {"east", Kubeconfig()}}));
    EXPECT_THAT(Clusters(), ElementsAre("east https://10.0.0.1:6443", "west refused")) << text;
    EXPECT_THAT(Problems(), ElementsAre(AllOf(HasSubstr("secret remotes, key west: "), HasSubstr(what))))
        << text;
  }
}

TEST_F(ClusterSecretsTest, NothingOfTheContentIsShown) {
  for (const std::string& text :
       {std::string("s3cret: [s3cret"), std::string("s3cret"), std::string("{s3cret: 1, s3cret: 2}"),
        Kubeconfig("{token: [s3cret]}"), Kubeconfig("{token: s3cret, username: s3cret}"),
        Kubeconfig("{client-key-data: s3cret!}"), Kubeconfig("{}", "{server: \"https://me:s3cret@a\"}")}) {
    secrets_.Put(SecretOf("remotes", {{"west", text}}));
    EXPECT_THAT(Clusters(), ElementsAre("west refused")) << text;
    EXPECT_THAT(Problems(), ElementsAre(Not(HasSubstr("s3cret")))) << text;
  }
  Json::Value odd = SecretOf("remotes", {});
  odd["data"]["west"] = "s3cret!";
  secrets_.Put(odd);
  EXPECT_THAT(Problems(), ElementsAre("secret remotes, key west: is not base64"));
}

TEST_F(ClusterSecretsTest, NamesAreDnsLabelsAndNotOurOwn) {
  secrets_.Put(
      SecretOf("remotes", {{"West_1", Kubeconfig()}, {"home", Kubeconfig()}, {"west", Kubeconfig()}}));
  EXPECT_THAT(Clusters(), ElementsAre("west https://10.0.0.1:6443"));
  EXPECT_THAT(Problems(), ElementsAre(HasSubstr("key West_1: a cluster's name must"),
                                      HasSubstr("is the name of this cluster (--cluster-name)")));
}

TEST_F(ClusterSecretsTest, OfTwoSecretsTheFirstCounts) {
  secrets_.Put(SecretOf("b", {{"west", Kubeconfig("{}", "{server: \"https://b\"}")}}));
  EXPECT_THAT(Clusters(), ElementsAre("west https://b"));
  secrets_.Put(SecretOf("a", {{"west", Kubeconfig("{}", "{server: \"https://a\"}")}}));
  EXPECT_THAT(Clusters(), ElementsAre("west https://a"));
  EXPECT_THAT(Problems(),
              ElementsAre("secret b, key west: the cluster is named by secret a already, which counts"));
}

TEST_F(ClusterSecretsTest, IsBounded) {
  std::map<std::string, std::string> many;
  for (size_t i = 0; i < kMaxClusters + 1; ++i) many["c" + std::to_string(100 + i)] = Kubeconfig();
  secrets_.Put(SecretOf("many", many));
  EXPECT_EQ(Clusters().size(), kMaxClusters);
  EXPECT_THAT(Problems(), ElementsAre(HasSubstr("key c132: there are 32 clusters already")));
  secrets_.Put(SecretOf("many", {{"west", std::string(kMaxSecretBytes + 9, ' ')}}));
  EXPECT_THAT(Clusters(), IsEmpty());
  EXPECT_THAT(Problems(), ElementsAre("secret many: is larger than 1 MiB"));
}

TEST_F(ClusterSecretsTest, ASecretWithoutClustersSaysSo) {
  secrets_.Put(SecretOf("none", {}));
  EXPECT_THAT(Problems(), ElementsAre(HasSubstr("secret none: data: holds no cluster")));
}

}  // namespace
}  // namespace fairlead::clusters
