// AuthorizationPolicy as ztunnel and waypoints enforce it: what it says of a caller, and what it leaves to
// the request.
//
// Who calls: access.h. Read leniently, as the API server took it. At a ztunnel: an ALLOW rule with a
// condition on requests lets nobody in; a DENY rule denies nothing where a clause of it (from, to, one of
// when) has no condition that ztunnel knows; CUSTOM and AUDIT do nothing. At a waypoint, which knows
// requests, such a condition is Maybe: it is never guessed. Addresses are Maybe at both. Values; pure.
//
//   const auto policy = ReadPolicy(node, "cluster.local");
//   Matches(*policy, Enforcer::kZtunnel, Source{.ns = "shop", .account = "web"}, 8080)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crds/base/json.h"
#include "crds/base/key.h"
#include "crds/base/labels.h"

namespace fairlead::reconcilers::preview {

enum class Truth : unsigned char { kNo, kMaybe, kYes };
inline Truth And(Truth a, Truth b) { return a < b ? a : b; }
inline Truth Or(Truth a, Truth b) { return a < b ? b : a; }
inline Truth Not(Truth a) { return static_cast<Truth>(2 - static_cast<int>(a)); }

// Stands for any text that no policy names: "~" is in no name that Kubernetes takes.
inline constexpr char kAnyOther[] = "~";

// Who calls, as a certificate says it. Empty ns: in plain text, so without an identity.
struct Source {
  std::string ns = kAnyOther;
  std::string account = kAnyOther;
  bool plain() const { return ns.empty(); }
  friend auto operator<=>(const Source&, const Source&) = default;
};
inline Source PlainText() { return {"", ""}; }
// Whether a namespace is among those that a Source means, be it by a pattern.
bool IsMeant(const std::string& ns, const Source& source);

// Texts of one field: names, or patterns with "*" at one end.
struct Texts {
  std::vector<std::string> exact;  // sorted
  std::vector<std::string> patterns;
  bool empty() const { return exact.empty() && patterns.empty(); }
  bool Has(std::string_view value) const;
  friend bool operator==(const Texts&, const Texts&) = default;
};

// One source, operation or condition: all of it must hold.
struct Condition {
  Texts namespaces, not_namespaces, principals, not_principals;
  std::vector<Source> accounts, not_accounts;
  std::vector<uint16_t> ports, not_ports;
  bool of_addresses = false;  // some of it is about addresses
  bool of_requests = false;   // some of it is about requests
  bool EmptyAtL4() const;
  friend bool operator==(const Condition&, const Condition&) = default;
};

struct AuthorizationPolicy {
  enum class Action : unsigned char { kAllow, kDeny, kCustom, kAudit };
  struct Target {
    std::string group, kind, ns, name;
    friend bool operator==(const Target&, const Target&) = default;
  };
  using Clause = std::vector<Condition>;  // one of them must hold
  struct Rule {
    std::vector<Clause> clauses;  // each of them must hold; none: it matches whatever comes
    bool of_requests = false;
    friend bool operator==(const Rule&, const Rule&) = default;
  };
  NamespacedName name;
  std::string trust_domain;  // of the callers that it is asked about
  Action action = Action::kAllow;
  bool dry_run = false;
  bool at_waypoint = false;  // names targets
  std::vector<Target> targets;
  Labels selector;
  std::vector<Rule> rules;
  friend bool operator==(const AuthorizationPolicy&, const AuthorizationPolicy&) = default;

  bool does_nothing() const { return dry_run || action == Action::kAudit; }
  bool of_ports() const;
  bool depends() const;  // on requests or addresses
};

// nullopt: it has no name. `trust_domain`: that of the mesh, and so of its callers.
std::optional<AuthorizationPolicy> ReadPolicy(const JsonNode& object, std::string_view trust_domain);

enum class Enforcer : unsigned char { kZtunnel, kWaypoint };

// Whether some rule matches. Port 0: not known.
Truth Matches(const AuthorizationPolicy& policy, Enforcer at, const Source& source, uint16_t port);

// What all policies of a place say together.
Truth Passes(const std::vector<const AuthorizationPolicy*>& policies, Enforcer at, const Source& source,
             uint16_t port);

// The callers that the policy tells apart from all others; kAnyOther stands for the rest of a name.
void AddMentions(const AuthorizationPolicy& policy, std::vector<Source>* out);

}  // namespace fairlead::reconcilers::preview
