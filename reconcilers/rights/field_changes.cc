#include "reconcilers/rights/field_changes.h"

#include <algorithm>
#include <span>
#include <utility>

#include "crds/api/failover_policy.h"
#include "crds/api/retry_timeout_policy.h"
#include "crds/api/workspace.h"

namespace fairlead::reconcilers {
namespace {

constexpr std::string_view kPlacement[] = {"spec.targetRefs", "spec.targetSelectors", "spec.scope",
                                           "spec.mode"};

bool IsPlacement(std::string_view path) {
  return std::find(std::begin(kPlacement), std::end(kPlacement), path) != std::end(kPlacement);
}

// An object that sets nothing: what is not there is compared with it.
const Json::Value& Unset(Kind kind) {
  static const Json::Value failover = ToJson(api::FailoverPolicy());
  static const Json::Value settings = ToJson(api::WorkspaceSettings());
  static const Json::Value none(Json::objectValue);
  return kind == Kind::kFailoverPolicy ? failover : kind == Kind::kWorkspaceSettings ? settings : none;
}

using Fields = std::span<const api::PolicyField>;

// Its children follow it.
bool IsParent(Fields rest) {
  return rest.size() > 1 && rest[1].kind == rest[0].kind && api::IsWithin(rest[1].path, rest[0].path);
}

Fields AfterChildren(Fields rest) {
  size_t i = 1;
  while (i < rest.size() && rest[i].kind == rest[0].kind && api::IsWithin(rest[i].path, rest[0].path)) ++i;
  return rest.subspan(i);
}

}  // namespace

const Json::Value& ValueAt(const Json::Value& object, std::string_view path) {
  const Json::Value* at = &object;
  while (!path.empty() && at->isObject()) {
    const size_t dot = std::min(path.find('.'), path.size());
    at = at->find(path.data(), path.data() + dot);
    if (at == nullptr) return Json::Value::nullSingleton();
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return path.empty() ? *at : Json::Value::nullSingleton();
}

bool SamePlacement(const Json::Value& before, const Json::Value& after) {
  if (before.isNull() || after.isNull()) return false;
  return std::all_of(std::begin(kPlacement), std::end(kPlacement),
                     [&](std::string_view path) { return ValueAt(before, path) == ValueAt(after, path); });
}

std::vector<FieldChange> FieldChanges(Kind kind, const Json::Value& before, const Json::Value& after) {
  const Json::Value& unset = Unset(kind);
  const Json::Value& old = before.isNull() ? unset : before;
  const Json::Value& now = after.isNull() ? unset : after;
  const bool moved = !SamePlacement(before, after);
  std::vector<FieldChange> out;
  for (Fields rest = api::PolicyFields(); !rest.empty();) {
    const api::PolicyField& field = rest.front();
    const bool parent = IsParent(rest);
    const Fields all = std::exchange(rest, rest.subspan(1));
    if (field.kind != kind || IsPlacement(field.path)) continue;
    const Json::Value &was = ValueAt(old, field.path), &is = ValueAt(now, field.path);
    const Json::Value& none = ValueAt(unset, field.path);
    if (parent) {
      // Written as {}: it configures, without any field in it.
      const auto bare = [](const Json::Value& value) { return value.isObject() && value.empty(); };
      const bool differs = was.isNull() != is.isNull() || moved;
      if (differs && (bare(was) || bare(is))) out.push_back({std::string(field.path), field.type, was, is});
      if (was.isNull() && is.isNull() && none.isNull()) rest = AfterChildren(all);
    } else if (was != is || (moved && was != none)) {
      out.push_back({std::string(field.path), field.type, was, is});
    }
  }
  return out;
}

}  // namespace fairlead::reconcilers
