#include "tests/integration/operator/user_test.h"

#include "crds/base/yaml.h"

namespace fairlead::testing {
namespace {

const Condition* Find(const api::PolicyStatus& status, const std::string& type) {
  return demo::FindCondition(status, type);
}

bool AwaitRouteThat(const FakeEnvoy& envoy, const std::string& route,
                    const std::function<bool(const std::string&)>& version) {
  return envoy.Await(
      [&](const FakeEnvoy::State& state) {
        const auto& routes = state.held[static_cast<size_t>(xds::Type::kRoute)];
        const auto found = routes.find(route);
        return found != routes.end() && version(found->second);
      },
      std::chrono::seconds(60));
}

}  // namespace

void UserTest::Connect(const std::string& kubeconfig_file) {
  auto user = demo::Cluster::Connect(kubeconfig_file, Samples(), &patience_);
  ASSERT_TRUE(user) << user.error().message;
  user_ = std::move(*user);
}

void UserTest::ApplyYaml(const std::string& yaml) {
  Result<std::vector<YamlDocument>> documents = ParseYaml(yaml);
  ASSERT_TRUE(documents) << documents.error().message;
  for (const YamlDocument& document : *documents) {
    Result<kube::Written> written = Unexpected(Error{});
    const bool done = Eventually([&] {  // a kept connection may be dead: the API server was restarted
      written = user_->Apply(document.json);
      return written || written.error().error_class != ErrorClass::kTransient;
    });
    ASSERT_TRUE(done && written) << written.error().message << "\n" << document.json;
  }
}

void UserTest::ApplySample(const std::string& file) {
  const Result<kube::Written> written = user_->ApplyFile(file);
  ASSERT_TRUE(written) << written.error().message;
}

void UserTest::MakeNamespace(const std::string& ns, int plaintext_port) {
  const std::string annotations = plaintext_port == 0 ? ""
                                                      : ", annotations: {fairlead.dev/plaintext-port: \"" +
                                                            std::to_string(plaintext_port) + "\"}";
  ApplyYaml(
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + ns +
      ", labels: {istio.io/use-waypoint: waypoint}}\n---\n"
      "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: waypoint, namespace: " +
      ns + ", labels: {istio.io/waypoint-for: service}" + annotations +
      "}\nspec: {gatewayClassName: fairlead-waypoint, "
      "listeners: [{name: mesh, port: 15008, protocol: HBONE}]}\n");
}

void UserTest::MakeService(const std::string& ns, const std::string& name) {
  ApplyYaml("apiVersion: v1\nkind: Service\nmetadata: {name: " + name + ", namespace: " + ns +
            "}\nspec: {ports: [{name: http, port: 8080, appProtocol: http}]}\n---\n"
            "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: " +
            name + "-1, namespace: " + ns + ", labels: {kubernetes.io/service-name: " + name +
            "}}\naddressType: IPv4\nports: [{name: http, port: 8080, protocol: TCP}]\n"
            "endpoints: [{addresses: [10.1.2.3], conditions: {ready: true}}]\n");
}

void UserTest::MakePolicy(const std::string& ns, const std::string& name, const std::string& service,
                          const std::string& spec) {
  ApplyYaml("apiVersion: fairlead.dev/v1alpha1\nkind: RetryTimeoutPolicy\nmetadata: {name: " + name +
            ", namespace: " + ns + "}\nspec: {targetRefs: [{group: \"\", kind: Service, name: " + service +
            "}], " + spec + "}\n");
}

void UserTest::DeletePolicy(const std::string& ns, const std::string& name) {
  const Result<void> deleted = user_->Delete(Kind::kRetryTimeoutPolicy, ns, name);
  EXPECT_TRUE(deleted) << deleted.error().message;
}

std::string UserTest::VersionOf(Kind kind, const std::string& ns, const std::string& name) {
  Result<Json::Value> object = user_->Read(kind, ns, name);
  return object ? (*object)["metadata"]["resourceVersion"].asString() : "";
}

std::optional<api::PolicyStatus> UserTest::AwaitStatus(
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

bool AwaitRoute(const FakeEnvoy& envoy, const std::string& route, const std::string& other_than) {
  return AwaitRouteThat(envoy, route, [&](const std::string& version) { return version != other_than; });
}

bool AwaitRouteIs(const FakeEnvoy& envoy, const std::string& route, const std::string& version) {
  return AwaitRouteThat(envoy, route, [&](const std::string& has) { return has == version; });
}

}  // namespace fairlead::testing
