// Explain: for a service or a route, every field in force at every rule, which object set it, and what lost.
//
// Who calls: `fairleadctl explain`, the debug endpoint. The answer is a value, printed by the caller. Pure.
//
//   Explanation e = Explain(world, {Kind::kService, "shop", "ratings"});
//   for (const ExplainedService& s : e.services) ...
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/world.h"

namespace fairlead::reconcilers {

struct ExplainedLoss {
  std::string object;  // "RetryTimeoutPolicy shop/default"
  Level level = Level::kBuiltIn;
  std::string value;   // what it asked for
  std::string reason;  // "is an Override", as said of the winner
  friend bool operator==(const ExplainedLoss&, const ExplainedLoss&) = default;
};

struct ExplainedField {
  std::string path;  // "spec.retries.attempts"
  std::string value;
  std::string object;  // empty: a default of Fairlead
  Level level = Level::kBuiltIn;
  bool is_override = false;
  std::vector<ExplainedLoss> lost;
  friend bool operator==(const ExplainedField&, const ExplainedField&) = default;
};

struct ExplainedRule {
  std::string route;  // the object that the rule is of
  int index = 0;
  std::string name;
  std::vector<std::string> matches;    // in words, in the order in which they are tried
  std::vector<std::string> backends;   // "Service shop/reviews-v1:8080 90", or what is wrong with one
  std::vector<ExplainedField> fields;  // in the order of PolicyField; fields that nothing sets are left out
  std::vector<std::string> warnings;
  friend bool operator==(const ExplainedRule&, const ExplainedRule&) = default;
};

// A FailoverPolicy is in force as a whole.
struct ExplainedFailover {
  std::string object;  // "FailoverPolicy shop/ratings"
  Level level = Level::kBuiltIn;
  bool is_override = false;
  std::string order;    // "same zone, then region, then any"
  std::string problem;  // why it has no effect; empty: it has
  std::vector<ExplainedLoss> lost;
  std::string drill;  // what one leaves out now; empty: none is on
  friend bool operator==(const ExplainedFailover&, const ExplainedFailover&) = default;
};

struct ExplainedPort {
  uint16_t port = 0;
  std::string name;
  Protocol protocol = Protocol::kHttp;
  std::optional<ExplainedFailover> failover;  // of a service; none: no policy is for the port
  std::vector<ExplainedRule> rules;
  friend bool operator==(const ExplainedPort&, const ExplainedPort&) = default;
};

struct ExplainedService {
  ObjectKey key;
  std::string waypoint;  // "shop/waypoint"; empty: none
  std::string problem;   // why nothing of this has effect
  std::vector<ExplainedPort> ports;
  std::string workspace;  // "shop, isolation Enforced"; empty: its namespace is in none
  std::string callers;    // by the workspace's isolation
  friend bool operator==(const ExplainedService&, const ExplainedService&) = default;
};

struct Explanation {
  ObjectKey key;
  std::string problem;                     // not found, attached to nothing
  std::vector<ExplainedService> services;  // one for a service; for a route its parents, with its rules only
  friend bool operator==(const Explanation&, const Explanation&) = default;
};

// `key`: Service, ServiceEntry, HTTPRoute or GRPCRoute. Of the last drained state.
Explanation Explain(const World& world, const ObjectKey& key);

// What is in force of a policy, without what lost; in the order of PolicyField.
std::vector<ExplainedField> FieldsInForce(const EffectivePolicy& policy);

// explain_failover.cc
struct View;
std::optional<ExplainedFailover> ExplainFailover(const View& view, const EffectiveService& service,
                                                 const EffectivePort& port);

Json::Value ToJson(const Explanation& explanation);
std::string ToText(const Explanation& explanation);  // for a terminal, without colour

}  // namespace fairlead::reconcilers
