#include "reconcilers/rights/grants.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "crds/api/retry_timeout_policy.h"
#include "crds/base/duration.h"
#include "reconcilers/store/membership.h"
#include "reconcilers/words.h"

namespace fairlead::reconcilers {
namespace {

constexpr char kRetries[] = "spec.retries";
constexpr std::string_view kTimeouts = "spec.timeouts";

// A value or a limit as a number: milliseconds of a duration. nullopt: it is neither.
std::optional<int64_t> Size(const Json::Value& value) {
  if (value.isInt64()) return value.asInt64();
  if (!value.isString()) return std::nullopt;
  const Result<Duration> duration = Duration::Parse(value.asString());
  return duration ? std::optional(duration->milliseconds()) : std::nullopt;
}
int64_t SizeOf(const std::string& limit) {
  const Result<Duration> duration = Duration::Parse(limit);
  return duration ? duration->milliseconds() : std::stoll(limit);
}

std::string TextOf(const Json::Value& value) {
  return value.isString() ? value.asString() : value.isInt64() ? std::to_string(value.asInt64()) : "";
}

// What holds where a policy with retries leaves the field out, and no other policy sets it.
Json::Value DefaultOf(std::string_view path) {
  using D = api::RetryDefaults;
  if (path == "spec.retries.attempts") return D::kAttempts;
  if (path == "spec.retries.backoff.base") return D::kBackoffBase.ToString();
  if (path == "spec.retries.backoff.max") return D::kBackoffMax.ToString();
  if (path == "spec.retries.budget.percent") return D::kBudgetPercent;
  if (path == "spec.retries.budget.minPerSecond") return D::kBudgetMinPerSecond;
  return {};
}

std::string Beyond(const std::string& path, const Json::Value& value, const api::Bound& bound,
                   const std::string& role, const std::string& note) {
  std::optional<int64_t> size = Size(value);
  if (!size) return "";
  // No timeout is the longest one.
  if (*size == 0 && api::IsWithin(path, kTimeouts)) size = std::numeric_limits<int64_t>::max();
  const std::string head = path + " " + TextOf(value) + note + " is ";
  if (bound.max && *size > SizeOf(*bound.max))
    return head + "above " + *bound.max + ", the most that role \"" + role + "\" grants";
  if (bound.min && *size < SizeOf(*bound.min))
    return head + "below " + *bound.min + ", the least that role \"" + role + "\" grants";
  return "";
}

template <class T, class V>
bool Has(const std::vector<T>& list, const V& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool Covers(const api::Grant& grant, const std::string& path) {
  return grant.fields.empty() || std::any_of(grant.fields.begin(), grant.fields.end(),
                                             [&](const auto& f) { return api::IsWithin(path, f); });
}

bool Within(const api::Grant& grant, const RightsTarget& target) {
  if (!grant.targets) return true;
  if (const auto* labels = std::get_if<Labels>(&target.what))
    return target.found && grant.targets->Matches(*labels);
  return Implies(std::get<LabelSelector>(target.what), *grant.targets);
}

std::vector<api::Scope> ScopesOf(const PolicyChange& change) {
  std::vector<api::Scope> out;
  for (const Json::Value* object : {&change.before, &change.after}) {
    const std::string text = TextOf(ValueAt(*object, "spec.scope"));
    for (api::Scope scope : {api::Scope::kWorkspace, api::Scope::kMesh})
      if (text == api::ToString(scope)) out.push_back(scope);
  }
  return out;
}

bool Overrides(const PolicyChange& change) {
  const std::string_view name = api::ToString(api::Mode::kOverride);
  return TextOf(ValueAt(change.before, "spec.mode")) == name ||
         TextOf(ValueAt(change.after, "spec.mode")) == name;
}

}  // namespace

GrantCheck::GrantCheck(const PolicyChange& change)
    : change_(change),
      moved_(!SamePlacement(change.before, change.after)),
      scopes_(ScopesOf(change)),
      overrides_(Overrides(change)),
      fields_(FieldChanges(change.kind, change.before, change.after)) {
  if (fields_.empty() && moved_) fields_.push_back({"spec", api::FieldType::kOther, {}, {}});
}

bool GrantCheck::Touches(const std::string& path) const {
  return std::any_of(fields_.begin(), fields_.end(), [&](const FieldChange& f) { return f.path == path; });
}

std::string GrantCheck::BeyondBounds(const api::WorkspaceRole& role, const api::Grant& grant,
                                     const FieldChange& field) const {
  if (change_.after.isNull()) return "";
  if (const auto at = grant.bounds.find(field.path); at != grant.bounds.end()) {
    if (std::string text = Beyond(field.path, field.after, at->second, role.name, ""); !text.empty())
      return text;
  }
  // What begins to hold with the change without being written in it.
  const bool retries = !ValueAt(change_.after, kRetries).isNull();
  const bool fresh = moved_ || (retries && ValueAt(change_.before, kRetries).isNull());
  if (!fresh) return "";
  for (const auto& [path, bound] : grant.bounds) {
    // A grant may have bounds of other kinds too.
    if (Touches(path) || api::FindPolicyField(change_.kind, path) == nullptr) continue;
    if (change_.kind == Kind::kRetryTimeoutPolicy && !retries) continue;
    Json::Value value = ValueAt(change_.after, path);
    if (value.isNull() && api::IsWithin(path, kRetries)) value = DefaultOf(path);
    if (std::string text = Beyond(path, value, bound, role.name, ", its default,"); !text.empty())
      return text;
  }
  return "";
}

std::optional<api::Scope> GrantCheck::ScopeBeyond(const api::Grant& grant) const {
  const auto beyond = std::find_if(scopes_.begin(), scopes_.end(),
                                   [&](api::Scope scope) { return !Has(grant.scopes, scope); });
  return beyond == scopes_.end() ? std::nullopt : std::optional(*beyond);
}

GrantCheck::Obstacle GrantCheck::First(const api::WorkspaceRole& role, const api::Grant& grant,
                                       const FieldChange& field, const RightsTarget* target) const {
  if (!Has(grant.kinds, ToString(change_.kind))) return Obstacle::kKind;
  if (!Covers(grant, field.path)) return Obstacle::kField;
  const auto holds_here = [&](const std::string& glob) { return GlobMatches(glob, change_.ns); };
  if (!grant.namespaces.empty() && std::none_of(grant.namespaces.begin(), grant.namespaces.end(), holds_here))
    return Obstacle::kNamespace;
  if (ScopeBeyond(grant)) return Obstacle::kScope;
  if (overrides_ && !grant.override_mode) return Obstacle::kMode;
  if (target != nullptr && !Within(grant, *target)) return Obstacle::kTarget;
  return BeyondBounds(role, grant, field).empty() ? Obstacle::kNone : Obstacle::kBounds;
}

std::string GrantCheck::InWords(const Distance& distance, const FieldChange& field) const {
  const std::string by = distance.role == nullptr ? "" : " by role \"" + distance.role->name + "\"";
  switch (distance.obstacle) {
    case Obstacle::kNone:
      return "";
    case Obstacle::kBounds:
      return BeyondBounds(*distance.role, *distance.grant, field);
    case Obstacle::kTarget:
      return field.path + " is not granted for " + distance.target->name + by +
             ", only for targets that match " + reconcilers::InWords(*distance.grant->targets) +
             (distance.target->found ? "" : ", and it does not exist");
    case Obstacle::kMode:
      return "spec.mode Override is not granted for " + field.path + by;
    case Obstacle::kScope:
      return "spec.scope " + std::string(api::ToString(*ScopeBeyond(*distance.grant))) +
             " is not granted for " + field.path + by;
    case Obstacle::kNamespace:
      return field.path + " is not granted in namespace " + change_.ns + by;
    case Obstacle::kField:
      return field.path + " is not granted";
    case Obstacle::kKind:
      return distance.role == nullptr ? field.path + " is not granted"
                                      : std::string(ToString(change_.kind)) + " is not granted";
  }
  return "";
}

GrantCheck::Distance GrantCheck::Nearest(const std::vector<const api::WorkspaceRole*>& roles,
                                         const FieldChange& field, const RightsTarget* target) const {
  Distance out;
  for (const api::WorkspaceRole* role : roles) {
    for (const api::Grant& grant : role->allow) {
      const Obstacle obstacle = First(*role, grant, field, target);
      if (out.role == nullptr || obstacle < out.obstacle) out = {obstacle, role, &grant, target};
      if (obstacle == Obstacle::kNone) return out;
    }
  }
  return out;
}

std::vector<std::string> GrantCheck::LackOf(const std::vector<const api::WorkspaceRole*>& roles) const {
  std::vector<std::string> out;
  for (const FieldChange& field : fields_) {
    Distance worst{.obstacle = Obstacle::kNone};
    if (change_.targets.empty()) worst = Nearest(roles, field, nullptr);
    for (const RightsTarget& target : change_.targets) {
      const Distance distance = Nearest(roles, field, &target);
      if (distance.obstacle > worst.obstacle) worst = distance;
    }
    if (worst.obstacle == Obstacle::kNone) continue;
    std::string text = InWords(worst, field);
    if (!Has(out, text)) out.push_back(std::move(text));
  }
  return out;
}

}  // namespace fairlead::reconcilers
