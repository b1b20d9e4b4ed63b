#include "tests/integration/operator/embedded_test_base.h"

#include "crds/base/yaml.h"
#include "crds/schema/manifests.h"
#include "tests/support/kube/real_cluster.h"

namespace fairlead::testing {
namespace {

void Loosen(apiserver::Value* crd) {
  for (apiserver::Value& version : (*crd)["spec"]["versions"]) {
    apiserver::Value schema;
    schema["type"] = "object";
    schema["x-kubernetes-preserve-unknown-fields"] = true;
    version["schema"]["openAPIV3Schema"] = schema;
  }
}

}  // namespace

void EmbeddedTest::StartServer(const std::set<std::string>& lax) {
  auto server = apiserver::ApiServer::Start({});
  ASSERT_TRUE(server) << server.error().message;
  server_ = std::move(*server);
  Define(server_.get(), lax);
  WriteFile(dir_ / "kubeconfig", server_->kubeconfig());
  Connect(dir_ / "kubeconfig");
}

void EmbeddedTest::Define(apiserver::ApiServer* server, const std::set<std::string>& lax) {
  std::vector<std::string> files = CrdManifests();
  files.push_back(ReadFile(CrdFile("gateway-standard.yaml")));
  for (const std::string& file : files) {
    const Result<std::vector<YamlDocument>> documents = ParseYaml(file);
    ASSERT_TRUE(documents) << documents.error().message;
    for (const YamlDocument& document : *documents) {
      apiserver::Value crd = *apiserver::ParseJson(document.json);
      if (crd["kind"] != "CustomResourceDefinition") continue;
      if (lax.contains(crd["spec"]["names"]["plural"].asString())) Loosen(&crd);
      const auto applied = server->Apply(crd);
      ASSERT_TRUE(applied) << applied.error().message;
    }
  }
}

void EmbeddedTest::StartOperator(const std::vector<std::string>& flags) {
  // Freed memory is not to be kept in quarantine: its size is looked at.
  const Result<void> started = operator_.Start(
      {.kubeconfig = dir_ / "kubeconfig", .flags = flags, .env = {{"ASAN_OPTIONS", "quarantine_size_mb=4"}}});
  ASSERT_TRUE(started) << started.error().message;
  ASSERT_TRUE(Eventually([&] { return operator_.Ready(); })) << operator_.ReadyText() << operator_.Log();
}

void EmbeddedTest::TearDown() {
  if (HasFailure()) ADD_FAILURE() << operator_.Log();
}

void EmbeddedTest::Store(const std::string& json) {
  const auto object = apiserver::ParseJson(json);
  ASSERT_TRUE(object) << object.error().message;
  const auto applied = server_->Apply(*object);
  ASSERT_TRUE(applied) << applied.error().message;
}

size_t EmbeddedTest::StatusWrites(const std::string& ns, const std::string& name) {
  size_t count = 0;
  for (const apiserver::AuditRecord& record : server_->audit().Writes("fairlead")) {
    count += record.resource == "retrytimeoutpolicies" && record.ns == ns && record.name == name ? 1 : 0;
  }
  return count;
}

}  // namespace fairlead::testing
