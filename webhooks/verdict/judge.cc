#include "webhooks/verdict/judge.h"

#include <algorithm>
#include <array>
#include <optional>

#include "crds/api/policy_common.h"
#include "reconcilers/lint.h"
#include "reconcilers/status/losses.h"
#include "webhooks/verdict/content.h"
#include "webhooks/verdict/dropped.h"
#include "webhooks/verdict/foreign.h"
#include "webhooks/verdict/rights.h"

namespace fairlead::webhooks {
namespace {

constexpr std::array kOwnKinds = {Kind::kRetryTimeoutPolicy, Kind::kFailoverPolicy, Kind::kWorkspace,
                                  Kind::kWorkspaceSettings, Kind::kDataPlane};
constexpr size_t kMaxNamed = 8;  // errors in the message; the causes have them all

std::optional<Kind> OwnKind(const GroupVersionKind& gvk) {
  for (const Kind kind : kOwnKinds) {
    const KindInfo& info = InfoOf(kind);
    if (gvk.group == info.group && gvk.version == info.version && gvk.kind == info.name) return kind;
  }
  return std::nullopt;
}

// A review and what rules have found out about it.
class Case {
 public:
  Case(const Review& r, const View& v) : review(r), view(v), kind(OwnKind(r.kind)) {}

  const ParsedObject& Parsed() const {
    if (!parsed_) parsed_ = ParseObject(*kind, *review.object);
    return *parsed_;
  }
  // As stored; null: there is none, or it cannot be read.
  const AnyObject* Stored() const {
    if (!stored_ && review.old_object) stored_ = ParseObject(*kind, *review.old_object);
    return stored_ && !IsInvalid(stored_->object) ? &stored_->object : nullptr;
  }
  const Invalid* Refused() const {
    const auto* invalid = std::get_if<Ptr<Invalid>>(&Parsed().object);
    return invalid == nullptr ? nullptr : invalid->get();
  }

  const Result<reconcilers::ForeignRuling>& Foreign() const {
    if (!foreign_) foreign_ = JudgeForeignReview(review, view);
    return *foreign_;
  }

  const Review& review;
  const View& view;
  const std::optional<Kind> kind;

 private:
  mutable std::optional<Result<reconcilers::ForeignRuling>> foreign_;
  mutable std::optional<ParsedObject> parsed_, stored_;
};

Verdict Allow() { return {}; }

Verdict Refuse(int code, std::string reason, std::string message, std::vector<FieldError> causes = {}) {
  Verdict out;
  out.allowed = false;
  out.code = code;
  out.reason = std::move(reason);
  out.message = std::move(message);
  out.causes = std::move(causes);
  return out;
}

// "RetryTimeoutPolicy shop/ratings", "Workspace of generated name shop-*"
std::string Title(const Review& review) {
  std::string name = review.name.name;
  if (name.empty() && review.object) {
    const auto meta = review.object->Find("metadata");
    name = std::string(meta ? meta->StringAt("generateName") : "") + "*";
  }
  return review.kind.kind + " " + NamespacedName{review.name.ns, name}.ToString();
}

// Somebody else's object.
std::optional<Verdict> TenancyUnknown(const Case& c) {
  if (c.Foreign()) return std::nullopt;
  return Refuse(503, "ServiceUnavailable", c.Foreign().error().message);
}

void AddNotes(const reconcilers::ForeignRuling& ruling, Verdict* out) {
  for (const reconcilers::AccessNote& note : ruling.notes) {
    out->warnings.push_back(
        Advice{reconcilers::ToString(note.code), note.field, note.message, note.fix}.ToString());
  }
}

std::optional<Verdict> ByTenancy(const Case& c, const char* rule, int code, const char* reason) {
  const reconcilers::ForeignRuling& ruling = *c.Foreign();
  if (ruling.rule != rule) return std::nullopt;
  const std::string given = BrokenGlass(c.review, c.view);
  if (given.empty()) return Refuse(code, reason, ruling.message);
  Verdict out = Allow();
  out.broken_glass = given;
  out.warnings.push_back("done by the right of an administrator: " + ruling.message);
  AddNotes(ruling, &out);
  return out;
}

std::optional<Verdict> MovesNamespace(const Case& c) {
  return ByTenancy(c, reconcilers::kMovesNamespace, 403, "Forbidden");
}
std::optional<Verdict> ReachesOut(const Case& c) {
  return ByTenancy(c, reconcilers::kReachesOut, 403, "Forbidden");
}
std::optional<Verdict> SilentRule(const Case& c) {
  return ByTenancy(c, reconcilers::kSilentRule, 422, "Invalid");
}

// Said where the API server has dropped retries that somebody applied.
std::optional<Advice> OnDroppedRetries(const Case& c) {
  const KindInfo& route = InfoOf(Kind::kHTTPRoute);
  const Review& r = c.review;
  if (!r.object || r.kind.group != route.group || r.kind.kind != route.name) return std::nullopt;
  const std::vector<std::string> dropped = DroppedRetries(*r.object);
  if (dropped.empty() || c.view.RouteRetry().value_or(true)) return std::nullopt;
  return Advice{reconcilers::ToString(reconcilers::LintCode::kExperimentalRetry),
                reconcilers::JoinBounded(dropped, ", "),
                "the Gateway API installed here has no such field, so it was dropped",
                "say it in a RetryTimeoutPolicy for " + r.kind.kind + " " + r.name.name};
}

std::optional<Verdict> NotOurs(const Case& c) {
  if (c.review.kind.group == api::kGroup) return std::nullopt;
  Verdict out = Allow();
  if (const std::optional<Advice> advice = OnDroppedRetries(c)) out.warnings.push_back(advice->ToString());
  AddNotes(*c.Foreign(), &out);
  return out;
}

// Only others come here: what the operator itself writes is not sent (a match condition of the webhook).
std::optional<Verdict> Record(const Case& c) {
  if (c.review.kind.kind != "PolicyChange") return std::nullopt;
  if (c.review.operation == Operation::kDelete && reconcilers::IsCollector(c.review.user.name))
    return Allow();
  return Refuse(
      403, "Forbidden",
      Title(c.review) +
          ": records of changes are written and removed by Fairlead alone; how many are kept is set "
          "where it is installed (ledger in the values of the chart)");
}

// A newer version of the CRDs than of this program: what it cannot read, it cannot vouch for.
std::optional<Verdict> UnknownKind(const Case& c) {
  if (c.kind || c.review.operation == Operation::kDelete) return std::nullopt;
  return Refuse(400, "BadRequest",
                "this version of Fairlead does not know " + c.review.kind.kind + " of " +
                    c.review.kind.group + "/" + c.review.kind.version + ": upgrade Fairlead, or use " +
                    std::string(api::kGroup) + "/" + std::string(api::kVersion) +
                    " of RetryTimeoutPolicy, FailoverPolicy, Workspace, " + "WorkspaceSettings or DataPlane");
}

// The verdict of the workspace's roles, where they refuse, and where somebody broke the glass.
std::optional<Verdict> ByRights(const Case& c, const AnyObject* before, const AnyObject* after) {
  const auto judged = JudgeRights(c.review, before, after, c.view);
  if (!judged) return Refuse(503, "ServiceUnavailable", judged.error().message);
  const std::optional<reconcilers::Ruling>& ruling = *judged;
  if (!ruling) return std::nullopt;
  if (!ruling->allowed) return Refuse(403, "Forbidden", ruling->message);
  if (ruling->rule != reconcilers::kGlassBroken) return std::nullopt;
  Verdict out = Allow();
  out.broken_glass = ruling->message;
  out.warnings.push_back(
      "the roles of the workspace do not grant this; it is done by the right of an administrator: " +
      ruling->message);
  return out;
}

std::optional<Verdict> RightToDelete(const Case& c) {
  if (c.review.operation != Operation::kDelete || !c.kind || !c.review.subresource.empty())
    return std::nullopt;
  return ByRights(c, c.Stored(), nullptr);
}

std::optional<Verdict> Deletion(const Case& c) {
  return c.review.operation == Operation::kDelete ? std::optional(Allow()) : std::nullopt;
}

// The status is Fairlead's own, and read leniently; others say nothing of the spec.
std::optional<Verdict> Subresource(const Case& c) {
  const bool spec = c.review.subresource.empty() && c.review.operation != Operation::kConnect;
  return spec ? std::nullopt : std::optional(Allow());
}

// The API server sees to it that these agree; a request in which they do not is not from one.
std::optional<Verdict> Identity(const Case& c) {
  const Review& r = c.review;
  FieldErrors errors;
  const auto check = [&](std::string path, std::string_view is, const std::string& asked) {
    if (!is.empty() && is != asked)
      errors.Add(std::move(path), "is " + Bounded(is, 64) + ", the request is for " + asked);
  };
  check("kind", r.object->StringAt("kind"), r.kind.kind);
  check("apiVersion", r.object->StringAt("apiVersion"), r.kind.group + "/" + r.kind.version);
  if (const auto meta = r.object->Find("metadata")) {
    if (!r.name.name.empty()) check("metadata.name", meta->StringAt("name"), r.name.name);
    if (InfoOf(*c.kind).namespaced) check("metadata.namespace", meta->StringAt("namespace"), r.name.ns);
  }
  if (errors.ok()) return std::nullopt;
  std::string message =
      Title(r) + ": the object is not the one that the request names: " + Join(errors.errors());
  return Refuse(400, "BadRequest", std::move(message), errors.TakeErrors());
}

std::optional<Verdict> BeingDeleted(const Case& c) {
  if (c.review.operation != Operation::kUpdate) return std::nullopt;
  const auto stored = c.review.old_object->FindPath({"metadata", "deletionTimestamp"});
  return stored && !stored->IsNull() ? std::optional(Allow()) : std::nullopt;
}

// What was stored before a rule was, or while no webhook answered, can still be labelled, and lose its
// finalizers.
std::optional<Verdict> Unchanged(const Case& c) {
  if (c.review.operation != Operation::kUpdate || !SameContent(*c.review.object, *c.review.old_object)) {
    return std::nullopt;
  }
  Verdict out = Allow();
  if (const Invalid* invalid = c.Refused()) {
    out.warnings.push_back(Title(c.review) + " is stored though it is invalid, and is not carried out: " +
                           Join(invalid->errors, kMaxNamed));
  }
  return out;
}

std::optional<Verdict> InvalidObject(const Case& c) {
  const Invalid* invalid = c.Refused();
  if (invalid == nullptr) return std::nullopt;
  return Refuse(422, "Invalid", Title(c.review) + " is invalid: " + Join(invalid->errors, kMaxNamed),
                invalid->errors);
}

// What is invalid is refused for that, or is not carried out.
std::optional<Verdict> RightToWrite(const Case& c) {
  if (c.Refused() != nullptr) return std::nullopt;
  const bool update = c.review.operation == Operation::kUpdate;
  return ByRights(c, update ? c.Stored() : nullptr, &c.Parsed().object);
}

// The older keeps what two claim, so such a claim would have no effect; and a Workspace that is older still
// must not take a namespace from whoever has it.
std::optional<Verdict> ClaimedNamespace(const Case& c) {
  if (*c.kind != Kind::kWorkspace) return std::nullopt;
  const AnyObject* stored = c.review.operation == Operation::kUpdate ? c.Stored() : nullptr;
  const auto* before = stored == nullptr ? nullptr : std::get_if<Ptr<api::Workspace>>(stored);
  const auto& candidate = std::get<Ptr<api::Workspace>>(c.Parsed().object);
  const auto taken = c.view.TakenBy(*candidate, before == nullptr ? nullptr : before->get());
  if (taken.empty()) return std::nullopt;
  std::vector<FieldError> causes;
  for (const auto& [ns, owner] : taken) {
    if (causes.size() == kMaxNamed) break;
    causes.push_back({"spec.namespaces", "namespace " + ns + " belongs to Workspace " + owner});
  }
  std::string message = Title(c.review) + " claims what others have: " + Join(causes, kMaxNamed);
  if (taken.size() > causes.size()) {
    message += "; and " + std::to_string(taken.size() - causes.size()) + " more";
  }
  message += "; take them out of the other Workspace first, or out of this one";
  return Refuse(422, "Invalid", std::move(message), std::move(causes));
}

// What Parse finds doubtful, unless an advice says as much of the same field with more in view.
std::optional<Verdict> ValidObject(const Case& c) {
  Verdict out = Allow();
  const std::vector<Advice> advice = c.view.AdviceOn(c.Parsed().object);
  for (const FieldError& warning : c.Parsed().warnings) {
    const bool said =
        std::any_of(advice.begin(), advice.end(), [&](const Advice& a) { return a.field == warning.path; });
    if (!said) out.warnings.push_back(warning.ToString());
  }
  for (const Advice& a : advice) out.warnings.push_back(a.ToString());
  return out;
}

struct Rule {
  RuleInfo info;
  std::optional<Verdict> (*judge)(const Case&);
};
// Each may rely on what those before it have let through.
constexpr std::array kRules = {
    Rule{{"tenancy-unknown", "somebody else's object, while the workspaces are not known"}, TenancyUnknown},
    Rule{{reconcilers::kMovesNamespace, "labels that move a namespace into or out of a workspace"},
         MovesNamespace},
    Rule{{reconcilers::kReachesOut,
          "somebody else's object that reaches another workspace without its consent"},
         ReachesOut},
    Rule{{reconcilers::kSilentRule, "an access rule that would be accepted and never enforced"}, SilentRule},
    Rule{{"not-ours", "a kind of another group: nothing to say"}, NotOurs},
    Rule{{"record", "a record of the ledger, which only the operator writes"}, Record},
    Rule{{"unknown-kind", "a kind or version of our group that this version cannot read"}, UnknownKind},
    Rule{{"right-to-delete", "a deletion that the roles of the workspace do not grant"}, RightToDelete},
    Rule{{"deletion", "whatever is stored can be deleted by whoever has the right"}, Deletion},
    Rule{{"subresource", "status and other subresources"}, Subresource},
    Rule{{"identity", "kind, name or namespace of the object are not those of the request"}, Identity},
    Rule{{"right-to-write", "a change that the roles of the workspace do not grant"}, RightToWrite},
    Rule{{"being-deleted", "an object that waits for its finalizers is not judged again"}, BeingDeleted},
    Rule{{"unchanged", "an update that changes nothing but metadata or status"}, Unchanged},
    Rule{{"invalid-object", "what can never be carried out, by each of its fields"}, InvalidObject},
    Rule{{"claimed-namespace", "a Workspace that newly claims a namespace of another one"}, ClaimedNamespace},
    Rule{{"valid-object", "what can be carried out; warnings say what is missing for it"}, ValidObject},
};

}  // namespace

std::string Advice::ToString() const {
  std::string out = code.empty() ? "" : code + " ";
  if (!field.empty()) out += field + ": ";
  out += message;
  if (!fix.empty()) out += "; " + fix;
  return out;
}

std::vector<RuleInfo> Rules() {
  std::vector<RuleInfo> out;
  for (const Rule& rule : kRules) out.push_back(rule.info);
  return out;
}

Verdict Judge(const Review& review, const View& view) {
  const Case c(review, view);
  for (const Rule& rule : kRules) {
    if (std::optional<Verdict> verdict = rule.judge(c)) {
      verdict->rule = rule.info.name;
      return std::move(*verdict);
    }
  }
  return Allow();  // not reached: the last rule speaks always
}

}  // namespace fairlead::webhooks
