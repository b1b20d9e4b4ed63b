#include "reconcilers/lower/backends.h"

#include <algorithm>
#include <variant>

namespace fairlead::reconcilers {
namespace {

constexpr std::string_view kIstioGroup = "networking.istio.io";

std::optional<Kind> BackendKind(const gateway::BackendObject& ref) {
  if (ref.group.empty() && ref.kind == "Service") return Kind::kService;
  if (ref.group == kIstioGroup && ref.kind == "ServiceEntry") return Kind::kServiceEntry;
  return std::nullopt;
}

std::string KindProblem(const gateway::BackendObject& ref) {
  return "backend kind " + (ref.group.empty() ? ref.kind.str() : ref.group + "/" + ref.kind) +
         " is not supported: use a Service or a ServiceEntry of " + std::string(kIstioGroup);
}

std::string PortList(const std::vector<PortInfo>& ports) {
  std::string out;
  for (const PortInfo& port : ports) {
    if (!out.empty()) out += ", ";
    out += std::to_string(port.port);
  }
  return out.empty() ? "none" : out;
}

bool IsGranted(const View& view, const ObjectKey& route, const ObjectKey& backend) {
  const KindInfo& from = InfoOf(route.kind);
  const KindInfo& to = InfoOf(backend.kind);
  bool granted = false;
  view.tables.ForEachIn<gateway::ReferenceGrant>(backend.ns, [&](const Ptr<gateway::ReferenceGrant>& grant) {
    const bool source = std::any_of(grant->from.begin(), grant->from.end(), [&](const auto& f) {
      return f.group == from.group && f.kind == from.name && f.ns == route.ns;
    });
    const bool target = std::any_of(grant->to.begin(), grant->to.end(), [&](const auto& t) {
      return t.group == to.group && t.kind == to.name && (t.name.empty() || t.name == backend.name);
    });
    granted = granted || (source && target);
  });
  return granted;
}

// Why the service as a whole cannot be a backend.
std::string ServiceProblem(const View& view, const ObjectKey& key) {
  if (key.kind != Kind::kService) return "";
  const Ptr<core::Service> service = view.tables.Get<core::Service>(key.nn());
  if (service != nullptr && service->type == "ExternalName") {
    return key.ToString() + " is of type ExternalName, which cannot be a backend";
  }
  return "";
}

// A backend's own filters: what can be done for one share of the requests only.
std::string FilterProblem(const std::vector<gateway::HttpFilter>& filters) {
  for (const gateway::HttpFilter& filter : filters) {
    if (std::holds_alternative<gateway::RequestHeaderFilter>(filter) ||
        std::holds_alternative<gateway::ResponseHeaderFilter>(filter)) {
      continue;
    }
    const auto* rewrite = std::get_if<gateway::UrlRewriteFilter>(&filter);
    if (rewrite != nullptr && !rewrite->path) continue;
    return "a filter of this backend cannot be carried out for a backend alone: move it to the rule";
  }
  return "";
}

Backend LowerBackend(const View& view, const ObjectKey& route, const gateway::HttpBackendRef& ref,
                     std::set<ObjectKey>* reads) {
  Resolved resolved = Resolve(view, route, ref.backend, reads);
  Backend backend;
  backend.weight = static_cast<uint32_t>(std::max<int32_t>(ref.weight, 0));
  backend.protocol = resolved.protocol;
  backend.problem = std::move(resolved.problem);
  if (backend.problem.empty()) backend.problem = FilterProblem(ref.filters);
  if (backend.problem.empty()) {
    backend.destination = std::move(resolved.destination);
    backend.filters = ref.filters;
  }
  return backend;
}

MirrorTarget LowerMirror(const View& view, const ObjectKey& route, const gateway::Mirror& mirror,
                         std::set<ObjectKey>* reads) {
  Resolved resolved = Resolve(view, route, mirror.backend, reads);
  return {std::move(resolved.destination), resolved.protocol, mirror.numerator, mirror.denominator,
          std::move(resolved.problem)};
}

}  // namespace

Resolved Resolve(const View& view, const ObjectKey& route, const gateway::BackendObject& ref,
                 std::set<ObjectKey>* reads) {
  Resolved out;
  const std::optional<Kind> kind = BackendKind(ref);
  if (!kind) {
    out.problem = KindProblem(ref);
    return out;
  }
  const ObjectKey key{*kind, ref.ns.empty() ? route.ns : ref.ns.str(), ref.name};
  if (key.ns != route.ns) {
    reads->insert(GrantsOf(key.ns));
    if (!IsGranted(view, route, key)) {
      out.problem = key.ToString() + " is in another namespace, and no ReferenceGrant there lets " +
                    std::string(ToString(route.kind)) + " of namespace " + route.ns + " refer to it";
      return out;
    }
  }
  reads->insert(key);
  const auto ports = PortsOf(view, key);
  if (!ports) {
    out.problem = key.ToString() + " does not exist";
    return out;
  }
  out.problem = ServiceProblem(view, key);
  if (!out.problem.empty()) return out;
  if (!ref.port) {
    out.problem = "backend " + key.ToString() + " needs a port (it has: " + PortList(*ports) + ")";
    return out;
  }
  const auto port =
      std::find_if(ports->begin(), ports->end(), [&](const auto& p) { return p.port == *ref.port; });
  if (port == ports->end()) {
    out.problem = key.ToString() + " has no TCP port " + std::to_string(*ref.port) +
                  " (it has: " + PortList(*ports) + ")";
    return out;
  }
  if (port->protocol == Protocol::kTls) {
    out.problem = key.ToString() + " port " + std::to_string(*ref.port) +
                  " speaks TLS, which a waypoint does not start towards a backend";
    return out;
  }
  out.destination = Destination{key, port->port};
  out.protocol = port->protocol == Protocol::kTcp ? Protocol::kHttp : port->protocol;
  return out;
}

void LowerActions(const View& view, const ObjectKey& route, const std::vector<gateway::HttpFilter>& filters,
                  const std::vector<gateway::HttpBackendRef>& backends, EffectiveRule* rule,
                  std::set<ObjectKey>* reads) {
  for (const gateway::HttpFilter& filter : filters) {
    if (const auto* mirror = std::get_if<gateway::MirrorFilter>(&filter)) {
      rule->mirrors.push_back(LowerMirror(view, route, mirror->mirror, reads));
    } else if (std::holds_alternative<gateway::UnsupportedFilter>(filter)) {
      rule->answers_500 = true;
    } else {
      rule->filters.push_back(filter);
    }
  }
  for (const gateway::HttpBackendRef& ref : backends) {
    rule->backends.push_back(LowerBackend(view, route, ref, reads));
  }
}

}  // namespace fairlead::reconcilers
