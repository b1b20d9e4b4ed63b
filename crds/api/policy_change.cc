#include "crds/api/policy_change.h"

#include "crds/api/policy_common.h"
#include "crds/base/json_write.h"
#include "crds/base/meta_json.h"
#include "crds/base/read.h"

namespace fairlead::api {
namespace {

using Change = PolicyChange;
using Operation = Change::Operation;
using Evidence = Change::Evidence;

constexpr std::string_view kKindName = "PolicyChange";
constexpr int64_t kMaxCount = 1'000'000'000;

void ReadObject(const Reader& r, Change::Object* out) {
  r.RequiredString("kind", &out->kind);
  r.String("namespace", &out->ns);
  r.RequiredString("name", &out->name);
  r.RequiredString("uid", &out->uid);
  r.Int("generation", 0, kMaxCount, &out->generation);
}

void ReadUser(const Reader& r, Change::User* out) {
  r.RequiredString("user", &out->name);
  r.Strings("groups", &out->groups);
  r.Int("moreGroups", 0, kMaxCount, &out->more_groups);
}

void ReadField(const Reader& r, Change::Field* out) {
  r.RequiredString("field", &out->field);
  r.String("from", &out->from);
  r.String("to", &out->to);
}

void ReadServices(const Reader& r, Change::Services* out) {
  r.Int("count", 0, kMaxCount, &out->count);
  r.Strings("names", &out->names);
}

// Of any form: it is a copy of what the policy's own schema took.
Json::Value SpecAt(const Reader& r, std::string_view member) {
  Json::Value out;
  r.Object(member, [&](const Reader& spec) { out = ToJsonValue(spec.node()); });
  return out;
}

void ReadChange(const Reader& spec, Change* out) {
  spec.Object("object", [&](const Reader& r) { ReadObject(r, &out->object); });
  if (!spec.Has("object")) spec.Add("object", "is required");
  spec.Enum("operation",
            {{"Create", Operation::kCreate}, {"Update", Operation::kUpdate}, {"Delete", Operation::kDelete}},
            &out->operation);
  spec.Enum("evidence",
            {{"Admission", Evidence::kAdmission},
             {"Watch", Evidence::kWatch},
             {"Comparison", Evidence::kComparison}},
            &out->evidence);
  std::string at;
  if (spec.RequiredString("at", &at) && !Timestamp::Parse(at, &out->at)) spec.Add("at", "must be a time");
  spec.Object("by", [&](const Reader& r) { ReadUser(r, &out->by); });
  spec.Strings("alsoAsked", &out->also_asked);
  spec.String("through", &out->through);
  spec.String("reason", &out->reason);
  spec.String("breakGlass", &out->break_glass);
  spec.String("summary", &out->summary);
  spec.List("changes", &out->changes, ReadField);
  spec.Int("moreChanges", 0, kMaxCount, &out->more_changes);
  spec.Object("services", [&](const Reader& r) {
    r.Object("before", [&](const Reader& side) { ReadServices(side, &out->services_before.emplace()); });
    r.Object("after", [&](const Reader& side) { ReadServices(side, &out->services_after.emplace()); });
  });
  out->metadata = SpecAt(spec, "metadata");
  out->before = SpecAt(spec, "before");
  out->after = SpecAt(spec, "after");
  spec.Strings("cut", &out->cut);
  spec.String("request", &out->request);
}

// The annotation has them all, those of the spec first.
void ReadAlsoAsked(const ObjectMeta& meta, std::vector<std::string>* out) {
  const std::string_view text = meta.annotations.Get(kAlsoAskedAnnotation);
  if (text.empty()) return;
  const Result<JsonDocument> all = JsonDocument::Parse(text);
  if (!all || !all->root().IsArray()) return;
  std::vector<std::string> users;
  for (const JsonNode user : all->root().Items()) {
    if (user.IsString() && users.size() < kMaxAlsoAsked) users.emplace_back(user.AsString());
  }
  if (users.size() > out->size()) *out = std::move(users);
}

void Set(Json::Value* spec, const char* member, const std::string& text) {
  if (!text.empty()) (*spec)[member] = text;
}

Json::Value ToJson(const Change::Services& services) {
  Json::Value out(Json::objectValue);
  out["count"] = services.count;
  if (!services.names.empty()) out["names"] = fairlead::ToJson(services.names);
  return out;
}

Json::Value ToJson(const Change::Object& object) {
  Json::Value out(Json::objectValue);
  out["kind"] = object.kind;
  Set(&out, "namespace", object.ns);
  out["name"] = object.name;
  out["uid"] = object.uid;
  out["generation"] = static_cast<Json::Int64>(object.generation);
  return out;
}

Json::Value ToJson(const Change::User& user) {
  Json::Value out(Json::objectValue);
  out["user"] = user.name;
  if (!user.groups.empty()) out["groups"] = fairlead::ToJson(user.groups);
  if (user.more_groups > 0) out["moreGroups"] = user.more_groups;
  return out;
}

Json::Value ToJson(const std::vector<Change::Field>& changes) {
  Json::Value out(Json::arrayValue);
  for (const Change::Field& change : changes) {
    Json::Value& item = out.append(Json::objectValue);
    item["field"] = change.field;
    Set(&item, "from", change.from);
    Set(&item, "to", change.to);
  }
  return out;
}

}  // namespace

std::string_view ToString(PolicyChange::Operation operation) {
  constexpr std::string_view kNames[] = {"Create", "Update", "Delete"};
  return kNames[static_cast<size_t>(operation)];
}

std::string_view ToString(PolicyChange::Evidence evidence) {
  constexpr std::string_view kNames[] = {"Admission", "Watch", "Comparison"};
  return kNames[static_cast<size_t>(evidence)];
}

Result<PolicyChange> ParsePolicyChange(const JsonNode& object) {
  FieldErrors errors;
  PolicyChange out;
  const Reader root(object, &errors);
  if (object.IsObject()) {
    out.meta = ParseMeta(object);
    root.Object("spec", [&](const Reader& spec) { ReadChange(spec, &out); });
    if (!root.Has("spec")) root.Add("spec", "is required");
    ReadAlsoAsked(out.meta, &out.also_asked);
  } else {
    root.WrongType("an object");
  }
  if (errors.ok()) return out;
  return Unexpected(
      Error{ErrorClass::kInvalid, "no PolicyChange that can be read: " + Join(errors.errors())});
}

Json::Value ToJson(const PolicyChange& change) {
  Json::Value out(Json::objectValue);
  out["apiVersion"] = std::string(kGroup) + "/" + std::string(kVersion);
  out["kind"] = std::string(kKindName);
  out["metadata"] = fairlead::ToJson(change.meta);
  Json::Value& spec = out["spec"] = Json::Value(Json::objectValue);
  spec["object"] = ToJson(change.object);
  spec["operation"] = std::string(ToString(change.operation));
  spec["evidence"] = std::string(ToString(change.evidence));
  spec["at"] = change.at.ToString();
  if (!change.by.name.empty()) spec["by"] = ToJson(change.by);
  if (!change.also_asked.empty()) spec["alsoAsked"] = fairlead::ToJson(change.also_asked);
  Set(&spec, "through", change.through);
  Set(&spec, "reason", change.reason);
  Set(&spec, "breakGlass", change.break_glass);
  Set(&spec, "summary", change.summary);
  if (!change.changes.empty()) spec["changes"] = ToJson(change.changes);
  if (change.more_changes > 0) spec["moreChanges"] = change.more_changes;
  if (change.services_before) spec["services"]["before"] = ToJson(*change.services_before);
  if (change.services_after) spec["services"]["after"] = ToJson(*change.services_after);
  if (!change.metadata.isNull()) spec["metadata"] = change.metadata;
  if (!change.before.isNull()) spec["before"] = change.before;
  if (!change.after.isNull()) spec["after"] = change.after;
  if (!change.cut.empty()) spec["cut"] = fairlead::ToJson(change.cut);
  Set(&spec, "request", change.request);
  return out;
}

}  // namespace fairlead::api
