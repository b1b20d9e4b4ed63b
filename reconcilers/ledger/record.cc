#include "reconcilers/ledger/record.h"

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "crds/base/meta_json.h"
#include "reconcilers/ledger/canonical.h"
#include "reconcilers/ledger/differences.h"
#include "reconcilers/status/losses.h"

namespace fairlead::reconcilers {
namespace {

using Change = api::PolicyChange;
constexpr size_t kMaxLabel = 63, kMaxNamePart = 200;

std::string_view ShortName(Kind kind) {
  switch (kind) {
    case Kind::kRetryTimeoutPolicy:
      return "rtp";
    case Kind::kFailoverPolicy:
      return "fop";
    case Kind::kWorkspace:
      return "ws";
    default:
      return "wss";
  }
}

// FNV-1a in ten digits: stable for ever, since names are made of it.
std::string Hash(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3u;
  std::string out;
  for (int i = 0; i < 10; ++i, hash >>= 4) out += "0123456789abcdef"[hash & 15];
  return out;
}

Json::Value AsJson(const std::string& spec) {
  if (spec.empty()) return {};
  const Result<JsonDocument> document = JsonDocument::Parse(spec);
  return document ? ToJsonValue(document->root()) : Json::Value();
}

// A policy that sets nothing: what is not there is compared with it, so that defaults are no change.
Json::Value Unset(Kind kind) {
  switch (kind) {
    case Kind::kRetryTimeoutPolicy:
      return ToJson(api::RetryTimeoutPolicy())["spec"];
    case Kind::kFailoverPolicy:
      return ToJson(api::FailoverPolicy())["spec"];
    case Kind::kWorkspace:
      return ToJson(api::Workspace())["spec"];
    default:
      return ToJson(api::WorkspaceSettings())["spec"];
  }
}

std::vector<Change::Field> ChangesOf(const Intent& intent) {
  const Kind kind = intent.policy.kind;
  const auto side = [&](const std::string& spec) {
    return spec.empty() ? Unset(kind) : CanonicalSpec(kind, spec);
  };
  return Differences(side(intent.before), side(intent.after));
}

ObjectMeta MetaFor(const RecordInput& input, const Change& change) {
  const Intent& intent = input.change.intent;
  ObjectMeta meta;
  meta.name = RecordNameOf(intent);
  meta.ns = intent.policy.ns.empty() ? input.ns : intent.policy.ns;
  meta.labels = {{"app.kubernetes.io/managed-by", "fairlead"},
                 {kRecordKind, std::string(fairlead::ToString(intent.policy.kind))},
                 {kRecordUid, intent.uid.substr(0, kMaxLabel)},
                 {kRecordGeneration, std::to_string(intent.generation)},
                 {kRecordOperation, std::string(ToString(intent.operation))}};
  if (intent.policy.name.size() <= kMaxLabel) {
    meta.labels.Set(kRecordPolicy, intent.policy.name);
  } else {
    meta.annotations.Set(kRecordName, intent.policy.name);
  }
  if (!change.reason.empty()) meta.annotations.Set(kReason, change.reason);
  return meta;
}

void Cut(Change* change) {
  for (const auto& [side, spec] : {std::pair("before", &change->before), {"after", &change->after}}) {
    if (WriteJson(ToJson(*change)).size() <= kMaxRecordBytes) return;
    if (spec->isNull()) continue;
    *spec = Json::Value();
    change->cut.emplace_back(side);
  }
}

}  // namespace

std::string RecordNameOf(const ObjectKey& policy, const std::string& uid, int64_t generation) {
  std::string name = policy.name.substr(0, kMaxNamePart);
  while (name.ends_with('.') || name.ends_with('-')) name.pop_back();
  const std::string which = generation == 0 ? "deleted" : std::to_string(generation);
  return std::string(ShortName(policy.kind)) + "-" + name + "-" + Hash(policy.ToString() + " " + uid) + "-" +
         which;
}

api::PolicyChange RecordOf(const RecordInput& input) {
  const Intent& intent = input.change.intent;
  Change out;
  out.object = {std::string(fairlead::ToString(intent.policy.kind)), intent.policy.ns, intent.policy.name,
                intent.uid, intent.generation};
  out.operation = intent.operation;
  out.evidence = input.change.evidence;
  out.at = input.change.at;
  out.by = intent.by;
  out.also_asked = input.change.also_asked;
  if (out.also_asked.size() > api::kMaxAlsoAsked) out.also_asked.resize(api::kMaxAlsoAsked);
  out.through = CutText(intent.through, 128);
  const std::string reason = CutText(intent.reason, api::kMaxReason);
  if (reason != input.last_reason) out.reason = reason;
  out.break_glass = CutText(intent.break_glass, api::kMaxReason);
  out.changes = ChangesOf(intent);
  out.summary = Summary(out.changes);
  if (out.changes.size() > api::kMaxFieldChanges) {
    out.more_changes = static_cast<int>(out.changes.size() - api::kMaxFieldChanges);
    out.changes.resize(api::kMaxFieldChanges);
  }
  out.services_before = input.before;
  out.services_after = input.after;
  out.metadata = AsJson(intent.metadata);
  out.before = AsJson(intent.before);
  out.after = AsJson(intent.after);
  out.request = intent.request;
  out.meta = MetaFor(input, out);
  Cut(&out);
  return out;
}

}  // namespace fairlead::reconcilers
