#include "reconcilers/preview/replay.h"

#include <algorithm>
#include <utility>

#include "crds/base/json_write.h"
#include "reconcilers/reach/judge.h"
#include "reconcilers/rights/change.h"
#include "reconcilers/tenancy/claims.h"

namespace fairlead::reconcilers::preview {
namespace {

// Defaults shown, of kinds of our own that can be read.
Json::Value Canonical(const Manifest& manifest, const Json::Value& raw) {
  Json::Value out = Written(raw);
  if (!manifest.object || IsInvalid(*manifest.object)) return out;
  std::visit(
      [&](const auto& ptr) {
        if constexpr (requires { api::ToJson(*ptr); }) {
          const Json::Value whole = api::ToJson(*ptr);
          if (whole.isMember("spec")) out["spec"] = whole["spec"];
        }
      },
      *manifest.object);
  return out;
}

class Replaying {
 public:
  Replaying(const PreviewInput& input, State* state) : input_(input), state_(state) {
    if (input.live) FindNewest();
  }

  Replayed Run() {
    for (const Manifest& manifest : input_.change) Apply(manifest);
    for (const ManifestId& id : input_.remove) Remove(id);
    for (auto& [id, change] : changes_) out_.objects.push_back(std::move(change));
    return std::move(out_);
  }

 private:
  // A new object is younger than all that are there.
  void FindNewest() {
    for (const Manifest& manifest : input_.base) {
      if (manifest.object) newest_ = std::max(newest_, MetaOf(*manifest.object).created.seconds);
    }
  }

  void Refuse(const Manifest& manifest, std::string rule, std::string message) {
    out_.refused.push_back({manifest.id.ToString(), manifest.place, std::move(rule), std::move(message)});
  }

  // As the API server would have it.
  Manifest Stored(const Manifest& manifest, const Manifest* before) const {
    if (!input_.live) return manifest;
    Json::Value value = ParseValue(manifest.json);
    if (before != nullptr) {
      value = Merge(ParseValue(before->json), value);
    } else {
      value["metadata"]["creationTimestamp"] = Timestamp{newest_ + 1}.ToString();
    }
    std::optional<Manifest> out = ReadManifest(WriteJson(value), manifest.id.name.ns, manifest.place);
    return out ? std::move(*out) : manifest;
  }

  void Apply(const Manifest& manifest) {
    const Manifest* before = state_->Find(manifest.id);
    if (before != nullptr && before->json == manifest.json) return;
    const Manifest after = Stored(manifest, before);
    const Json::Value raw = ParseValue(after.json);
    const Json::Value was = before == nullptr ? Json::Value() : ParseValue(before->json);
    std::vector<FieldDelta> fields;
    if (before != nullptr) {
      fields = FieldDiff(Canonical(*before, was), Canonical(after, raw));
      const bool readable =
          !before->object || !after.object || IsInvalid(*before->object) == IsInvalid(*after.object);
      if (fields.empty() && readable) return;
    }
    if (Judge(after, before)) return;
    const auto [at, fresh] = original_.try_emplace(manifest.id, was);
    const bool existed = !at->second.isNull();
    ObjectChange change{existed ? Sign::kChanged : Sign::kAdded, manifest.id, {}};
    if (existed) {
      // Against what was there at first, should the change hold the object twice.
      change.fields = fresh ? std::move(fields) : FieldDiff(Written(at->second), Written(raw));
    }
    if (existed && change.fields.empty()) {
      changes_.erase(manifest.id);
    } else {
      changes_.insert_or_assign(manifest.id, std::move(change));
    }
    state_->Put(after);
  }

  void Remove(const ManifestId& id) {
    const Manifest* before = state_->Find(id);
    if (before == nullptr) return;
    if (!JudgeRights(*before, before, nullptr)) return;
    const auto [at, fresh] = original_.try_emplace(id, ParseValue(before->json));
    if (at->second.isNull()) {
      changes_.erase(id);  // made by this very change
    } else {
      changes_.insert_or_assign(id, ObjectChange{Sign::kRemoved, id, {}});
    }
    state_->Remove(id);
  }

  // True where it is refused.
  bool Judge(const Manifest& after, const Manifest* before) {
    if (after.object) {
      if (const auto* invalid = std::get_if<Ptr<Invalid>>(&*after.object)) {
        for (const FieldError& error : (*invalid)->errors) Refuse(after, "invalid-object", error.ToString());
        return true;
      }
    }
    if (JudgeClaims(after, before)) return true;
    if (!JudgeRights(after, before, &after)) return true;
    return JudgeReach(after, before);
  }

  // A Workspace that takes a namespace from another one.
  bool JudgeClaims(const Manifest& after, const Manifest* before) {
    const auto workspace = Get<api::Workspace>(&after);
    if (workspace == nullptr) return false;
    const Ptr<api::Workspace> stored = Get<api::Workspace>(before);
    const auto taken = NamespacesOfOthers(state_->Drained().view(), *workspace, stored.get());
    for (const auto& [ns, owner] : taken)
      Refuse(after, "claimed-namespace",
             "spec.namespaces: namespace " + ns + " belongs to Workspace " + owner +
                 "; take it out of the other Workspace first, or out of this one");
    return !taken.empty();
  }

  template <class T>
  static Ptr<T> Get(const Manifest* manifest) {
    if (manifest == nullptr || !manifest->object) return nullptr;
    const auto* object = std::get_if<Ptr<T>>(&*manifest->object);
    return object == nullptr ? nullptr : *object;
  }

  static const AnyObject* Readable(const Manifest* manifest) {
    return manifest != nullptr && manifest->object && !IsInvalid(*manifest->object) ? &*manifest->object
                                                                                    : nullptr;
  }

  bool JudgeRights(const Manifest& named, const Manifest* before, const Manifest* after) {
    const KindInfo* info = FindKind(named.id.group, named.id.kind);
    if (!input_.caller || info == nullptr || !HasRights(info->kind)) return true;
    const AnyObject* old = Readable(before);
    const AnyObject* now = Readable(after);
    if (old == nullptr && now == nullptr) return true;
    const View& view = state_->Drained().view();
    const std::string& name = view.membership.WorkspaceOf(named.id.name.ns);
    const auto workspace = view.tables.Get<api::Workspace>({"", name});
    if (workspace == nullptr) return true;
    const Ruling ruling =
        reconcilers::Judge(*workspace, *input_.caller, ChangeOf(old, now, [&view](const ObjectKey& target) {
          const ObjectMeta* meta = view.tables.MetaOf(target);
          return meta == nullptr ? std::nullopt : std::optional(meta->labels);
        }));
    if (ruling.allowed) return true;
    Refuse(named, after == nullptr ? "right-to-delete" : "right-to-write", ruling.message);
    return false;
  }

  bool JudgeReach(const Manifest& after, const Manifest* before) {
    const ManifestId& id = after.id;
    if (!IsForeign(id.group, id.kind)) return false;
    const View& view = state_->Drained().view();
    const bool is_namespace = id.group.empty() && id.kind == "Namespace";
    if (!is_namespace && view.membership.WorkspaceOf(id.name.ns).empty()) return false;
    const auto read = [&](const Manifest& manifest) -> std::optional<Foreign> {
      const Result<JsonDocument> document = JsonDocument::Parse(manifest.json, 64u << 20);
      if (!document) return std::nullopt;
      return ReadForeign(id.group, id.kind, id.name, document->root(), view.options.cluster_domain);
    };
    ForeignChange change;
    if (before != nullptr) change.before = read(*before);
    std::optional<Foreign> now = read(after);
    if (!now) return false;
    change.after = std::move(*now);
    const ForeignRuling ruling = JudgeForeign(view, change);
    if (ruling.rule.empty()) return false;
    // Who may move namespaces is known of a caller only.
    const bool administrator = input_.caller && input_.caller->administrator;
    if (ruling.rule == kMovesNamespace && (!input_.caller || administrator)) return false;
    if (administrator && HasBrokenGlass(after)) return false;
    Refuse(after, ruling.rule, ruling.message);
    return true;
  }

  static bool HasBrokenGlass(const Manifest& manifest) {
    const Json::Value value = ParseValue(manifest.json);
    const Json::Value& annotations = value["metadata"]["annotations"];
    return annotations.isObject() && annotations[kBreakGlass].isString() &&
           !annotations[kBreakGlass].asString().empty();
  }

  const PreviewInput& input_;
  State* state_;
  int64_t newest_ = 0;
  std::map<ManifestId, Json::Value> original_;  // as it was before the change; null: not there
  std::map<ManifestId, ObjectChange> changes_;
  Replayed out_;
};

}  // namespace

Replayed Replay(const PreviewInput& input, State* state) { return Replaying(input, state).Run(); }

}  // namespace fairlead::reconcilers::preview
