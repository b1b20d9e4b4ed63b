#include "reconcilers/rights/change.h"

#include <algorithm>

#include "reconcilers/words.h"

namespace fairlead::reconcilers {
namespace {

void Add(RightsTarget target, std::vector<RightsTarget>* out) {
  const bool known =
      std::any_of(out->begin(), out->end(), [&](const RightsTarget& t) { return t.name == target.name; });
  if (!known) out->push_back(std::move(target));
}

void AddTargets(const api::PolicyTargets& targets, const std::string& ns, const LabelsOf& labels_of,
                std::vector<RightsTarget>* out) {
  for (const api::TargetRef& ref : targets.refs) {
    const ObjectKey key{ref.kind, ns, ref.name};
    const std::optional<Labels> labels = labels_of(key);
    Add({key.ToString(), labels.value_or(Labels()), labels.has_value()}, out);
  }
  for (const api::TargetSelector& selector : targets.selectors) {
    const std::string which =
        selector.selector.empty() ? "all" : "those that match " + InWords(selector.selector);
    Add({std::string(ToString(selector.kind)) + "s: " + which, selector.selector}, out);
  }
}

// What the visitors see of one side.
struct Side {
  const LabelsOf& labels_of;
  PolicyChange* change;
  Json::Value* object;

  template <class T>
  void operator()(const Ptr<T>& policy) const {
    if constexpr (requires { policy->targets; }) {
      (*object)["spec"] = SpecToJson(*policy);
      AddTargets(policy->targets, policy->meta.ns, labels_of, &change->targets);
    } else if constexpr (std::is_same_v<T, api::WorkspaceSettings>) {
      (*object)["spec"] = SpecToJson(*policy);
    }
  }
};

}  // namespace

bool HasRights(Kind kind) {
  return kind == Kind::kRetryTimeoutPolicy || kind == Kind::kFailoverPolicy ||
         kind == Kind::kWorkspaceSettings;
}

void AddNamedTargets(const AnyObject& object, std::vector<ObjectKey>* out) {
  std::visit(
      [out](const auto& policy) {
        if constexpr (requires { policy->targets.refs; }) {
          for (const api::TargetRef& ref : policy->targets.refs)
            out->push_back({ref.kind, policy->meta.ns, ref.name});
        }
      },
      object);
}

PolicyChange ChangeOf(const AnyObject* before, const AnyObject* after, const LabelsOf& labels_of) {
  const AnyObject& newest = after != nullptr ? *after : *before;
  const ObjectKey key = KeyOf(newest);
  PolicyChange out{.kind = key.kind, .ns = key.ns, .name = key.name};
  out.reason = ReasonIn(MetaOf(newest).annotations.Get(kBreakGlass));
  if (before != nullptr) std::visit(Side{labels_of, &out, &out.before}, *before);
  if (after != nullptr) std::visit(Side{labels_of, &out, &out.after}, *after);
  return out;
}

}  // namespace fairlead::reconcilers
