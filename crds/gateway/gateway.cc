#include "crds/gateway/gateway.h"

#include <charconv>
#include <utility>

#include "crds/base/meta_json.h"
#include "crds/base/read.h"

namespace fairlead::gateway {
namespace {

void ReadListener(const Reader& listener, Listener* out) {
  listener.RequiredString("name", &out->name);
  if (!listener.Has("port")) listener.Add("port", "is required");
  listener.Port("port", &out->port);
  listener.RequiredString("protocol", &out->protocol);
  listener.String("hostname", &out->hostname);
  listener.Object("allowedRoutes", [out](const Reader& allowed) {
    allowed.Object("namespaces", [out](const Reader& namespaces) {
      namespaces.Enum<Listener::From>("from",
                                      {{"Same", Listener::From::kSame},
                                       {"All", Listener::From::kAll},
                                       {"Selector", Listener::From::kSelector},
                                       {"None", Listener::From::kNone}},
                                      &out->allowed_from);
      // Without a selector nothing is selected, whereas an empty LabelSelector matches all.
      if (!namespaces.Selector("selector", &out->allowed_selector) &&
          out->allowed_from == Listener::From::kSelector) {
        out->allowed_from = Listener::From::kNone;
      }
    });
    allowed.List("kinds", &out->allowed_kinds, [](const Reader& kind, RouteKind* to) {
      kind.String("group", &to->group);
      kind.RequiredString("kind", &to->kind);
    });
  });
}

void ReadAddress(const Reader& address, GatewayAddress* out) {
  address.String("type", &out->type);
  address.String("value", &out->value);
}

void ReadPlaintextPort(const Reader& root, Gateway* out) {
  const std::string_view text = out->meta.annotations.Get(kPlaintextPort);
  if (text.empty()) return;
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) {
    root.Object("metadata", [](const Reader& meta) {
      meta.Object("annotations",
                  [](const Reader& a) { a.Add(kPlaintextPort, "must be a port, 1 to 65535"); });
    });
    return;
  }
  out->plaintext_port = port;
}

void ReadProgrammed(const JsonNode& node, Gateway* out) {
  std::optional<Condition> condition = ParseCondition(node);
  if (!condition || condition->type != "Programmed") return;
  out->programmed = Programmed{condition->status, std::move(condition->reason), std::move(condition->message),
                               condition->observed_generation, condition->last_transition};
}

}  // namespace

// gateway.networking.k8s.io_gateways.yaml, Gateway API 1.6.
Parsed<Gateway> ParseGateway(const JsonNode& object) {
  return ParseForeign<Gateway>(object, [](const Reader& root, Gateway* out) {
    ReadPlaintextPort(root, out);
    root.Object("spec", [out](const Reader& spec) {
      spec.RequiredString("gatewayClassName", &out->class_name);
      spec.List("listeners", &out->listeners, ReadListener);
      spec.List("addresses", &out->addresses, ReadAddress);
      spec.Object("infrastructure", [out](const Reader& infrastructure) {
        infrastructure.StringMap("labels", &out->infrastructure_labels);
        infrastructure.StringMap("annotations", &out->infrastructure_annotations);
      });
    });
    root.Object("status", [out](const Reader& status) {
      status.List("addresses", &out->status_addresses, ReadAddress);
      status.ForEach("conditions", [out](const Reader& condition) { ReadProgrammed(condition.node(), out); });
    });
  });
}

}  // namespace fairlead::gateway
