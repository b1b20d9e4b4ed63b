#include "reconcilers/lint/candidate.h"

#include <algorithm>

#include "crds/base/names.h"
#include "reconcilers/lint/collect.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/policy/fields.h"
#include "reconcilers/policy/resolver.h"
#include "reconcilers/tenancy/claims.h"

namespace fairlead::reconcilers {
namespace {

constexpr size_t kMaxFields = 3;  // named in a message

std::string FieldOf(size_t ref) { return "spec.targetRefs[" + std::to_string(ref) + "]"; }

// The fields that both set: "spec.timeouts.request, spec.retries.attempts"; empty: none.
std::string SharedFields(const api::RetryTimeoutPolicy& a, const api::RetryTimeoutPolicy& b) {
  const FieldSet x = FieldsOf(a), y = FieldsOf(b);
  std::string out;
  size_t count = 0;
  for (size_t i = 0; i < kPolicyFieldCount; ++i) {
    const auto field = static_cast<PolicyField>(i);
    if (!x.Has(field) || !y.Has(field)) continue;
    if (++count <= kMaxFields) out += (out.empty() ? "" : ", ") + std::string(PathOf(field));
  }
  return count > kMaxFields ? out + " and " + std::to_string(count - kMaxFields) + " more" : out;
}

void Rivals(const World& world, const ObjectKey& key, const api::RetryTimeoutPolicy& policy,
            const Placement& placement, const std::string& field, Findings* out) {
  for (const Attachment& other : world.view().attachments.At(placement.target)) {
    const bool level = other.level == placement.level && other.section == placement.section &&
                       other.policy->targets.mode == policy.targets.mode;
    if (other.key() == key || !level) continue;
    const std::string shared = SharedFields(policy, *other.policy);
    if (shared.empty()) continue;
    out->Add(LintCode::kConflict, key, field,
             placement.target.ToString() + ": " + other.key().ToString() + " sets " + shared +
                 " too, and the older of the two has its way",
             "merge the two policies, or let one name a nearer target");
  }
}

// False: it does not exist.
bool Exists(const World& world, const ObjectKey& key, const ObjectKey& target, const std::string& field,
            Findings* out) {
  if (world.view().tables.MetaOf(target) != nullptr) return true;
  out->Add(LintCode::kTargetNotFound, key, field, target.ToString() + ": it does not exist");
  return false;
}

void LintPolicy(const World& world, const ObjectKey& key, const api::RetryTimeoutPolicy& policy,
                Findings* out) {
  if (!LintAlone(world.view(), key, policy, out)) return;
  const std::vector<Placement> placements = PlacementsOf(world.view(), policy);
  if (placements.empty()) AddNothingSelected(key, policy.targets.scope, out);
  for (size_t i = 0; i < policy.targets.refs.size(); ++i) {
    const Placement& placement = placements[i];  // what is named comes first, in its order
    if (!Exists(world, key, placement.target, FieldOf(i), out)) continue;
    const auto service = world.services().find(placement.target);
    if (service != world.services().end() && !service->second->waypoint) {
      out->Add(LintCode::kNoWaypoint, key, FieldOf(i),
               placement.target.ToString() + ": " + service->second->waypoint_problem);
    }
    Rivals(world, key, policy, placement, FieldOf(i), out);
  }
}

// Namespaces that it claims and that belong to an older Workspace.
void LintClaims(const World& world, const ObjectKey& key, const api::Workspace& workspace, Findings* out) {
  const View& view = world.view();
  const bool stored = view.tables.Find(key) != nullptr;
  const auto age = [](const ObjectMeta& meta) { return std::pair(meta.created, meta.name); };
  for (const auto& [ns, holder] : NamespacesOfOthers(view, workspace)) {
    const Ptr<ResolvedWorkspace> other = view.tenancy.Find(holder);
    if (stored && age(workspace.meta) < age(other->workspace->meta)) continue;
    AddOverlap(key.name, ns, holder, out);
  }
}

}  // namespace

std::vector<Finding> LintCandidate(const World& world, const AnyObject& object) {
  Findings findings;
  const ObjectKey key = KeyOf(object);
  if (const auto* policy = std::get_if<Ptr<api::RetryTimeoutPolicy>>(&object)) {
    LintPolicy(world, key, **policy, &findings);
  } else if (const auto* failover = std::get_if<Ptr<api::FailoverPolicy>>(&object)) {
    const auto& refs = (*failover)->targets.refs;
    for (size_t i = 0; i < refs.size(); ++i) {
      Exists(world, key, {refs[i].kind, key.ns, refs[i].name}, FieldOf(i), &findings);
    }
  } else if (const auto* workspace = std::get_if<Ptr<api::Workspace>>(&object)) {
    LintClaims(world, key, **workspace, &findings);
  }
  LintNotCarriedOut(object, &findings);
  return findings.Take();
}

}  // namespace fairlead::reconcilers
