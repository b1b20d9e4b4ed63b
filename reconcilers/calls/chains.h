// Chains: how often a request that keeps failing is sent, along the services that call one another.
//
// Each hop that retries multiplies what the hops before it send: three hops of two retries are 27 tries at
// the last service. A retry budget bounds that: with so many percent a hop sends at most 1 + percent/100
// times what it gets, once there is load. Who calls: Lint and LintCandidate. Bounded in depth; cycles end
// where they close. Pure.
//
//   const Chains chains(view, [&](const ObjectKey& key) { … });
//   if (std::optional<Chain> chain = chains.WorstTo(service)) …
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reconcilers/lower/view.h"
#include "reconcilers/model/service.h"

namespace fairlead::reconcilers {

struct Hop {
  ObjectKey object;   // the Service, or the HTTPRoute of a Gateway
  int tries = 1;      // of one request, at most
  double factor = 1;  // requests sent for each that comes, under load: the budget counted in
  ObjectKey policy;   // that says so; default-constructed: nobody
  bool Multiplies() const;
};

struct Chain {
  std::vector<Hop>
      hops;           // those that retry; the first caller first, the service itself last if it is among them
  double factor = 1;  // of all
  std::string InWords() const;  // "HTTPRoute edge/web 4, Service shop/api 3"
};

class Chains {
 public:
  using Find = std::function<const EffectiveService*(const ObjectKey&)>;  // null: there is none

  Chains(const View& view, Find find) : view_(view), find_(std::move(find)) {}

  // The chain that ends at the service and sends most, where two hops of it multiply and its own is one of
  // them.
  std::optional<Chain> WorstTo(const ObjectKey& service) const;
  // The services behind it, itself first; at most 64.
  std::vector<ObjectKey> Downstream(const ObjectKey& service) const;

 private:
  static constexpr int kMaxDepth = 16;

  Chain To(const ObjectKey& service, int depth, std::set<ObjectKey>* path) const;
  Hop HopOf(const ObjectKey& service) const;
  Hop HopOfRoute(const ObjectKey& route, const ObjectKey& callee) const;

  const View& view_;
  const Find find_;
};

}  // namespace fairlead::reconcilers
