#include "reconcilers/native/isolation.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "crds/base/meta_json.h"
#include "reconcilers/reach/foreign.h"

namespace fairlead::reconcilers {
namespace {

constexpr char kSecurity[] = "security.istio.io/v1";
constexpr char kAuthorizationPolicy[] = "AuthorizationPolicy";
constexpr char kName[] = "fairlead-isolation";

using Names = std::set<std::string>;

// Who is admitted: callers of these namespaces, and these accounts.
struct Admitted {
  Names namespaces;
  std::set<ServiceAccount> accounts;
  friend bool operator==(const Admitted&, const Admitted&) = default;
};

std::string HashOf(const Labels& labels) {
  uint64_t hash = 14695981039346656037u;  // FNV-1a
  const auto add_one = [&hash](char c) { hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u; };
  const auto add = [&](std::string_view text) {
    std::for_each(text.begin(), text.end(), add_one);
    add_one('\n');
  };
  for (const auto& [key, value] : labels) {
    add(key);
    add(value);
  }
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[hash >> shift & 15];
  return out;
}

// Whether a pod may be selected by both.
bool Overlap(const Labels& a, const Labels& b) {
  if (a.empty() || b.empty()) return false;
  return std::all_of(a.begin(), a.end(), [&](const auto& label) {
    const auto other = b.Find(label.first);
    return !other || *other == label.second;
  });
}

// Whether whatever `narrow` selects, `wide` selects too.
bool Within(const Labels& narrow, const Labels& wide) {
  return std::all_of(wide.begin(), wide.end(),
                     [&](const auto& label) { return narrow.Find(label.first) == label.second; });
}

class Lowering {
 public:
  Lowering(const ResolvedWorkspace& workspace, const IsolationView& view)
      : workspace_(workspace), view_(view) {
    for (const IsolatedService& service : view.services) {
      if (workspace.namespaces.count(service.name.ns) > 0)
        services_[service.name.ns].push_back({service, ImportersOf(service)});
    }
  }

  Isolation Run() {
    for (const std::string& ns : workspace_.namespaces) LowerNamespace(ns);
    LowerGateways();
    SortOwned(&out_.objects);
    return std::move(out_);
  }

 private:
  struct Member {
    const IsolatedService& service;
    Names importers;
  };
  const std::vector<Member>& ServicesIn(const std::string& ns) const {
    static const std::vector<Member> kNone;
    const auto at = services_.find(ns);
    return at == services_.end() ? kNone : at->second;
  }
  const Names& NamespacesOf(const std::string& importer) const {
    static const Names kNone;
    const auto at = view_.namespaces_of.find(importer);
    return at == view_.namespaces_of.end() ? kNone : at->second;
  }
  Names ImportersOf(const IsolatedService& service) const {
    Names out;
    for (const auto& [user, consent] : workspace_.exports) {
      if (consent->Shares(Kind::kService, service.name, service.labels)) out.insert(user);
    }
    return out;
  }
  // The workspace itself, ingress, and these importers.
  Admitted Admit(const Names& importers) const {
    Admitted out{workspace_.namespaces, view_.ingress};
    for (const std::string& importer : importers) {
      const Names& more = NamespacesOf(importer);
      out.namespaces.insert(more.begin(), more.end());
    }
    return out;
  }

  // Without a waypoint between.
  static bool IsReached(const IsolatedService& service) { return !service.waypoint || service.released; }

  void LowerNamespace(const std::string& ns) {
    Names reaching;  // importers that reach pods of this namespace without a waypoint between
    std::set<ServiceAccount> waypoints;
    for (const auto& [service, importers] : ServicesIn(ns)) {
      if (IsReached(service)) reaching.insert(importers.begin(), importers.end());
      for (const auto& waypoint : {service.waypoint, service.next}) {
        if (waypoint && workspace_.namespaces.count(waypoint->ns) == 0) waypoints.insert(*waypoint);
      }
      if (!service.waypoint && !service.next) continue;
      Add(ns, std::string(kName) + ".service." + service.name.name, Admit(importers),
          Target("", "Service", service.name.name));
    }
    Admitted all = Admit(reaching);
    all.accounts.insert(waypoints.begin(), waypoints.end());
    Add(ns, kName, all, {});
    if (reaching.empty()) return;
    for (const Member& member : ServicesIn(ns)) LowerWorkloads(member.service, waypoints, all);
  }

  // The pods of a service, where fewer may reach them than their namespace.
  void LowerWorkloads(const IsolatedService& service, const std::set<ServiceAccount>& waypoints,
                      const Admitted& all) {
    if (service.selector.empty()) return;
    Names admitted;
    for (const auto& [other, importers] : ServicesIn(service.name.ns)) {
      if (!IsReached(other) || importers.empty() || !Overlap(service.selector, other.selector)) continue;
      admitted.insert(importers.begin(), importers.end());
      if (Within(service.selector, other.selector)) continue;
      for (const std::string& importer : importers) out_.limits.insert({service.name, other.name, importer});
    }
    Admitted some = Admit(admitted);
    some.accounts.insert(waypoints.begin(), waypoints.end());
    if (some == all) return;
    Json::Value where(Json::objectValue);
    where["selector"]["matchLabels"] = ToJson(service.selector);
    Add(service.name.ns,
        std::string(kName) + ".workload." + service.name.name + "." + HashOf(service.selector), some, where);
  }

  Names ImportersBehind(const IsolatedWaypoint& waypoint) const {
    Names out;
    for (const auto& [ns, members] : services_) {
      for (const Member& member : members) {
        if (member.service.waypoint == waypoint.account || member.service.next == waypoint.account)
          out.insert(member.importers.begin(), member.importers.end());
      }
    }
    return out;
  }

  // What a waypoint of ours serves next is closed before its own policy is written: to strangers, and to
  // importers that nothing behind this waypoint is for.
  void LowerGateways() {
    for (const IsolatedWaypoint& waypoint : view_.waypoints) {
      if (waypoint.shared || workspace_.namespaces.count(waypoint.gateway.ns) == 0) continue;
      const Names importers = ImportersBehind(waypoint);
      Add(waypoint.gateway.ns, std::string(kName) + ".gateway." + waypoint.gateway.name, Admit(importers),
          Target("gateway.networking.k8s.io", "Gateway", waypoint.gateway.name));
    }
  }

  static Json::Value Target(const std::string& group, const std::string& kind, const std::string& name) {
    Json::Value ref(Json::objectValue), out(Json::objectValue);
    ref["group"] = group;
    ref["kind"] = kind;
    ref["name"] = name;
    out["targetRefs"].append(ref);
    return out;
  }

  // Refuses all but the admitted, at the objects that `where` says.
  void Add(const std::string& ns, const std::string& name, const Admitted& admitted, Json::Value where) {
    OwnedObject out{kSecurity, kAuthorizationPolicy, ns, name, {}};
    const bool enforced = workspace_.workspace->isolation == api::Isolation::kEnforced;
    if (!enforced && view_.dry_run) out.object["metadata"]["annotations"][std::string(kDryRun)] = "true";
    Json::Value& spec = out.object["spec"] =
        where.isNull() ? Json::Value(Json::objectValue) : std::move(where);
    spec["action"] = enforced || view_.dry_run ? "DENY" : "AUDIT";
    Json::Value from(Json::objectValue), rule(Json::objectValue);
    Json::Value& source = from["source"];
    source["notNamespaces"] =
        ToJson(std::vector<std::string>(admitted.namespaces.begin(), admitted.namespaces.end()));
    for (const ServiceAccount& account : admitted.accounts)
      source["notPrincipals"].append(view_.trust_domain + "/ns/" + account.ns + "/sa/" + account.name);
    rule["from"].append(from);
    spec["rules"].append(rule);
    Own(workspace_.name(), &out);
    out_.objects.push_back(std::move(out));
  }

  const ResolvedWorkspace& workspace_;
  const IsolationView& view_;
  std::map<std::string, std::vector<Member>> services_;  // by namespace
  Isolation out_;
};

}  // namespace

Isolation LowerIsolation(const ResolvedWorkspace& workspace, const IsolationView& view) {
  if (workspace.workspace->isolation == api::Isolation::kOff) return {};
  return Lowering(workspace, view).Run();
}

}  // namespace fairlead::reconcilers
