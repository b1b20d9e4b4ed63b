#include "tests/support/apiserver/writer.h"

#include "tests/support/apiserver/field_manager.h"
#include "tests/support/apiserver/kind_rules.h"
#include "tests/support/apiserver/patch.h"
#include "tests/support/apiserver/schema_check.h"

namespace fairlead::apiserver {
StoreKey Writer::Target() const {
  return {resource_.Type(), resource_.namespaced ? info_.ns : "", info_.name};
}

Failure Writer::Missing() const { return NotFound(resource_.group, resource_.plural, info_.name); }

FieldWrite Writer::Fields() const {
  FieldWrite w;
  w.schema = &core_.registry.SchemaOf(resource_);
  w.api_version = resource_.ApiVersion();
  w.manager = options_.manager;
  w.subresource = options_.subresource;
  w.now = core_.Now();
  if (options_.subresource.empty()) {
    if (resource_.has_status) w.reset.Insert({"f:status"});
  } else {
    w.reset.Insert({"f:spec"});
    if (!resource_.builtin) w.reset.Insert({"f:metadata"});
  }
  return w;
}

// What metadata.generation counts the changes of.
Value Writer::Counted(const Value& object) const {
  Value out = object;
  out.removeMember("metadata");
  if (resource_.builtin || resource_.has_status) out.removeMember("status");
  return out;
}

void Writer::Complete(const Value* old, Value* object) {
  const Schema& schema = core_.registry.SchemaOf(resource_);
  if (!resource_.builtin) {
    PruneNulls(schema, object);
    ApplyDefaults(schema, object);
  }
  DefaultKind(core_, resource_, old, object);
}

Outcome<Written> Writer::Create() {
  Outcome<WriteOptions> options = ParseWriteOptions(info_, request_, "CreateOptions");
  if (!options) return Unexpected(options.error());
  options_ = std::move(*options);
  Outcome<Value> object = DecodeObject(core_, resource_, request_, &options_);
  if (!object) return Unexpected(object.error());
  return StoreNew(std::move(*object), /*applied=*/false);
}

Outcome<Written> Writer::StoreNew(Value object, bool applied) {
  if (Outcome<void> ok = MatchesTarget(&object); !ok) return Unexpected(ok.error());
  Value& meta = object["metadata"];
  if (!TextAt(meta, "resourceVersion").empty() && !applied) {
    return Unexpected(Failure{500, "", "resourceVersion should not be set on objects to be created"});
  }
  const std::string base = TextAt(meta, "generateName");
  if (TextAt(meta, "name").empty() && !base.empty()) meta["name"] = base.substr(0, 58) + core_.ids.Suffix();
  if (Outcome<void> ok = NamespaceAllows(info_.ns, NameOf(object)); !ok) return Unexpected(ok.error());
  for (const char* name :
       {"selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion", "generation"}) {
    meta.removeMember(name);
  }
  meta["creationTimestamp"] = core_.Now();
  ResetForCreate(resource_, &object);
  Complete(nullptr, &object);
  if (!applied) TrackUpdate(Fields(), nullptr, &object);
  object["metadata"]["uid"] = core_.ids.Uid();
  if (resource_.counts_generation) object["metadata"]["generation"] = Int(1);
  FieldFaults faults;
  Faults(nullptr, object, &faults);
  if (!faults.empty())
    return Unexpected(Invalid(resource_.group, TextAt(object, "kind"), NameOf(object), faults));
  Warn(nullptr, object);
  if (core_.store.Get(KeyOf(resource_, object))) {
    return Unexpected(AlreadyExists(resource_.group, resource_.plural, NameOf(object)));
  }
  if (core_.store.full())
    return Unexpected(TooManyRequests("the embedded API server holds as many objects as it may", 1));
  return Commit(nullptr, std::move(object));
}

Outcome<Written> Writer::Update() {
  Outcome<WriteOptions> options = ParseWriteOptions(info_, request_, "UpdateOptions");
  if (!options) return Unexpected(options.error());
  options_ = std::move(*options);
  Outcome<Value> object = DecodeObject(core_, resource_, request_, &options_);
  if (!object) return Unexpected(object.error());
  if (Outcome<void> ok = MatchesTarget(&*object); !ok) return Unexpected(ok.error());
  const ObjectPtr old = core_.store.Get(Target());
  if (!old) {
    if (!resource_.create_on_update || !options_.subresource.empty()) return Unexpected(Missing());
    if (!TextAt(*object, {"metadata", "uid"}).empty()) {
      return Unexpected(Conflict(resource_.group, resource_.plural, info_.name,
                                 "Precondition failed: UID in precondition: " +
                                     TextAt(*object, {"metadata", "uid"}) + ", UID in object meta: "));
    }
    return StoreNew(std::move(*object), /*applied=*/false);
  }
  const Value rendered = Render(core_.registry, resource_, *old);
  if (Outcome<void> ok = CheckVersion(rendered, *object, /*patch=*/false); !ok) return Unexpected(ok.error());
  return StoreChange(rendered, std::move(*object), /*applied=*/false);
}

// What the server alone writes.
void Writer::CarryOver(const Value& old, Value* object) const {
  Value& meta = Ensure(*object, {"metadata"});
  for (const char* name :
       {"uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation",
        "resourceVersion", "name", "namespace", "selfLink", "generateName"}) {
    meta.removeMember(name);
    if (const Value* have = Find(Get(old, "metadata"), name)) meta[name] = *have;
  }
}

// A write to the object leaves its status alone, a write to its status all else.
void Writer::KeepOtherHalf(const Value& old, Value* object) const {
  if (options_.subresource.empty()) {
    if (!resource_.has_status) return;
    object->removeMember("status");
    if (Has(old, "status")) (*object)["status"] = old["status"];
    return;
  }
  Value out = old;
  if (Has(*object, "status")) {
    out["status"] = (*object)["status"];
  } else {
    out.removeMember("status");
  }
  if (resource_.builtin) {
    for (const char* name : {"labels", "annotations"}) {
      Remove(out, {"metadata", name});
      if (Has(Get(*object, "metadata"), name)) out["metadata"][name] = (*object)["metadata"][name];
    }
  }
  Remove(out, {"metadata", "managedFields"});
  if (Has(Get(*object, "metadata"), "managedFields")) {
    out["metadata"]["managedFields"] = (*object)["metadata"]["managedFields"];
  }
  *object = std::move(out);
}

Outcome<Written> Writer::StoreChange(const Value& old, Value object, bool applied) {
  CarryOver(old, &object);
  Complete(&old, &object);
  KeepOtherHalf(old, &object);
  if (!applied) TrackUpdate(Fields(), &old, &object);
  if (resource_.counts_generation && options_.subresource.empty() &&
      !SameValue(Counted(old), Counted(object))) {
    object["metadata"]["generation"] = Int(IntAt(old, {"metadata", "generation"}) + 1);
  }
  FieldFaults faults;
  Faults(&old, object, &faults);
  if (!faults.empty()) return Unexpected(Invalid(resource_.group, resource_.kind, info_.name, faults));
  Warn(&old, object);
  return Commit(&old, std::move(object));
}

Outcome<Written> Writer::Commit(const Value* old, Value object) {
  Written out;
  out.created = old == nullptr;
  const StoreKey key = KeyOf(resource_, object);
  if (old != nullptr && SameButForTimes(*old, object)) {
    out.object = *old;
  } else if (old != nullptr && Has(Get(object, "metadata"), "deletionTimestamp") &&
             Get(object["metadata"], "finalizers").empty() && resource_.Type() != "/namespaces" &&
             IntAt(object, {"metadata", "deletionGracePeriodSeconds"}) == 0) {
    out.deleted = true;
    if (!options_.dry_run) core_.store.Remove(key);
    out.object = std::move(object);
  } else if (options_.dry_run) {
    out.object = std::move(object);
  } else {
    const ResourcePtr storage = core_.registry.StorageOf(resource_.Type());
    const ObjectPtr stored =
        core_.store.Put(key, storage ? Render(core_.registry, *storage, object) : object);
    out.object = Render(core_.registry, resource_, *stored);
  }
  out.warnings = std::move(options_.warnings);
  return out;
}

Outcome<Written> Writer::Patch() {
  Outcome<WriteOptions> options = ParseWriteOptions(info_, request_, "PatchOptions");
  if (!options) return Unexpected(options.error());
  options_ = std::move(*options);
  const BodyKind kind = BodyKindOf(request_);
  const bool strategic = kind == BodyKind::kStrategicPatch;
  const bool known =
      kind == BodyKind::kJsonPatch || kind == BodyKind::kMergePatch || kind == BodyKind::kApplyPatch;
  if (!known && !(strategic && resource_.builtin)) {
    return Unexpected(
        UnsupportedMediaType(std::string("application/json-patch+json, application/merge-patch+json, ") +
                             (resource_.builtin ? "application/strategic-merge-patch+json, " : "") +
                             "application/apply-patch+yaml"));
  }
  const ObjectPtr old = core_.store.Get(Target());
  if (kind == BodyKind::kApplyPatch) return Apply(old);
  if (!old) return Unexpected(Missing());
  const Value rendered = Render(core_.registry, resource_, *old);
  Outcome<Value> object = PatchedText(rendered, kind);
  if (!object) return Unexpected(object.error());
  if (Outcome<void> ok = MatchesTarget(&*object); !ok) return Unexpected(ok.error());
  if (Outcome<void> ok = CheckVersion(rendered, *object, /*patch=*/true); !ok) return Unexpected(ok.error());
  return StoreChange(rendered, std::move(*object), /*applied=*/false);
}

Outcome<Value> Writer::PatchedText(const Value& old, BodyKind kind) {
  std::vector<std::string> duplicates;
  Outcome<Value> patch = ParseBody(request_.body, BodyKind::kJson, &duplicates);
  if (!patch) return Unexpected(BadRequest("error decoding patch: " + patch.error().message));
  Outcome<Value> out = Value();
  if (kind == BodyKind::kJsonPatch) {
    out = ApplyJsonPatch(old, *patch);
  } else if (!patch->isObject()) {
    return Unexpected(BadRequest(
        "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"));
  } else if (kind == BodyKind::kMergePatch) {
    out = ApplyMergePatch(old, *patch);
  } else {
    out = ApplyStrategicPatch(&core_.registry.SchemaOf(resource_), old, *patch);
  }
  if (!out) return out;
  const FieldValidation asked = options_.validation;
  if (!resource_.builtin && TextAt(*out, "kind").empty()) (*out)["kind"] = "";
  std::vector<std::string> ignored;
  WriteOptions lenient;
  lenient.validation = FieldValidation::kWarn;
  Value checked = *out;
  if (Outcome<void> ok = CheckFields(core_, resource_, &checked, duplicates, &lenient); !ok) {
    return Unexpected(Invalid("", "", "", {InvalidField("patch", Value(Print(*out)), ok.error().message)}));
  }
  if (asked == FieldValidation::kStrict && !lenient.warnings.empty()) {
    std::string all;
    for (const std::string& w : lenient.warnings) all += (all.empty() ? "" : ", ") + w;
    return Unexpected(
        Invalid("", "", "", {InvalidField("patch", Value(Print(*out)), "strict decoding error: " + all)}));
  }
  if (asked == FieldValidation::kWarn) options_.warnings = lenient.warnings;
  return checked;
}

Outcome<Written> Writer::Apply(const ObjectPtr& old) {
  std::vector<std::string> duplicates;
  Outcome<Value> config = ParseBody(request_.body, BodyKind::kApplyPatch, &duplicates);
  if (!config) return Unexpected(config.error());
  const std::string strict = StrictMessage(duplicates, {});
  if (options_.validation == FieldValidation::kStrict && !strict.empty()) {
    return Unexpected(BadRequest("error decoding YAML: " + strict));
  }
  const std::string version = TextAt(*config, "apiVersion");
  if (version.empty() || TextAt(*config, "kind").empty()) {
    return Unexpected(BadRequest("error unmarshaling apply patch: Object 'Kind' is missing"));
  }
  if (resource_.builtin && (version != resource_.ApiVersion() || TextAt(*config, "kind") != resource_.kind)) {
    return Unexpected(
        BadRequest("invalid object type: " + std::string(version.find('/') == std::string::npos ? "/" : "") +
                   version + ", Kind=" + TextAt(*config, "kind")));
  }
  if (version != resource_.ApiVersion()) {
    return Unexpected(BadRequest("Incorrect version specified in apply patch. Specified patch version: " +
                                 version + ", expected: " + resource_.ApiVersion()));
  }
  if (Outcome<void> ok = CheckConfig(Fields(), *config); !ok) return Unexpected(ok.error());
  if (Outcome<void> ok = MatchesTarget(&*config); !ok) return Unexpected(ok.error());
  if (!old && !options_.subresource.empty()) return Unexpected(Missing());
  if (old) {
    if (Outcome<void> ok = CheckVersion(Render(core_.registry, resource_, *old), *config, /*patch=*/true);
        !ok) {
      return Unexpected(ok.error());
    }
  } else if (!TextAt(*config, {"metadata", "uid"}).empty()) {
    return Unexpected(Conflict(resource_.group, resource_.plural, info_.name,
                               "uid mismatch: the provided object specified uid " +
                                   TextAt(*config, {"metadata", "uid"}) +
                                   ", and no existing object was found"));
  }
  Value live = Object();
  live["apiVersion"] = resource_.ApiVersion();
  live["kind"] = resource_.kind;
  if (old) live = Render(core_.registry, resource_, *old);
  Outcome<Value> merged = ApplyConfig(Fields(), live, *config, options_.force);
  if (!merged) return Unexpected(merged.error());
  if (Outcome<void> ok = CheckFields(core_, resource_, &*merged, {}, &options_); !ok)
    return Unexpected(ok.error());
  if (!old) return StoreNew(std::move(*merged), /*applied=*/true);
  return StoreChange(live, std::move(*merged), /*applied=*/true);
}

}  // namespace fairlead::apiserver
