#include "reconcilers/reach/judge.h"

#include <algorithm>

#include "crds/base/ip_address.h"
#include "reconcilers/lower/waypoint.h"

namespace fairlead::reconcilers {
namespace {

constexpr size_t kMaxNamed = 8;        // places in one message
constexpr size_t kMaxLookedAt = 4096;  // Services in the ranges of addresses of one object

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
    ForeignRuling ruling = Reaches(own_);
    if (ruling.rule.empty()) ruling = Silent();
    ruling.notes = NotesOn(view_, after_, Before());
    return ruling;
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
    if (reach.kind == kAddress) return WhyNotAddress(own, reach);
    if (reach.kind.empty()) return WhyNotHost(own, reach);
    return WhyNotObject(own, reach, TargetOf(reach));
  }

  // `said`: what the message calls it.
  std::string WhyNotObject(const std::string& own, const Reach& reach, const std::string& said) const {
    const std::string owner = reach.ns.empty() ? "" : view_.membership.WorkspaceOf(reach.ns);
    if (!owner.empty() && owner == own) return "";
    if (IsForAll(own, reach)) {
      if (owner.empty() && !reach.ns.empty())
        return said + " is in a namespace of no workspace, which is the platform's" + kConfine;
      return said +
             (owner.empty() ? " is not of this workspace, and callers of all others would get this"
                            : " is of workspace " + owner) +
             kConfine;
    }
    if (owner.empty())
      return "";  // a host of nobody for own callers; a backend that Gateway API's grants decide
    if (reach.way == Reach::Way::kWaypoint) return said + " " + OfAnotherWorkspace(owner);
    return Shared(owner, own, reach) ? "" : Ask(owner, own, said);
  }

  // A host that is no Service's is that of the ServiceEntries that say it. Which of several the mesh takes
  // depends on their age, so each has to be shared, unless one is of the own workspace.
  std::string WhyNotHost(const std::string& own, const Reach& reach) const {
    const bool for_all = IsForAll(own, reach);
    // One that only own callers get takes nothing from others of the same host.
    if (!for_all && reach.way == Reach::Way::kHost && after_.kind == "ServiceEntry") return "";
    std::string why;
    for (const NamespacedName& entry : view_.hosts.EntriesWith(reach.name)) {
      const std::string& owner = view_.membership.WorkspaceOf(entry.ns);
      if (for_all ? owner.empty() || owner == own : !IsSeen(entry)) continue;
      if (owner == own) return "";
      if (!why.empty()) continue;
      const Reach meant{reach.way, reach.field, "ServiceEntry", entry.ns, entry.name};
      why = WhyNotObject(own, meant, TargetOf(meant) + " (host " + reach.name + ")");
    }
    return why.empty() ? WhyNotObject(own, reach, TargetOf(reach)) : why;
  }

  // By its exportTo, from the namespace of the object.
  bool IsSeen(const NamespacedName& name) const {
    const auto entry = view_.tables.Get<istio::ServiceEntry>(name);
    if (entry == nullptr) return false;
    const std::vector<std::string>& to = entry->export_to;
    const std::string& from = after_.name.ns;
    return to.empty() || std::any_of(to.begin(), to.end(), [&](const std::string& ns) {
             return ns == "*" || ns == from || (ns == "." && name.ns == from);
           });
  }

  // An address is that of the Service that has it; one that no Service has is nobody's.
  std::string WhyNotAddress(const std::string& own, const Reach& reach) const {
    const std::optional<IpRange> range = ParseIpRange(reach.name);
    std::string why;
    if (!range) return why;
    view_.hosts.VisitServicesIn(*range, [&](const NamespacedName& service) {
      const Reach meant{reach.way, reach.field, "Service", service.ns, service.name};
      why = ++looked_at_ > kMaxLookedAt
                ? "there are too many Services in " + reach.name + " to look at each: name narrower ranges"
                : WhyNotObject(own, meant, TargetOf(meant) + " (" + reach.name + ")");
      return why.empty();
    });
    return why;
  }

  // It would change what callers of other workspaces get.
  bool IsForAll(const std::string& own, const Reach& reach) const {
    return reach.way == Reach::Way::kHost && !IsConfined(own);
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

  std::string Ask(const std::string& owner, const std::string& user, const std::string& said) const {
    const std::string exports =
        owner + " does not export it to " + user + " (spec.exportTo of its WorkspaceSettings)";
    const std::string imports =
        user + " does not import it from " + owner + " (spec.importFrom of its WorkspaceSettings)";
    const bool exported = Says(owner, false, user), imported = Says(user, true, owner);
    std::string out = said + " is of workspace " + owner + ": ";
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
    const std::vector<SilentRule> silent = SilentRules(view_, after_, Before());
    if (silent.empty()) return {};
    std::string found;
    for (const SilentRule& rule : silent) found += (found.empty() ? "" : "; ") + rule.field + ": " + rule.why;
    return {kSilentRule, Title(after_) + " would be accepted and not enforced: " + found +
                             ". The way out: " + silent.back().fix};
  }

  const Foreign* Before() const { return change_.before ? &*change_.before : nullptr; }

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
  mutable size_t looked_at_ = 0;
};

}  // namespace

ForeignRuling JudgeForeign(const View& view, const ForeignChange& change) {
  const Judging judging(view, change);
  return change.after.kind == "Namespace" ? judging.Namespace() : judging.Object();
}

}  // namespace fairlead::reconcilers
