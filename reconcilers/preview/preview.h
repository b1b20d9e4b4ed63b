// Preview: what a change of the cluster's objects would do, before it is applied.
//
// Who calls: fairleadctl diff. The objects of the change are laid over the base one after the other, as
// kubectl would apply them; each is judged as admission would judge it at that moment, and what would be
// refused stays as it is. Then both states are lowered and compared: objects, what services do and which
// object says so, what Fairlead would write, who may call whom, which workloads and proxies it reaches. Pure;
// the same input gives the same bytes.
//
//   Preview preview = MakePreview({.base = base, .change = change});
//   std::cout << ToText(preview);
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/preview/access_diff.h"
#include "reconcilers/preview/field_diff.h"
#include "reconcilers/preview/manifest.h"
#include "reconcilers/rights/rights.h"
#include "reconcilers/world.h"

namespace fairlead::reconcilers::preview {

struct PreviewInput {
  std::vector<Manifest> base;
  std::vector<Manifest> change;    // added, or in place of what is there; in the order of the apply
  std::vector<ManifestId> remove;  // behind them
  WorldOptions world;
  bool live = false;             // the base is what an API server has: an apply adds to its fields
  std::optional<Caller> caller;  // none: rights are not judged
};

enum class Sign : unsigned char { kAdded, kChanged, kRemoved };
char CharOf(Sign sign);  // '+', '~', '-'

struct Refusal {
  std::string object;  // "HTTPRoute shop/web"
  std::string place;   // "web.yaml:3"
  std::string rule;    // as admission names it: "invalid-object", "reaches-out", "right-to-write"
  std::string message;
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

struct ObjectChange {
  Sign sign = Sign::kChanged;
  ManifestId id;
  std::vector<FieldDelta> fields;  // of a changed one
  friend bool operator==(const ObjectChange&, const ObjectChange&) = default;
};

// One effective value, with the object that says so: "RetryTimeoutPolicy shop/ratings (Service)".
struct ValueChange {
  std::string path;  // "spec.retries.attempts", "backends", "waypoint"
  std::string before, before_by, after, after_by;
  friend bool operator==(const ValueChange&, const ValueChange&) = default;
};

struct RuleChange {
  Sign sign = Sign::kChanged;
  uint16_t port = 0;
  std::string rule;  // "rule 0 of HTTPRoute shop/reviews"
  std::vector<ValueChange> values;
  friend bool operator==(const RuleChange&, const RuleChange&) = default;
};

struct ServiceChange {
  Sign sign = Sign::kChanged;
  ObjectKey service;
  std::vector<ValueChange> values;  // of the service as a whole
  std::vector<RuleChange> rules;
  friend bool operator==(const ServiceChange&, const ServiceChange&) = default;
};

// Names are the first few.
struct Touched {
  size_t services = 0, workload_count = 0, proxy_count = 0, node_count = 0;
  std::vector<std::string> workloads;  // pods behind services that change: "shop/ratings-7d9f"
  std::vector<std::string> proxies;    // pods of waypoints in front of them
  std::vector<std::string> nodes;      // whose ztunnel gets other rules of access
  friend bool operator==(const Touched&, const Touched&) = default;
};

struct Preview {
  std::vector<Refusal> refused;
  std::vector<ObjectChange> objects;
  std::vector<ServiceChange> services;
  size_t service_count = 0;  // in the state after it
  std::vector<ObjectChange> written;
  std::vector<AccessLine> access;
  Touched touched;
  bool empty() const { return refused.empty() && objects.empty() && written.empty(); }
};

Preview MakePreview(const PreviewInput& input);

std::string ToText(const Preview& preview);  // lines begin with a sign where something changes
Json::Value ToJson(const Preview& preview);

}  // namespace fairlead::reconcilers::preview
