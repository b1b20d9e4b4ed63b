#include "tests/integration/operator/operator_test_base.h"

#include "crds/base/yaml.h"
#include "crds/schema/manifests.h"

namespace fairlead::testing {
namespace {

std::unique_ptr<RealCluster>& Slot() {
  static std::unique_ptr<RealCluster> cluster;
  return cluster;
}

const Condition* Find(const api::PolicyStatus& status, const std::string& type) {
  return demo::FindCondition(status, type);
}

}  // namespace

void OperatorTest::SetUpTestSuite() {
  if (Slot() != nullptr || !RealCluster::Missing().empty()) return;
  Result<std::unique_ptr<RealCluster>> started = RealCluster::Start();
  ASSERT_TRUE(started) << started.error().message;
  const Result<void> gateway = (*started)->ApplyCrds(CrdFile("gateway-standard.yaml"));
  ASSERT_TRUE(gateway) << gateway.error().message;
  const TempDir dir;
  std::string all;
  for (const std::string& manifest : CrdManifests()) all += "---\n" + manifest;
  WriteFile(dir / "crds.yaml", all);
  const Result<void> ours = (*started)->ApplyCrds(dir / "crds.yaml");
  ASSERT_TRUE(ours) << ours.error().message;
  Slot() = std::move(*started);
}

void OperatorTest::TearDownTestSuite() { Slot().reset(); }

void OperatorTest::SetUp() {
  if (const std::string why = RealCluster::Missing(); !why.empty()) GTEST_SKIP() << why;
  ASSERT_NE(Slot(), nullptr);
  auto user = demo::Cluster::Connect(cluster().kubeconfig_path(), Samples(), &patience_);
  ASSERT_TRUE(user) << user.error().message;
  user_ = std::move(*user);
}

RealCluster& OperatorTest::cluster() { return *Slot(); }

void OperatorTest::ApplyYaml(const std::string& yaml) {
  Result<std::vector<YamlDocument>> documents = ParseYaml(yaml);
  ASSERT_TRUE(documents) << documents.error().message;
  for (const YamlDocument& document : *documents) {
    const Result<kube::Written> written = user_->Apply(document.json);
    ASSERT_TRUE(written) << written.error().message << "\n" << document.json;
  }
}

void OperatorTest::ApplySample(const std::string& file) {
  const Result<kube::Written> written = user_->ApplyFile(file);
  ASSERT_TRUE(written) << written.error().message;
}

void OperatorTest::MakeNamespace(const std::string& ns) {
  ApplyYaml(
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + ns +
      ", labels: {istio.io/use-waypoint: waypoint}}\n---\n"
      "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: waypoint, namespace: " +
      ns +
      ", labels: {istio.io/waypoint-for: service}}\nspec: {gatewayClassName: fairlead-waypoint, "
      "listeners: [{name: mesh, port: 15008, protocol: HBONE}]}\n");
}

void OperatorTest::MakeService(const std::string& ns, const std::string& name) {
  ApplyYaml("apiVersion: v1\nkind: Service\nmetadata: {name: " + name + ", namespace: " + ns +
            "}\nspec: {ports: [{name: http, port: 8080, appProtocol: http}]}\n---\n"
            "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: " +
            name + "-1, namespace: " + ns + ", labels: {kubernetes.io/service-name: " + name +
            "}}\naddressType: IPv4\nports: [{name: http, port: 8080, protocol: TCP}]\n"
            "endpoints: [{addresses: [10.1.2.3], conditions: {ready: true}}]\n");
}

void OperatorTest::MakePolicy(const std::string& ns, const std::string& name, const std::string& service,
                              const std::string& spec) {
  ApplyYaml("apiVersion: fairlead.dev/v1alpha1\nkind: RetryTimeoutPolicy\nmetadata: {name: " + name +
            ", namespace: " + ns + "}\nspec: {targetRefs: [{group: \"\", kind: Service, name: " + service +
            "}], " + spec + "}\n");
}

void OperatorTest::DeletePolicy(const std::string& ns, const std::string& name) {
  const Result<void> deleted = user_->Delete(Kind::kRetryTimeoutPolicy, ns, name);
  EXPECT_TRUE(deleted) << deleted.error().message;
}

std::string OperatorTest::VersionOf(Kind kind, const std::string& ns, const std::string& name) {
  Result<Json::Value> object = user_->Read(kind, ns, name);
  return object ? (*object)["metadata"]["resourceVersion"].asString() : "";
}

std::optional<api::PolicyStatus> OperatorTest::AwaitStatus(
    const std::string& ns, const std::string& name, const std::string& reason,
    const std::function<bool(const api::PolicyStatus&)>& holds) {
  std::optional<api::PolicyStatus> status;
  const bool reached = Eventually([&] {
    status = user_->StatusOf(ns, name);
    return status && Reason(*status, "Programmed") == reason && holds(*status);
  });
  if (reached) return status;
  ADD_FAILURE() << ns << "/" << name << " is not " << reason << " as expected: " << demo::Describe(status);
  return std::nullopt;
}

std::string Message(const api::PolicyStatus& status, const std::string& type) {
  const Condition* condition = Find(status, type);
  return condition == nullptr ? "" : condition->message;
}

std::string Reason(const api::PolicyStatus& status, const std::string& type) {
  const Condition* condition = Find(status, type);
  return condition == nullptr ? "" : condition->reason;
}

std::string RouteAt(const FakeEnvoy& envoy, const std::string& route) {
  const auto versions = envoy.versions()[static_cast<size_t>(xds::Type::kRoute)];
  const auto found = versions.find(route);
  return found == versions.end() ? "" : found->second;
}

}  // namespace fairlead::testing
