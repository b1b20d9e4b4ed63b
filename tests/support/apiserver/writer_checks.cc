// What a write is checked for: where it goes, what it rests on, and what is wrong with it.
#include <algorithm>

#include "tests/support/apiserver/crd_rules.h"
#include "tests/support/apiserver/kind_rules.h"
#include "tests/support/apiserver/names.h"
#include "tests/support/apiserver/schema_check.h"
#include "tests/support/apiserver/writer.h"

namespace fairlead::apiserver {
namespace {

void DropFaultsOf(const FieldFaults& before, FieldFaults* faults) {
  std::erase_if(*faults, [&](const FieldFault& f) {
    return std::any_of(before.begin(), before.end(),
                       [&](const FieldFault& b) { return b.Text() == f.Text(); });
  });
}

}  // namespace

Outcome<void> Writer::NamespaceAllows(const std::string& ns, const std::string& name) const {
  if (!resource_.namespaced) return {};
  const ObjectPtr found = core_.store.Get({"/namespaces", "", ns});
  if (!found) return Unexpected(NotFound("", "namespaces", ns));
  if (!Has(Get(*found, "metadata"), "deletionTimestamp")) return {};
  Failure out =
      Forbidden(resource_.group, resource_.plural, name,
                "unable to create new content in namespace " + ns + " because it is being terminated");
  Value cause = Object();
  cause["reason"] = "NamespaceTerminating";
  cause["message"] = "namespace " + ns + " is being terminated";
  cause["field"] = "metadata.namespace";
  out.details["causes"].append(cause);
  return Unexpected(out);
}

// The body's name and namespace against those of the URL; absent ones are filled.
Outcome<void> Writer::MatchesTarget(Value* object) const {
  Value& meta = Ensure(*object, {"metadata"});
  const std::string ns = TextAt(meta, "namespace");
  if (resource_.namespaced) {
    if (ns.empty()) meta["namespace"] = info_.ns;
    if (!ns.empty() && ns != info_.ns) {
      return Unexpected(BadRequest(
          "the namespace of the provided object does not match the namespace sent on the request"));
    }
  } else if (!ns.empty()) {
    return Unexpected(
        BadRequest("the namespace of the provided object does not match the namespace sent on the request"));
  }
  if (info_.name.empty()) return {};
  const std::string name = TextAt(meta, "name");
  if (name.empty() && request_.method == "PATCH") meta["name"] = info_.name;
  if (name != info_.name && !(name.empty() && request_.method == "PATCH")) {
    if (name.empty()) {
      meta["name"] = info_.name;
      return {};
    }
    return Unexpected(BadRequest("the name of the object (" + name +
                                 ") does not match the name on the URL (" + info_.name + ")"));
  }
  return {};
}

void Writer::Faults(const Value* old, const Value& object, FieldFaults* faults) const {
  const Schema& schema = core_.registry.SchemaOf(resource_);
  if (!resource_.builtin) {
    if (TextAt(object, "kind") != resource_.kind) {
      faults->push_back(InvalidField("kind", Get(object, "kind"), "must be " + resource_.kind));
      return;
    }
  }
  if (old) {
    // Twice, as the real server: once for all kinds, once for this.
    ValidateMetaUpdate(object, *old, faults);
    ValidateMetaUpdate(object, *old, faults);
  } else {
    ValidateMeta(resource_, object, faults);
  }
  if (resource_.builtin) {
    ValidateKind(resource_, old, object, faults);
    return;
  }
  FieldFaults found;
  FieldFaults before;
  if (options_.subresource.empty()) {
    ValidateRoot(schema, object, &found);
    if (old) ValidateRoot(schema, *old, &before);
  } else if (const Schema* status = schema.Child("status"); status && Has(object, "status")) {
    ValidateValue(*status, object["status"], "", &found);
    if (old && Has(*old, "status")) ValidateValue(*status, (*old)["status"], "", &before);
    // The real server validates the status as a document of its own and then says where it stands.
    for (FieldFaults* list : {&found, &before}) {
      for (FieldFault& f : *list) f.field = f.field == "<nil>" ? f.field : "status." + f.field;
    }
  }
  DropFaultsOf(before, &found);  // what was wrong before and stays as it is does not stop a change elsewhere
  faults->insert(faults->end(), found.begin(), found.end());
}

void Writer::Warn(const Value* old, const Value& object) {
  const std::vector<std::string> had =
      old ? Strings(At(*old, {"metadata", "finalizers"})) : std::vector<std::string>();
  for (const std::string& f : Strings(At(object, {"metadata", "finalizers"}))) {
    const bool known = std::find(had.begin(), had.end(), f) != had.end() || f == "orphan" ||
                       f == "foregroundDeletion" || f == "kubernetes" || f.find('/') != std::string::npos;
    if (known) continue;
    options_.warnings.push_back("metadata.finalizers: " + QuoteJson(f) +
                                ": prefer a domain-qualified finalizer name " +
                                (f.find('.') != std::string::npos ? "including a path (/) " : "") +
                                "to avoid accidental conflicts with other finalizer writers");
  }
  if (resource_.kind == "CustomResourceDefinition" && options_.subresource.empty()) {
    if (const size_t rules = CountCelRules(object)) {
      options_.warnings.push_back("the embedded API server does not evaluate x-kubernetes-validations: " +
                                  std::to_string(rules) + " CEL rules of " + NameOf(object) +
                                  " are stored and ignored; use a real kube-apiserver to test them");
    }
  }
}

std::string Writer::PreconditionText(const std::string& wanted, const std::string& have) const {
  std::string key = "/registry/" + (resource_.builtin ? "" : resource_.group + "/") + resource_.plural;
  if (resource_.namespaced) key += "/" + info_.ns;
  return "StorageError: invalid object, Code: 4, Key: " + key + "/" + info_.name +
         ", ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: " + wanted +
         ", UID in object meta: " + have;
}

Outcome<void> Writer::CheckVersion(const Value& old, const Value& object, bool patch) const {
  const std::string uid = TextAt(object, {"metadata", "uid"});
  const std::string have = TextAt(old, {"metadata", "uid"});
  if (!uid.empty() && uid != have) {
    if (patch) {
      return Unexpected(Invalid(resource_.group, resource_.kind, info_.name,
                                {InvalidField("metadata.uid", Value(uid), "field is immutable")}));
    }
    return Unexpected(Conflict(resource_.group, resource_.plural, info_.name, PreconditionText(uid, have)));
  }
  const std::string version = TextAt(object, {"metadata", "resourceVersion"});
  if (version.empty()) {
    if (patch || resource_.unconditional_update) return {};
    // The real server names the resource here where elsewhere it names the kind.
    return Unexpected(
        Invalid(resource_.group, resource_.plural, info_.name,
                {InvalidField("metadata.resourceVersion", Int(0), "must be specified for an update")}));
  }
  if (version == TextAt(old, {"metadata", "resourceVersion"})) return {};
  if (version.find_first_not_of("0123456789") != std::string::npos) {
    return Unexpected(Invalid(
        resource_.group, resource_.kind, info_.name,
        {InvalidField("metadata.resourceVersion", Value(version), "must be specified for an update")}));
  }
  return Unexpected(Conflict(
      resource_.group, resource_.plural, info_.name,
      "the object has been modified; please apply your changes to the latest version and try again"));
}

}  // namespace fairlead::apiserver
