#include "tests/support/apiserver/remover.h"

#include <algorithm>

#include "tests/support/apiserver/decode.h"

namespace fairlead::apiserver {
namespace {

void ReadBody(const Value& body, DeleteOptions* out) {
  if (const std::string p = TextAt(body, "propagationPolicy"); !p.empty()) out->propagation = p;
  if (BoolAt(body, {"orphanDependents"})) out->propagation = "Orphan";
  if (Get(body, "gracePeriodSeconds").isInt64()) out->grace_seconds = IntAt(body, {"gracePeriodSeconds"});
  for (const std::string& dry : Strings(Get(body, "dryRun"))) out->dry_run = out->dry_run || dry == "All";
  out->uid = TextAt(body, {"preconditions", "uid"});
  out->resource_version = TextAt(body, {"preconditions", "resourceVersion"});
}

Outcome<void> CheckPreconditions(const Resource& r, const Value& object, const DeleteOptions& options) {
  const std::string uid = TextAt(object, {"metadata", "uid"});
  const std::string version = TextAt(object, {"metadata", "resourceVersion"});
  if (!options.uid.empty() && options.uid != uid) {
    return Unexpected(Conflict(r.group, r.kind, NameOf(object),
                               "the UID in the precondition (" + options.uid +
                                   ") does not match the UID in record (" + uid +
                                   "). The object might have been deleted and then recreated"));
  }
  if (!options.resource_version.empty() && options.resource_version != version) {
    return Unexpected(Conflict(r.group, r.kind, NameOf(object),
                               "the ResourceVersion in the precondition (" + options.resource_version +
                                   ") does not match the ResourceVersion in record (" + version +
                                   "). The object might have been modified"));
  }
  return {};
}

void SetFinalizer(Value* object, const std::string& name, bool wanted) {
  std::vector<std::string> list = Strings(At(*object, {"metadata", "finalizers"}));
  const auto at = std::find(list.begin(), list.end(), name);
  if (wanted && at == list.end()) list.push_back(name);
  if (!wanted && at != list.end()) list.erase(at);
  Remove(*object, {"metadata", "finalizers"});
  for (const std::string& f : list) (*object)["metadata"]["finalizers"].append(f);
}

// Seconds that a Pod on a node is given; 0: it goes at once.
int64_t GraceOf(const Resource& r, const Value& object, const DeleteOptions& options) {
  if (r.Type() != "/pods" || TextAt(object, {"spec", "nodeName"}).empty()) return 0;
  const std::string phase = TextAt(object, {"status", "phase"});
  if (phase == "Succeeded" || phase == "Failed") return 0;
  return options.grace_seconds.value_or(IntAt(object, {"spec", "terminationGracePeriodSeconds"}, 30));
}

void MarkDeleting(const Core& core, int64_t grace, Value* object) {
  Value& meta = (*object)["metadata"];
  if (Has(meta, "deletionTimestamp")) return;
  Timestamp at = core.options.clock->WallNow();
  at.seconds += grace;
  meta["deletionTimestamp"] = at.ToString();
  meta["deletionGracePeriodSeconds"] = Int(grace);
  if (IntAt(meta, {"generation"}) > 0) meta["generation"] = Int(IntAt(meta, {"generation"}) + 1);
}

}  // namespace

Outcome<DeleteOptions> ParseDeleteOptions(const RequestInfo& info, const Request& request) {
  DeleteOptions out;
  out.dry_run = info.Query("dryRun") == "All";
  out.propagation = info.Query("propagationPolicy");
  if (const std::string grace = info.Query("gracePeriodSeconds"); !grace.empty())
    out.grace_seconds = atoll(grace.c_str());
  if (!request.body.empty()) {
    const BodyKind kind = BodyKindOf(request);
    if (kind == BodyKind::kProtobuf || kind == BodyKind::kCbor) {
      return Unexpected(
          NotImplemented("the embedded API server reads DeleteOptions as application/json only"));
    }
    Outcome<Value> body = ParseBody(request.body, kind, nullptr);
    if (!body || !body->isObject())
      return Unexpected(BadRequest("couldn't get version/kind; json parse error"));
    ReadBody(*body, &out);
  }
  static const std::vector<std::string> policies = {"", "Background", "Foreground", "Orphan"};
  if (std::find(policies.begin(), policies.end(), out.propagation) == policies.end()) {
    return Unexpected(Invalid("meta.k8s.io", "DeleteOptions", "",
                              {UnsupportedField("propagationPolicy", Value(out.propagation),
                                                {"Foreground", "Background", "Orphan", "nil"})}));
  }
  return out;
}

Outcome<Removed> RemoveObject(Core& core, const Resource& r, const StoreKey& key,
                              const DeleteOptions& options) {
  const ObjectPtr old = core.store.Get(key);
  if (!old) return Unexpected(NotFound(r.group, r.plural, key.name));
  if (Outcome<void> ok = CheckPreconditions(r, *old, options); !ok) return Unexpected(ok.error());
  Value object = *old;
  if (options.propagation == "Orphan") SetFinalizer(&object, "orphan", true);
  if (options.propagation == "Foreground") SetFinalizer(&object, "foregroundDeletion", true);
  const bool is_namespace = r.Type() == "/namespaces";
  const int64_t grace = GraceOf(r, object, options);
  const bool waits = is_namespace || grace > 0 || !Get(object["metadata"], "finalizers").empty();
  if (!waits) {
    if (options.dry_run) return Removed{std::move(object), true};
    const ObjectPtr last = core.store.Remove(key);
    // The answer shows the object with the version that it had before.
    return Removed{r.returns_deleted ? *last : object, true};
  }
  MarkDeleting(core, grace, &object);
  if (is_namespace) Remove(object, {"metadata", "deletionGracePeriodSeconds"});
  if (is_namespace) Ensure(object, {"status"})["phase"] = "Terminating";
  if (!options.dry_run && !SameValue(object, *old)) object = *core.store.Put(key, object);
  return Removed{std::move(object), false};
}

Value DeletedStatus(const Resource& r, const Value& object) {
  Value s = Object();
  s["kind"] = "Status";
  s["apiVersion"] = "v1";
  s["metadata"] = Object();
  s["status"] = "Success";
  s["details"]["name"] = NameOf(object);
  if (!r.group.empty()) s["details"]["group"] = r.group;
  s["details"]["kind"] = r.plural;
  s["details"]["uid"] = At(object, {"metadata", "uid"});
  return s;
}

}  // namespace fairlead::apiserver
