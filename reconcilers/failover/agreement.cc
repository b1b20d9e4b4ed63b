#include "reconcilers/failover/agreement.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "crds/base/json_write.h"
#include "reconcilers/failover/members.h"
#include "reconcilers/failover/winner.h"
#include "reconcilers/lower/ports.h"
#include "reconcilers/policy/resolver.h"
#include "reconcilers/status/losses.h"
#include "reconcilers/store/remotes.h"

namespace fairlead::reconcilers::failover {
namespace {

constexpr size_t kNamed = 3;      // differences in a message
constexpr size_t kLookedAt = 64;  // targets

bool IsPlain(const Json::Value& value) { return !value.isObject() && !value.isArray(); }

std::string Text(const Json::Value& value) {
  if (value.isNull()) return "not set";
  return value.isString() ? value.asString() : WriteJson(value);
}

// What is asked, without for whom.
Json::Value Asked(const api::FailoverPolicy& policy) {
  Json::Value out = api::SpecToJson(policy);
  for (const char* member : {"targetRefs", "targetSelectors", "scope", "mode", "drill"})
    out.removeMember(member);
  return out;
}

using Attachment = FailoverAttachments::Attachment;

// Where the policy stands at the Service, if it does.
void Attach(const Ptr<api::FailoverPolicy>& policy, const core::Service& service,
            std::vector<Attachment>* out) {
  for (const api::TargetRef& ref : policy->targets.refs) {
    if (ref.kind == Kind::kService && ref.name == service.meta.name && policy->meta.ns == service.meta.ns)
      out->push_back({policy, ref.section_name.value_or(""), Level::kService});
  }
  if (Selects(*policy, Kind::kService, service.meta.labels))
    out->push_back({policy, "", SelectedLevel(policy->targets.scope)});
}

bool AskTheSame(const api::FailoverPolicy& a, const api::FailoverPolicy& b) {
  return std::tie(a.localities, a.priority_labels, a.min_healthy_percent, a.outlier_detection) ==
         std::tie(b.localities, b.priority_labels, b.min_healthy_percent, b.outlier_detection);
}

// "cluster west: FailoverPolicy shop/near has spec.minHealthyPercent 50, here 70, for Service shop/ratings"
std::string Describe(const std::string& cluster, const api::FailoverPolicy& there,
                     const FieldDifference& difference, const ObjectKey& service) {
  std::string out =
      "cluster " + cluster + ": FailoverPolicy " + there.meta.nn().ToString() + " has " + difference.path;
  if (difference.here.empty() || difference.there.empty()) {
    out += " otherwise than here,";
  } else {
    out += " " + difference.there + ", here " + difference.here + ",";
  }
  return out + " for " + service.ToString();
}

void Compare(const View& view, const api::FailoverPolicy& policy, const Target& target,
             std::set<std::string>* out) {
  const auto own =
      target.service.kind == Kind::kService ? view.tables.Get<core::Service>(target.service.nn()) : nullptr;
  if (own == nullptr || !IsGlobal(*own)) return;
  for (const auto& [name, cluster] : view.remotes.clusters()) {
    if (cluster.status.state == RemoteState::kConnecting) continue;
    const auto there = cluster.tables.Get<core::Service>(own->meta.nn());
    if (there == nullptr || !IsGlobal(*there) || !ExcludedBy(view, own->meta.ns, name).empty()) continue;
    for (const PortInfo& port : PortsOf(*there)) {
      if (std::find(target.ports.begin(), target.ports.end(), port.port) == target.ports.end()) continue;
      const Ptr<api::FailoverPolicy> winner = WinnerThere(view, cluster, *there, port.name);
      if (winner == nullptr) continue;
      if (AskTheSame(policy, *winner)) continue;  // without printing either
      if (const auto difference = FirstDifference("spec", Asked(policy), Asked(*winner)))
        out->insert(Describe(name, *winner, *difference, target.service));
    }
  }
}

}  // namespace

std::optional<FieldDifference> FirstDifference(const std::string& path, const Json::Value& here,
                                               const Json::Value& there) {
  if (here == there) return std::nullopt;
  if (here.isObject() && there.isObject()) {
    std::set<std::string> members;
    for (const Json::Value* value : {&here, &there}) {
      for (std::string& member : value->getMemberNames()) members.insert(std::move(member));
    }
    for (const std::string& member : members) {
      if (auto found = FirstDifference(path + "." + member, here[member], there[member])) return found;
    }
  }
  if (here.isArray() && there.isArray()) {
    for (Json::ArrayIndex i = 0; i < std::min(here.size(), there.size()); ++i) {
      if (auto found = FirstDifference(path + "[" + std::to_string(i) + "]", here[i], there[i])) return found;
    }
  }
  if (IsPlain(here) && IsPlain(there)) return FieldDifference{path, Text(here), Text(there)};
  return FieldDifference{path, "", ""};
}

Ptr<api::FailoverPolicy> WinnerThere(const View& view, const RemoteCluster& cluster,
                                     const core::Service& service, const std::string& port_name) {
  std::vector<Attachment> attachments;
  const auto attach = [&](const Ptr<api::FailoverPolicy>& policy) { Attach(policy, service, &attachments); };
  cluster.tables.ForEachIn<api::FailoverPolicy>(service.meta.ns, attach);
  const auto attach_of = [&](const std::string& ns, api::Scope scope) {
    if (ns == service.meta.ns) return;
    cluster.tables.ForEachIn<api::FailoverPolicy>(ns, [&](const Ptr<api::FailoverPolicy>& policy) {
      if (policy->targets.scope == scope) attach(policy);
    });
  };
  for (const std::string& ns : view.membership.NamespacesOf(view.membership.WorkspaceOf(service.meta.ns)))
    attach_of(ns, api::Scope::kWorkspace);
  attach_of(view.options.root_namespace, api::Scope::kMesh);
  return BestOf(attachments, port_name);
}

std::optional<Condition> AgreementOf(const View& view, const api::FailoverPolicy& policy,
                                     const std::vector<Target>& targets) {
  std::set<std::string> found;
  if (view.remotes.clusters().empty()) return std::nullopt;
  for (size_t i = 0; i < std::min(targets.size(), kLookedAt); ++i) Compare(view, policy, targets[i], &found);
  if (found.empty()) return std::nullopt;
  Condition out;
  out.type = "Consistent";
  out.status = ConditionStatus::kFalse;
  out.reason = "DiffersInCluster";
  out.message = JoinBounded({found.begin(), found.end()}, "; ", kNamed);
  return out;
}

}  // namespace fairlead::reconcilers::failover
