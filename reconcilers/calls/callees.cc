#include "reconcilers/calls/callees.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

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

// Calls with each word of the annotation, and the Service that it names; nullopt: it is no name.
template <class F>
void ForEachWord(const ObjectMeta& service, F visit) {
  std::string_view rest = service.annotations.Get(kCalls);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find_first_of(", \t\n"), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (word.empty()) continue;
    const size_t slash = word.find('/');
    const std::string ns(slash == std::string_view::npos ? std::string_view(service.ns)
                                                         : word.substr(0, slash));
    const std::string name(slash == std::string_view::npos ? word : word.substr(slash + 1));
    const bool good = CheckDnsLabel(ns).empty() && CheckDnsSubdomain(name).empty();
    visit(word, good ? std::optional(ObjectKey{Kind::kService, ns, name}) : std::nullopt);
  }
}

}  // namespace

std::vector<ObjectKey> CalleesOf(const ObjectMeta& service) {
  std::vector<ObjectKey> out;
  ForEachWord(service, [&out](std::string_view, std::optional<ObjectKey> callee) {
    if (callee) out.push_back(*std::move(callee));
  });
  return Settled(std::move(out));
}

std::vector<std::string> NotCallees(const ObjectMeta& service) {
  constexpr size_t kMost = 8;
  std::vector<std::string> out;
  ForEachWord(service, [&out](std::string_view word, const std::optional<ObjectKey>& callee) {
    if (!callee && out.size() < kMost) out.emplace_back(word);
  });
  return out;
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
