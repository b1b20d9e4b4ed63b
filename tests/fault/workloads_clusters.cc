// Two clusters: a Service that is in both, and a policy that leads from one to the other.
#include "tests/fault/workload.h"

namespace fairlead::fault {
namespace {

constexpr char kSecret[] = R"(
---
apiVersion: v1
kind: Secret
metadata: {name: clusters, namespace: fairlead-system, labels: {istio/multiCluster: "true"}}
data: {west: WEST_KUBECONFIG}
)";
constexpr char kPolicy[] = R"(
---
apiVersion: fairlead.dev/v1alpha1
kind: FailoverPolicy
metadata: {name: ratings, namespace: shop}
spec:
  targetRefs: [{kind: Service, name: ratings}]
  priorityLabels: [topology.istio.io/cluster]
)";

std::string Service() {
  return R"(
---
apiVersion: v1
kind: Service
metadata: {name: ratings, namespace: shop, labels: {app: ratings, resilience: standard, istio.io/global: "true"}}
spec:
  selector: {app: ratings}
  ports: [{name: http, port: 8080, appProtocol: http}]
)";
}

std::string Slice(const std::string& endpoints) {
  return R"(
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ratings-1, namespace: shop, labels: {kubernetes.io/service-name: ratings}}
addressType: IPv4
ports: [{name: http, port: 8080, protocol: TCP}]
endpoints: [)" +
         endpoints + "]\n";
}

std::string Ready(const std::string& address, bool ready = true) {
  return "{addresses: [" + address + "], conditions: {ready: " + (ready ? "true" : "false") + "}}";
}

// A step in the status: so many endpoints, so many of them ready, and the share of the requests.
std::string StepText(int endpoints, int healthy, int percent, const std::string& missing) {
  return "\"endpoints\":" + std::to_string(endpoints) + ",\"healthy\":" + std::to_string(healthy) +
         (missing.empty() ? "" : ",\"missing\":\"" + missing + "\"") +
         ",\"percent\":" + std::to_string(percent);
}

// What the policy's status says of our own cluster, and of all others.
std::map<std::string, Reasons> Status(const std::string& own, const std::string& others) {
  return {{"FailoverPolicy shop/ratings",
           {.shows = "[{" + own + ",\"to\":\"same topology.istio.io/cluster\"},{" + others +
                     ",\"to\":\"any\"}]"}}};
}

Workload Clusters() {
  const std::set<std::string> endpoints = {"Endpoints shop/ratings|8080"};
  const std::string well = StepText(1, 1, 100, ""), ill = StepText(1, 0, 0, "no healthy endpoint");
  const std::string shop = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
  return {.name = "clusters",
          .what = "another cluster is joined, changes, goes and comes back under a FailoverPolicy",
          .arguments = {"--clusters"},
          .steady = true,
          .steps = {{.name = "join",
                     .apply = kSecret + Service() + kPolicy,
                     .apply_west = shop + Service() + Slice(Ready("10.9.0.1")),
                     .policies = Status(well, StepText(1, 1, 0, ""))},
                    {.name = "it grows",
                     .apply_west = Slice(Ready("10.9.0.1") + ", " + Ready("10.9.0.2")),
                     .policies = Status(well, StepText(2, 2, 0, "")),
                     .pushed = endpoints},
                    {.name = "the own endpoint fails",
                     .apply = Slice(Ready("10.1.2.3", false)),
                     .policies = Status(ill, StepText(2, 2, 100, "")),
                     .pushed = endpoints},
                    {.name = "the other cluster goes",
                     .remove = {"/api/v1/namespaces/fairlead-system/secrets/clusters"},
                     .policies = Status(ill, StepText(0, 0, 0, "no endpoints")),
                     .pushed = endpoints},
                    {.name = "it is back",
                     .apply = kSecret,
                     .policies = Status(ill, StepText(2, 2, 100, "")),
                     .pushed = endpoints},
                    {.name = "the policy goes",
                     .remove = {"/apis/fairlead.dev/v1alpha1/namespaces/shop/failoverpolicies/ratings"},
                     .pushed = endpoints}}};
}

}  // namespace

std::vector<Workload> ClusterWorkloads() { return {Clusters()}; }

}  // namespace fairlead::fault
