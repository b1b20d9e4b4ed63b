// ObjectMeta, conditions and parse results: what every object has in common.
//
// Only what Fairlead uses is kept: of managedFields what it applied itself (OwnFields), no foreign
// annotations (they are half of the bytes). Values.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "crds/base/field_errors.h"
#include "crds/base/key.h"
#include "crds/base/labels.h"

namespace fairlead {

class JsonNode;  // crds/base/json.h; every Parse takes one

// Seconds since the epoch, as in metadata.creationTimestamp (RFC 3339, whole seconds, UTC).
struct Timestamp {
  int64_t seconds = 0;
  static bool Parse(std::string_view rfc3339, Timestamp* out);  // accepts fractions and offsets
  std::string ToString() const;                                 // "2026-11-21T04:05:06Z"
  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  bool controller = false;
  friend bool operator==(const OwnerReference&, const OwnerReference&) = default;
};

// The one field manager by which we write into objects of users: the label istio.io/use-waypoint on Services
// and ServiceEntries, where the workspace asks for it (docs/tenancy.md).
inline constexpr std::string_view kWaypointManager = "fairlead/waypoints";

// What metadata.managedFields says that kWaypointManager applied to the object.
enum class OwnFields : unsigned char { kNone, kUseWaypoint, kOther };
// Of its entry's fieldsV1, as text.
OwnFields OwnFieldsIn(std::string_view fields);

struct ObjectMeta {
  std::string name;
  std::string ns;  // empty for cluster-scoped objects
  std::string uid;
  std::string resource_version;
  int64_t generation = 0;
  Timestamp created;
  bool deleting = false;  // deletionTimestamp is set
  Labels labels;
  Labels annotations;  // only fairlead.dev/*, *.istio.io/* and istio.io/*, gateway.networking.k8s.io/*
  std::vector<OwnerReference> owners;
  OwnFields own_fields = OwnFields::kNone;

  NamespacedName nn() const { return {ns, name}; }
  friend bool operator==(const ObjectMeta&, const ObjectMeta&) = default;
};

enum class ConditionStatus : unsigned char { kTrue, kFalse, kUnknown };
std::string_view ToString(ConditionStatus status);  // "True"

// metav1.Condition. Equality ignores last_transition: a status that differs in time only is not written.
struct Condition {
  std::string type;
  ConditionStatus status = ConditionStatus::kUnknown;
  std::string reason;
  std::string message;
  int64_t observed_generation = 0;
  Timestamp last_transition;

  friend bool operator==(const Condition& a, const Condition& b) {
    return a.type == b.type && a.status == b.status && a.reason == b.reason && a.message == b.message &&
           a.observed_generation == b.observed_generation;
  }
};

// An object that cannot be used. It travels on in the place of the object, so that its status can say what is
// wrong.
struct Invalid {
  ObjectKey key;
  ObjectMeta meta;
  std::vector<FieldError> errors;
  std::string
      status;  // of our own kinds: JSON of `status` as the API server has it, to compare before a write
  friend bool operator==(const Invalid&, const Invalid&) = default;
};

// The result of a Parse: the validated value, or what is wrong with it; warnings in either case.
template <class T>
struct Parsed {
  std::variant<T, Invalid> result;
  std::vector<FieldError> warnings;

  bool ok() const { return result.index() == 0; }
  const T& value() const& { return std::get<0>(result); }
  T&& value() && { return std::get<0>(std::move(result)); }
  const Invalid& invalid() const& { return std::get<1>(result); }
};

}  // namespace fairlead
