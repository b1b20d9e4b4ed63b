// Access: who may call which service, by isolation and AuthorizationPolicies, as the data plane enforces
// them.
//
// Who calls: the preview of a change, the graph. Without a waypoint the pods decide, by the caller's
// identity; with one the waypoint decides by the caller's and the pods by the waypoint's. A policy without
// targets holds at the pods of its namespace that it selects, in the root namespace at all pods. Judged as if
// every caller and pod were in the mesh. Callers that no policy tells apart are one. Values that refer to the
// table of policies, which must outlive them; pure.
//
//   PolicyTable table;
//   const AccessModel access = AccessOf(world.view(), ids, &table);
//   for (const Way& way : access.ways) Ask(table, way, {"pay", "default"}, way.ports.front());
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "reconcilers/lower/view.h"
#include "reconcilers/preview/authorization.h"
#include "reconcilers/tenancy/owned_object.h"

namespace fairlead::reconcilers::preview {

// Every policy once: equal ones of two states have the same number. Numbers of one name differ if it differs.
class PolicyTable {
 public:
  struct Entry {
    AuthorizationPolicy policy;
    std::vector<Source> mentions;  // sorted
    bool of_ports = false, depends = false;
  };
  int Add(AuthorizationPolicy policy);
  const Entry& At(int id) const { return entries_[static_cast<size_t>(id)]; }

 private:
  std::map<NamespacedName, std::vector<int>> by_name_;
  std::vector<Entry> entries_;
};

enum class Answer : unsigned char {
  kNo,
  kDepends,  // on the request, or on an address
  kSome,     // some of its pods let the caller in
  kYes,
};
std::string_view ToString(Answer answer);  // "no", "depends on request or address", …

struct WayPort {
  uint16_t port = 0;    // of the service
  uint16_t target = 0;  // of the pods; 0: a name, or not the same at all
  friend auto operator<=>(const WayPort&, const WayPort&) = default;
};

// A way to a service: its callers' own, or around its waypoint, straight to the pods.
struct Way {
  ObjectKey service;
  bool around = false;    // straight to the pods, though the service has a waypoint
  bool waypoint = false;  // through one
  Source waypoint_account;
  std::vector<int> at_waypoint;           // policies, sorted
  std::vector<std::vector<int>> at_pods;  // of each sort of pod; sorted
  std::vector<WayPort> ports;             // sorted
  friend bool operator==(const Way&, const Way&) = default;
};

struct AccessModel {
  std::map<std::pair<ObjectKey, bool>, Way> ways;  // by service, and whether around its waypoint
  std::set<std::string> namespaces;                // that the state knows
};

// `policies`: all of the state, those of isolation among them.
AccessModel AccessOf(const View& view, const std::vector<int>& policies, const PolicyTable& table);

// The AuthorizationPolicies among what workspaces lower to.
std::vector<AuthorizationPolicy> PoliciesAmong(const std::vector<OwnedObject>& objects,
                                               std::string_view trust_domain);

Answer Ask(const PolicyTable& table, const Way& way, const Source& source, const WayPort& port);

bool OfPorts(const PolicyTable& table, const Way& way);  // ports may differ in who may call
std::vector<int> PoliciesOf(const Way& way);             // sorted, each once
// Callers that may differ from all others; sorted, without plain text and without Source().
std::vector<Source> MentionsOf(const PolicyTable& table, const Way& way);

}  // namespace fairlead::reconcilers::preview
