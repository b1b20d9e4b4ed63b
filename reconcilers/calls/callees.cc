#include "reconcilers/calls/callees.h"

#include <algorithm>
#include <string_view>

#include "crds/base/names.h"

namespace fairlead::reconcilers {
namespace {

constexpr size_t kMaxCallees = 64;

std::vector<ObjectKey> Settled(std::vector<ObjectKey> keys) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  if (keys.size() > kMaxCallees) keys.resize(kMaxCallees);
  return keys;
}

}  // namespace

std::vector<ObjectKey> CalleesOf(const ObjectMeta& service) {
  std::vector<ObjectKey> out;
  std::string_view rest = service.annotations.Get(kCalls);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find_first_of(", \t\n"), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const size_t slash = word.find('/');
    const std::string ns(slash == std::string_view::npos ? std::string_view(service.ns)
                                                         : word.substr(0, slash));
    const std::string name(slash == std::string_view::npos ? word : word.substr(slash + 1));
    if (CheckDnsLabel(ns).empty() && CheckDnsSubdomain(name).empty())
      out.push_back({Kind::kService, ns, name});
  }
  return Settled(std::move(out));
}

std::vector<ObjectKey> CalleesOf(const gateway::HTTPRoute& route) {
  const bool at_gateway = std::any_of(route.parents.begin(), route.parents.end(),
                                      [](const gateway::ParentRef& p) { return p.kind == "Gateway"; });
  std::vector<ObjectKey> out;
  if (!at_gateway) return out;
  for (const gateway::HttpRouteRule& rule : route.rules) {
    if (!rule.retry || rule.retry->attempts.value_or(0) < 1) continue;
    for (const gateway::HttpBackendRef& backend : rule.backends) {
      if (backend.backend.kind == "Service" && backend.backend.group.empty())
        out.push_back({Kind::kService, backend.backend.ns.str(), backend.backend.name.str()});
    }
  }
  return Settled(std::move(out));
}

}  // namespace fairlead::reconcilers
