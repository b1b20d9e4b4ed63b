#include "crds/istio/service_entry.h"

#include <limits>

#include "crds/base/read.h"

namespace fairlead::istio {
namespace {

void ReadPort(const Reader& port, ServiceEntryPort* out) {
  if (!port.Has("number")) port.Add("number", "is required");
  port.Port("number", &out->number);
  port.RequiredString("name", &out->name);
  port.String("protocol", &out->protocol);
  port.Int("targetPort", 0, 65535, &out->target_port);
}

void ReadEndpoint(const Reader& endpoint, WorkloadEndpoint* out) {
  endpoint.String("address", &out->address);
  endpoint.Each("ports", [&](const Reader& value, std::string_view name) {
    if (const std::optional<int64_t> port = value.IntHere(0, 65535)) {
      out->ports[std::string(name)] = static_cast<uint16_t>(*port);
    }
  });
  endpoint.StringMap("labels", &out->labels);
  endpoint.String("network", &out->network);
  endpoint.String("locality", &out->locality);
  endpoint.Int("weight", 0, std::numeric_limits<uint32_t>::max(), &out->weight);
  endpoint.String("serviceAccount", &out->service_account);
}

}  // namespace

// istio.io/api networking/v1alpha3/service_entry.proto; v1, v1beta1 and v1alpha3 have the same fields.
Parsed<ServiceEntry> ParseServiceEntry(const JsonNode& object) {
  return ParseForeign<ServiceEntry>(object, [](const Reader& root, ServiceEntry* out) {
    root.Object("spec", [out](const Reader& spec) {
      if (!spec.Has("hosts")) spec.Add("hosts", "is required");
      spec.Strings("hosts", &out->hosts);
      spec.Strings("addresses", &out->addresses);
      spec.List("ports", &out->ports, ReadPort);
      spec.Enum<bool>("location", {{"MESH_EXTERNAL", false}, {"MESH_INTERNAL", true}}, &out->mesh_internal);
      spec.Enum<Resolution>("resolution",
                            {{"NONE", Resolution::kNone},
                             {"STATIC", Resolution::kStatic},
                             {"DNS", Resolution::kDns},
                             {"DNS_ROUND_ROBIN", Resolution::kDnsRoundRobin},
                             {"DYNAMIC_DNS", Resolution::kDynamicDns}},
                            &out->resolution);
      spec.List("endpoints", &out->endpoints, ReadEndpoint);
      spec.Object("workloadSelector",
                  [out](const Reader& selector) { selector.StringMap("labels", &out->workload_selector); });
      spec.Strings("exportTo", &out->export_to);
      spec.Strings("subjectAltNames", &out->subject_alt_names);
    });
    root.Object("status", [out](const Reader& status) {
      status.List("addresses", &out->auto_addresses, [](const Reader& address, AutoAddress* to) {
        address.String("value", &to->value);
        address.String("host", &to->host);
      });
    });
    if (!root.Has("spec")) root.Add("spec", "is required");
  });
}

}  // namespace fairlead::istio
