#include "tests/support/apiserver/decode.h"

#include "crds/base/yaml.h"
#include "tests/support/apiserver/proto_decode.h"
#include "tests/support/apiserver/schema_check.h"

namespace fairlead::apiserver {
namespace {

std::string GroupVersionOf(const Value& object) { return TextAt(object, "apiVersion"); }

void DropNulls(Value* value) {
  if (value->isArray()) {
    for (Value& item : *value) DropNulls(&item);
    return;
  }
  if (!value->isObject()) return;
  for (const std::string& name : value->getMemberNames()) {
    if ((*value)[name].isNull()) {
      value->removeMember(name);
    } else {
      DropNulls(&(*value)[name]);
    }
  }
}

// Go leaves empty maps and lists out where a field says so.
void DropEmptyMeta(Value* object, bool builtin) {
  const auto drop = [](Value& parent, std::initializer_list<const char*> names) {
    for (const char* name : names) {
      const Value* v = Find(parent, name);
      if (v != nullptr && (v->isObject() || v->isArray()) && v->empty()) parent.removeMember(name);
    }
  };
  if (Has(*object, "metadata") && (*object)["metadata"].isObject()) {
    drop((*object)["metadata"], {"labels", "annotations", "finalizers", "ownerReferences"});
  }
  if (builtin) drop(*object, {"data", "binaryData", "stringData"});
}

std::string Media(const std::string& header) {
  std::string out = header.substr(0, header.find(';'));
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

Unexpected<Failure> CannotHandle(const Resource& r, const std::string& why) {
  return Unexpected(
      BadRequest(r.kind + " in version \"" + r.version + "\" cannot be handled as a " + r.kind + ": " + why));
}

Unexpected<Failure> WrongKind(const Resource& r, const std::string& kind, const std::string& api_version) {
  const std::string version = api_version.substr(api_version.rfind('/') + 1);
  const std::string internal = r.group.empty() ? "core" : r.group.substr(0, r.group.find('.'));
  return Unexpected(BadRequest(kind + " in version \"" + version + "\" cannot be handled as a " + r.kind +
                               ": converting (" + version + "." + kind + ") to (" + internal + "." + r.kind +
                               "): unknown conversion"));
}

Outcome<void> CheckKind(const Resource& r, Value* object) {
  const std::string kind = TextAt(*object, "kind");
  const std::string version = GroupVersionOf(*object);
  if (r.builtin) {
    if (kind.empty()) (*object)["kind"] = r.kind;
    if (version.empty()) (*object)["apiVersion"] = r.ApiVersion();
  } else if (kind.empty() || version.empty()) {
    const std::string missing = kind.empty() ? "Kind" : "apiVersion";
    return Unexpected(BadRequest("the object provided is unrecognized (must be of type " + r.kind +
                                 "): Object '" + missing + "' is missing in '" + Print(*object) + "'"));
  }
  const std::string have = GroupVersionOf(*object);
  if (r.builtin && TextAt(*object, "kind") != r.kind) return WrongKind(r, TextAt(*object, "kind"), have);
  if (have != r.ApiVersion()) {
    return Unexpected(BadRequest("the API version in the data (" + have +
                                 ") does not match the expected API version (" + r.ApiVersion() + ")"));
  }
  return {};
}

}  // namespace

std::string StrictMessage(const std::vector<std::string>& duplicates,
                          const std::vector<std::string>& unknown) {
  std::string out;
  for (const std::string& d : duplicates)
    out += (out.empty() ? "" : ", ") + ("duplicate field \"" + d + "\"");
  for (const std::string& u : unknown) out += (out.empty() ? "" : ", ") + ("unknown field \"" + u + "\"");
  return out.empty() ? out : "strict decoding error: " + out;
}

BodyKind BodyKindOf(const Request& request) {
  const std::string media = Media(request.Header("content-type"));
  if (media.empty() || media == "application/json") return BodyKind::kJson;
  if (media == "application/yaml") return BodyKind::kYaml;
  if (media == "application/vnd.kubernetes.protobuf") return BodyKind::kProtobuf;
  if (media == "application/cbor") return BodyKind::kCbor;
  if (media == "application/json-patch+json") return BodyKind::kJsonPatch;
  if (media == "application/merge-patch+json") return BodyKind::kMergePatch;
  if (media == "application/strategic-merge-patch+json") return BodyKind::kStrategicPatch;
  if (media == "application/apply-patch+yaml") return BodyKind::kApplyPatch;
  return BodyKind::kOther;
}

Outcome<Value> ParseBody(const std::string& body, BodyKind kind, std::vector<std::string>* duplicates) {
  const size_t start = body.find_first_not_of(" \t\r\n");
  const bool json = start != std::string::npos && (body[start] == '{' || body[start] == '[');
  if (json || (kind != BodyKind::kYaml && kind != BodyKind::kApplyPatch)) {
    Result<Value> parsed = ParseJson(body, duplicates);
    if (!parsed) return Unexpected(BadRequest(parsed.error().message));
    return std::move(*parsed);
  }
  Result<std::vector<YamlDocument>> documents = ParseYaml(body);
  if (!documents) return Unexpected(BadRequest("error decoding YAML: " + documents.error().message));
  if (documents->size() != 1) return Unexpected(BadRequest("error decoding YAML: one document is expected"));
  return ParseBody(documents->front().json, BodyKind::kJson, duplicates);
}

Outcome<void> CheckFields(Core& core, const Resource& resource, Value* object,
                          const std::vector<std::string>& duplicates, WriteOptions* options) {
  const Schema& schema = core.registry.SchemaOf(resource);
  if (resource.builtin) {
    const std::string mismatch = TypeMismatch(schema, *object, resource.kind, "");
    if (!mismatch.empty()) return CannotHandle(resource, mismatch);
    DropNulls(object);
  }
  DropEmptyMeta(object, resource.builtin);
  std::vector<std::string> unknown;
  Prune(schema, object, "", &unknown);
  if (options->validation == FieldValidation::kStrict) {
    const std::string strict = StrictMessage(duplicates, unknown);
    if (!strict.empty()) return CannotHandle(resource, strict);
  } else if (options->validation == FieldValidation::kWarn) {
    for (const std::string& d : duplicates) options->warnings.push_back("duplicate field \"" + d + "\"");
    for (const std::string& u : unknown) options->warnings.push_back("unknown field \"" + u + "\"");
  }
  return {};
}

Outcome<Value> DecodeObject(Core& core, const Resource& resource, const Request& request,
                            WriteOptions* options) {
  const BodyKind kind = BodyKindOf(request);
  if (kind == BodyKind::kCbor) {
    return Unexpected(NotImplemented("the embedded API server reads no CBOR: send " + resource.kind +
                                     " as application/json"));
  }
  const bool protobuf = kind == BodyKind::kProtobuf && resource.builtin;
  if (kind != BodyKind::kJson && kind != BodyKind::kYaml && !protobuf) {
    return Unexpected(
        UnsupportedMediaType("application/json, application/yaml" +
                             std::string(resource.builtin ? ", application/vnd.kubernetes.protobuf" : "")));
  }
  std::vector<std::string> duplicates;
  Outcome<Value> object =
      protobuf ? DecodeProtobuf(request.body) : ParseBody(request.body, kind, &duplicates);
  if (!object && protobuf) return object;
  if (!object) {
    return Unexpected(
        BadRequest("the object provided is unrecognized (must be of type " + resource.kind +
                   "): couldn't get version/kind; json parse error: " + object.error().message));
  }
  if (!object->isObject()) {
    return Unexpected(
        BadRequest("the object provided is unrecognized (must be of type " + resource.kind +
                   "): couldn't get version/kind; json parse error: the body is no JSON object"));
  }
  if (Outcome<void> ok = CheckKind(resource, &*object); !ok) return Unexpected(ok.error());
  if (Outcome<void> ok = CheckFields(core, resource, &*object, duplicates, options); !ok) {
    return Unexpected(ok.error());
  }
  return object;
}

Outcome<WriteOptions> ParseWriteOptions(const RequestInfo& info, const Request& request,
                                        const std::string& kind) {
  WriteOptions out;
  FieldFaults faults;
  const std::string dry = info.Query("dryRun");
  if (!dry.empty() && dry != "All") {
    faults.push_back(UnsupportedField("dryRun", ParseJson("[" + QuoteJson(dry) + "]").value(), {"All"}));
  }
  out.dry_run = dry == "All";
  out.force = info.QueryIs("force");
  out.apply = BodyKindOf(request) == BodyKind::kApplyPatch;
  out.manager = info.Query("fieldManager");
  if (kind == "PatchOptions") {
    if (out.apply && out.manager.empty()) {
      faults.push_back(RequiredField("fieldManager", "is required for apply patch"));
    }
    if (!out.apply && info.query.contains("force")) {
      faults.push_back(ForbiddenField("force", "may not be specified for non-apply patch"));
    }
  }
  if (out.manager.size() > 128) faults.push_back(TooLongField("fieldManager", 128));
  const std::string validation = info.Query("fieldValidation");
  if (validation == "Strict") out.validation = FieldValidation::kStrict;
  if (validation == "Ignore") out.validation = FieldValidation::kIgnore;
  if (!validation.empty() && validation != "Strict" && validation != "Ignore" && validation != "Warn") {
    faults.push_back(
        UnsupportedField("fieldValidation", Value(validation), {"", "Ignore", "Strict", "Warn"}));
  }
  if (!faults.empty()) return Unexpected(Invalid("meta.k8s.io", kind, "", faults));
  if (out.manager.empty()) {
    const std::string agent = request.Header("user-agent");
    out.manager = agent.substr(0, agent.find('/'));
    if (out.manager.empty()) out.manager = "unknown";
  }
  out.subresource = info.subresource;
  return out;
}

}  // namespace fairlead::apiserver
