// Objects that steer traffic: Gateway API routes, VirtualService, DestinationRule, ServiceEntry,
// WorkloadEntry.
#include <algorithm>

#include "crds/base/ip_address.h"
#include "reconcilers/reach/read.h"

namespace fairlead::reconcilers {
namespace {

// A reference of Gateway API, where it names what tenancy knows.
void AddRef(const ReadContext& context, Reach::Way way, const std::string& field, const JsonNode& ref,
            std::string_view default_group, std::string_view default_kind, Foreign* out) {
  const std::string_view group = ref.Find("group") ? ref.StringAt("group") : default_group;
  const std::string_view kind = ref.Find("kind") ? ref.StringAt("kind") : default_kind;
  const std::string_view ns = ref.StringAt("namespace");
  const std::string name(ref.StringAt("name"));
  if (group == kNetworking && kind == "Hostname") {
    out->reaches.push_back(HostReach(context, way, field, name));
  } else if ((group.empty() && kind == "Service") || (group == kNetworking && kind == "ServiceEntry")) {
    out->reaches.push_back({way, field, std::string(kind), ns.empty() ? context.ns : std::string(ns), name});
  }
}

void AddBackend(const ReadContext& context, const std::string& field, const JsonNode& ref, Foreign* out) {
  AddRef(context, Reach::Way::kBackend, field, ref, "", "Service", out);
}

void ReadFilters(const ReadContext& context, const std::string& field, const JsonNode& of, Foreign* out) {
  EachItem(of.Find("filters"), field + ".filters", [&](const std::string& at, const JsonNode& filter) {
    if (const auto mirror = filter.FindPath({"requestMirror", "backendRef"})) {
      AddBackend(context, at + ".requestMirror.backendRef", *mirror, out);
    }
  });
}

// exportTo of Istio's objects: "." is the object's own namespace, "~" none, "*" (or nothing) all.
void ReadExport(const ReadContext& context, const JsonNode& spec, Foreign* out) {
  const auto list = spec.Find("exportTo");
  if (!list || !list->IsArray() || list->Items().size() == 0) return;
  out->exported = false;
  EachItem(list, "", [&](const std::string&, const JsonNode& item) {
    const std::string_view ns = item.AsString();
    if (ns == "*") out->exported = true;
    if (ns != "*" && ns != "~") out->export_to.push_back(ns == "." ? context.ns : std::string(ns));
  });
}

void AddHosts(const ReadContext& context, const JsonNode& spec, Foreign* out) {
  EachItem(spec.Find("hosts"), "spec.hosts", [&](const std::string& at, const JsonNode& host) {
    out->reaches.push_back(HostReach(context, Reach::Way::kHost, at, host.AsString()));
  });
}

void AddDestination(const ReadContext& context, const std::string& field,
                    const std::optional<JsonNode>& destination, Foreign* out) {
  if (!destination) return;
  out->reaches.push_back(
      HostReach(context, Reach::Way::kBackend, field + ".host", destination->StringAt("host")));
}

// Where a workload is that requests are sent to: an address, or a name that the proxies resolve by DNS, as
// pods do, so that "service.namespace" is one.
void AddWorkload(const ReadContext& context, const std::string& field, std::string_view address,
                 Foreign* out) {
  if (address.empty()) return;
  if (ParseIpAddress(address)) {
    out->reaches.push_back({Reach::Way::kBackend, field, kAddress, "", std::string(address)});
    return;
  }
  Reach reach = HostReach(context, Reach::Way::kBackend, field, address);
  if (reach.kind.empty() && std::count(address.begin(), address.end(), '.') == 1) {
    const size_t dot = address.find('.');
    reach.kind = "Service";
    reach.ns = std::string(address.substr(dot + 1));
    reach.name = std::string(address.substr(0, dot));
  }
  if (!reach.kind.empty()) out->reaches.push_back(std::move(reach));
}

bool IsForMesh(const JsonNode& spec) {
  const auto gateways = spec.Find("gateways");
  bool mesh = !gateways || gateways->Items().size() == 0;
  EachItem(gateways, "",
           [&](const std::string&, const JsonNode& name) { mesh |= name.AsString() == "mesh"; });
  return mesh;
}

void ReadVirtualRoute(const ReadContext& context, const std::string& at, const JsonNode& route,
                      Foreign* out) {
  EachItem(route.Find("route"), at + ".route", [&](const std::string& field, const JsonNode& to) {
    AddDestination(context, field + ".destination", to.Find("destination"), out);
  });
  AddDestination(context, at + ".mirror", route.Find("mirror"), out);
  EachItem(route.Find("mirrors"), at + ".mirrors", [&](const std::string& field, const JsonNode& to) {
    AddDestination(context, field + ".destination", to.Find("destination"), out);
  });
  if (const auto delegate = route.Find("delegate")) {
    const std::string_view ns = delegate->StringAt("namespace");
    out->reaches.push_back({Reach::Way::kBackend, at + ".delegate", "VirtualService",
                            ns.empty() ? context.ns : std::string(ns),
                            std::string(delegate->StringAt("name"))});
  }
}

}  // namespace

Reach HostReach(const ReadContext& context, Reach::Way way, std::string field, std::string_view host) {
  Reach out{way, std::move(field), "", "", std::string(host)};
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.find('.') == std::string_view::npos && host != "*") {  // a short name
    out.kind = "Service";
    out.ns = context.ns;
    out.name = std::string(host);
    return out;
  }
  std::string_view rest = host;
  const std::string domain = ".svc." + std::string(context.cluster_domain);
  if (rest.ends_with(domain)) {
    rest.remove_suffix(domain.size());
  } else if (rest.ends_with(".svc")) {
    rest.remove_suffix(4);
  } else {
    return out;
  }
  // service.namespace, or a name below it (of a pod of a headless Service)
  const size_t dot = rest.rfind('.');
  if (dot == std::string_view::npos || rest.substr(dot + 1).find('*') != std::string_view::npos) return out;
  out.kind = "Service";
  out.ns = std::string(rest.substr(dot + 1));
  rest = rest.substr(0, dot);
  out.name = std::string(rest.substr(rest.rfind('.') + 1));
  return out;
}

void ReadRoute(const ReadContext& context, const JsonNode& object, Foreign* out) {
  const auto spec = object.Find("spec");
  if (!spec) return;
  EachItem(spec->Find("parentRefs"), "spec.parentRefs", [&](const std::string& at, const JsonNode& ref) {
    AddRef(context, Reach::Way::kTarget, at, ref, "gateway.networking.k8s.io", "Gateway", out);
  });
  EachItem(spec->Find("rules"), "spec.rules", [&](const std::string& at, const JsonNode& rule) {
    ReadFilters(context, at, rule, out);
    EachItem(rule.Find("backendRefs"), at + ".backendRefs",
             [&](const std::string& field, const JsonNode& ref) {
               AddBackend(context, field, ref, out);
               ReadFilters(context, field, ref, out);
             });
  });
}

void ReadVirtualService(const ReadContext& context, const JsonNode& object, Foreign* out) {
  const auto spec = object.Find("spec");
  if (!spec) return;
  ReadExport(context, *spec, out);
  if (IsForMesh(*spec)) AddHosts(context, *spec, out);
  for (const char* protocol : {"http", "tls", "tcp"}) {
    EachItem(
        spec->Find(protocol), std::string("spec.") + protocol,
        [&](const std::string& at, const JsonNode& route) { ReadVirtualRoute(context, at, route, out); });
  }
}

void ReadDestinationRule(const ReadContext& context, const JsonNode& object, Foreign* out) {
  const auto spec = object.Find("spec");
  if (!spec) return;
  ReadExport(context, *spec, out);
  out->reaches.push_back(HostReach(context, Reach::Way::kHost, "spec.host", spec->StringAt("host")));
}

void ReadServiceEntry(const ReadContext& context, const JsonNode& object, Foreign* out) {
  const auto spec = object.Find("spec");
  if (!spec) return;
  ReadExport(context, *spec, out);
  AddHosts(context, *spec, out);
  EachItem(spec->Find("addresses"), "spec.addresses", [&](const std::string& at, const JsonNode& address) {
    out->reaches.push_back({Reach::Way::kHost, at, kAddress, "", std::string(address.AsString())});
  });
  EachItem(spec->Find("endpoints"), "spec.endpoints", [&](const std::string& at, const JsonNode& endpoint) {
    AddWorkload(context, at + ".address", endpoint.StringAt("address"), out);
  });
}

void ReadWorkloadEntry(const ReadContext& context, const JsonNode& object, Foreign* out) {
  if (const auto spec = object.Find("spec"))
    AddWorkload(context, "spec.address", spec->StringAt("address"), out);
}

}  // namespace fairlead::reconcilers
