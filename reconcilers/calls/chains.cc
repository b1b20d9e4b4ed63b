#include "reconcilers/calls/chains.h"

#include <algorithm>

namespace fairlead::reconcilers {
namespace {

constexpr double kMuch = 1.5;  // a hop that sends no more than this is not what multiplies
constexpr size_t kMaxServices = 64;

}  // namespace

bool Hop::Multiplies() const { return factor > kMuch; }

std::string Chain::InWords() const {
  std::string out;
  for (const Hop& hop : hops) {
    if (!hop.Multiplies()) continue;
    out += (out.empty() ? "" : ", ") + hop.object.ToString() + " " + std::to_string(hop.tries);
  }
  return out;
}

Hop Chains::HopOf(const ObjectKey& service) const {
  Hop out{.object = service};
  const EffectiveService* found = find_(service);
  if (found == nullptr || !found->waypoint) return out;
  for (const EffectivePort& port : found->ports) {
    for (const EffectiveRule& rule : port.rules) {
      if (!rule.policy.retries) continue;
      const EffectiveRetries& retries = *rule.policy.retries;
      const int tries = 1 + retries.attempts.value;
      const double factor = std::min<double>(tries, 1 + retries.budget_percent.value / 100.0);
      if (factor <= out.factor) continue;
      out.tries = tries;
      out.factor = factor;
      out.policy = retries.enabled_by.object;
    }
  }
  return out;
}

Hop Chains::HopOfRoute(const ObjectKey& route, const ObjectKey& callee) const {
  Hop out{.object = route, .policy = route};
  const auto found = view_.tables.Get<gateway::HTTPRoute>(route.nn());
  if (found == nullptr) return out;
  for (const gateway::HttpRouteRule& rule : found->rules) {
    const bool calls = std::any_of(rule.backends.begin(), rule.backends.end(), [&](const auto& backend) {
      return backend.backend.ns == callee.ns && backend.backend.name == callee.name;
    });
    if (calls && rule.retry) out.tries = std::max(out.tries, 1 + rule.retry->attempts.value_or(0));
  }
  out.factor = out.tries;
  return out;
}

Chain Chains::To(const ObjectKey& service, int depth, std::set<ObjectKey>* path) const {
  Chain worst;
  if (depth < kMaxDepth && path->insert(service).second) {
    for (const ObjectKey& caller : view_.callers_of.Find(service)) {
      Chain before;
      if (caller.kind == Kind::kHTTPRoute) {
        before.hops.push_back(HopOfRoute(caller, service));
        before.factor = before.hops.front().factor;
      } else if (!path->contains(caller)) {
        before = To(caller, depth + 1, path);
      }
      if (before.factor > worst.factor) worst = std::move(before);
    }
    path->erase(service);
  }
  const Hop own = HopOf(service);
  worst.factor *= own.factor;
  if (own.tries > 1) worst.hops.push_back(own);
  return worst;
}

std::optional<Chain> Chains::WorstTo(const ObjectKey& service) const {
  std::set<ObjectKey> path;
  Chain worst = To(service, 0, &path);
  const auto multiply =
      std::count_if(worst.hops.begin(), worst.hops.end(), [](const Hop& hop) { return hop.Multiplies(); });
  const bool own =
      !worst.hops.empty() && worst.hops.back().object == service && worst.hops.back().Multiplies();
  if (!own || multiply < 2) return std::nullopt;
  return worst;
}

std::vector<ObjectKey> Chains::Downstream(const ObjectKey& service) const {
  std::vector<ObjectKey> out = {service};
  for (size_t i = 0; i < out.size(); ++i) {
    for (const ObjectKey& callee : view_.callers_of.KeysOf(out[i])) {
      if (out.size() < kMaxServices && std::find(out.begin(), out.end(), callee) == out.end())
        out.push_back(callee);
    }
  }
  return out;
}

}  // namespace fairlead::reconcilers
