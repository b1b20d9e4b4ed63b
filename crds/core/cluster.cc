#include "crds/core/cluster.h"

#include "crds/base/read.h"

namespace fairlead::core {
namespace {

bool IsReady(const Reader& status) {
  bool ready = false;
  status.ForEach("conditions", [&ready](const Reader& condition) {
    if (condition.node().StringAt("type") != "Ready") return;
    ready = condition.node().StringAt("status") == "True";
  });
  return ready;
}

}  // namespace

Parsed<Pod> ParsePod(const JsonNode& object) {
  return ParseForeign<Pod>(object, [](const Reader& root, Pod* out) {
    root.Object("spec", [out](const Reader& spec) {
      spec.String("serviceAccountName", &out->service_account);
      spec.String("nodeName", &out->node_name);
      spec.Bool("hostNetwork", &out->host_network);
    });
    root.Object("status", [out](const Reader& status) {
      status.String("phase", &out->phase);
      out->ready = IsReady(status);
      status.List("podIPs", &out->ips, [](const Reader& ip, std::string* to) { ip.String("ip", to); });
      std::string ip;
      status.String("podIP", &ip);
      if (out->ips.empty() && !ip.empty()) out->ips.push_back(std::move(ip));
    });
  });
}

Parsed<Node> ParseNode(const JsonNode& object) {
  return ParseForeign<Node>(object, [](const Reader& root, Node* out) {
    root.Object("spec", [out](const Reader& spec) { spec.Bool("unschedulable", &out->unschedulable); });
    root.Object("status", [out](const Reader& status) {
      out->ready = IsReady(status);
      status.ForEach("addresses", [out](const Reader& address) {
        std::string value;
        if (address.node().StringAt("type") == "InternalIP" && address.String("address", &value)) {
          out->internal_ips.push_back(std::move(value));
        }
      });
    });
  });
}

Parsed<Namespace> ParseNamespace(const JsonNode& object) {
  return ParseForeign<Namespace>(object, [](const Reader&, Namespace*) {});
}

}  // namespace fairlead::core
