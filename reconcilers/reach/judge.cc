#include "reconcilers/reach/judge.h"

#include <algorithm>

#include "reconcilers/lower/waypoint.h"

namespace fairlead::reconcilers {
namespace {

constexpr size_t kMaxNamed = 8;  // places in one message

std::string Title(const Foreign& object) { return object.kind + " " + object.name.ToString(); }

std::string TargetOf(const Reach& reach) {
  if (reach.kind.empty()) return "host " + reach.name;
  if (reach.name == "*") return "all services of namespace " + reach.ns;
  return reach.kind + " " + reach.ns + "/" + reach.name;
}

std::optional<Kind> KindOf(const std::string& name) {
  if (name == "Service") return Kind::kService;
  if (name == "ServiceEntry") return Kind::kServiceEntry;
  return std::nullopt;
}

class Judging {
 public:
  Judging(const View& view, const ForeignChange& change)
      : view_(view),
        after_(change.after),
        change_(change),
        own_(view.membership.WorkspaceOf(change.after.name.ns)) {}

  ForeignRuling Namespace() const {
    const std::string& ns = after_.name.name;
    const std::string now = view_.membership.WorkspaceWith(ns, after_.labels);
    const std::string before =
        change_.before ? view_.membership.WorkspaceWith(ns, change_.before->labels) : now;
    if (change_.before && before != now) {
      return {kMovesNamespace, Title(after_) + ": these labels move it " + MoveOf(before, now) + kWhoMoves};
    }
    // Its names decide alone: whoever may create such a namespace joins, so that right is Kubernetes' to
    // give.
    const bool by_labels = !now.empty() && view_.membership.WorkspaceWith(ns, {}) != now;
    if (!change_.before && by_labels) {
      return {kMovesNamespace, Title(after_) + ": these labels put it " + MoveOf("", now) + kWhoMoves};
    }
    return now.empty() ? ForeignRuling() : Reaches(now);
  }

  ForeignRuling Object() const {
    if (own_.empty()) return {};
    if (ForeignRuling ruling = Reaches(own_); !ruling.rule.empty()) return ruling;
    return Silent();
  }

 private:
  static constexpr char kWhoMoves[] = "; that is for whoever may update workspaces.fairlead.dev";

  static std::string MoveOf(const std::string& from, const std::string& to) {
    if (from.empty()) return "into workspace " + to;
    return "out of workspace " + from + (to.empty() ? "" : " into workspace " + to);
  }

  ForeignRuling Reaches(const std::string& own) const {
    std::string found;
    size_t count = 0;
    for (const Reach& reach : after_.reaches) {
      const std::string why = WhyNot(own, reach);
      if (why.empty() || IsOld(reach)) continue;
      if (++count <= kMaxNamed) found += (found.empty() ? "" : "; ") + reach.field + ": " + why;
    }
    if (count == 0) return {};
    if (count > kMaxNamed) found += "; and " + std::to_string(count - kMaxNamed) + " more";
    return {kReachesOut, Title(after_) + " is in workspace " + own + " and reaches beyond it: " + found};
  }

  // The object reached it before, and no less was known of it.
  bool IsOld(const Reach& reach) const {
    if (!change_.before) return false;
    const Foreign& before = *change_.before;
    if (reach.way == Reach::Way::kHost && CarriesFurtherThan(before)) return false;
    return std::any_of(before.reaches.begin(), before.reaches.end(),
                       [&](const Reach& old) { return old.SameAs(reach); });
  }

  std::string WhyNot(const std::string& own, const Reach& reach) const {
    const std::string owner = reach.ns.empty() ? "" : view_.membership.WorkspaceOf(reach.ns);
    if (!owner.empty() && owner == own) return "";
    if (reach.way == Reach::Way::kHost && !IsConfined(own)) {
      if (owner.empty() && !reach.ns.empty()) return OfNobody(reach) + kConfine;
      return (owner.empty()
                  ? TargetOf(reach) + " is not of this workspace, and callers of all others would get this"
                  : TargetOf(reach) + " is of workspace " + owner) +
             kConfine;
    }
    if (owner.empty())
      return "";  // a host of nobody for own callers; a backend that Gateway API's grants decide
    if (reach.way == Reach::Way::kWaypoint) return TargetOf(reach) + " " + OfAnotherWorkspace(owner);
    return Shared(owner, own, reach) ? "" : Ask(owner, own, reach);
  }

  static std::string OfNobody(const Reach& reach) {
    return TargetOf(reach) + " is in a namespace of no workspace, which is the platform's";
  }

  // Only callers of the workspace itself get it.
  bool IsConfined(const std::string& own) const {
    return !after_.exported &&
           std::all_of(after_.export_to.begin(), after_.export_to.end(),
                       [&](const auto& ns) { return view_.membership.WorkspaceOf(ns) == own; });
  }

  bool Shared(const std::string& owner, const std::string& user, const Reach& reach) const {
    const std::optional<Kind> kind = KindOf(reach.kind);
    const Ptr<ResolvedWorkspace> picture = view_.tenancy.Find(owner);
    if (!kind || picture == nullptr) return false;
    const auto consent = picture->exports.find(user);
    if (consent == picture->exports.end()) return false;
    const ObjectMeta* meta = view_.tables.MetaOf({*kind, reach.ns, reach.name});
    return consent->second->Shares(*kind, {reach.ns, reach.name}, meta == nullptr ? Labels() : meta->labels);
  }

  std::string Ask(const std::string& owner, const std::string& user, const Reach& reach) const {
    const std::string exports =
        owner + " does not export it to " + user + " (spec.exportTo of its WorkspaceSettings)";
    const std::string imports =
        user + " does not import it from " + owner + " (spec.importFrom of its WorkspaceSettings)";
    const bool exported = Says(owner, false, user), imported = Says(user, true, owner);
    std::string out = TargetOf(reach) + " is of workspace " + owner + ": ";
    if (exported && !imported) return out + imports;
    if (imported && !exported) return out + exports;
    if (Agreed(owner, user))
      return out + "what the two share does not hold it: name it in spec.exportTo and spec.importFrom";
    return out + exports + ", and " + imports;
  }

  bool Agreed(const std::string& owner, const std::string& user) const {
    const Ptr<ResolvedWorkspace> picture = view_.tenancy.Find(owner);
    return picture != nullptr && picture->exports.count(user) > 0;
  }

  // One side alone wants to share with the other.
  bool Says(const std::string& workspace, bool import, const std::string& other) const {
    const Ptr<ResolvedWorkspace> picture = view_.tenancy.Find(workspace);
    return picture != nullptr &&
           std::any_of(picture->one_sided.begin(), picture->one_sided.end(),
                       [&](const OneSided& side) { return side.import == import && side.other == other; });
  }

  ForeignRuling Silent() const {
    if (after_.silent.empty() || !IsAmbient()) return {};
    std::string found, fix;
    for (const SilentRule& rule : after_.silent) {
      const bool old =
          change_.before && std::find(change_.before->silent.begin(), change_.before->silent.end(), rule) !=
                                change_.before->silent.end();
      if (old) continue;
      found += (found.empty() ? "" : "; ") + rule.field + ": " + rule.why;
      fix = rule.fix;
    }
    if (found.empty()) return {};
    return {kSilentRule,
            Title(after_) + " would be accepted and not enforced: " + found + ". The way out: " + fix};
  }

  // Sidecars enforce rules about requests themselves.
  bool IsAmbient() const {
    return view_.membership.LabelsOf(after_.name.ns).Get("istio.io/dataplane-mode") == "ambient";
  }

  bool CarriesFurtherThan(const Foreign& before) const {
    if (before.exported) return false;
    return after_.exported ||
           std::any_of(after_.export_to.begin(), after_.export_to.end(), [&](const auto& ns) {
             return std::find(before.export_to.begin(), before.export_to.end(), ns) == before.export_to.end();
           });
  }

  static constexpr char kConfine[] = "; say exportTo: [\".\"] to mean callers of this namespace only";

  const View& view_;
  const Foreign& after_;
  const ForeignChange& change_;
  const std::string own_;
};

}  // namespace

ForeignRuling JudgeForeign(const View& view, const ForeignChange& change) {
  const Judging judging(view, change);
  return change.after.kind == "Namespace" ? judging.Namespace() : judging.Object();
}

}  // namespace fairlead::reconcilers
