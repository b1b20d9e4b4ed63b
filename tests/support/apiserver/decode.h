// From the bytes of a request to an object that is known to be of the right kind.
//
// Who calls: the writer. Unknown and duplicate fields are dropped, warned of or refused, as ?fieldValidation=
// asks. Pure but for the lazily loaded schemas (hold Core::mutex).
#pragma once

#include <string>
#include <vector>

#include "tests/support/apiserver/core.h"

namespace fairlead::apiserver {

enum class FieldValidation { kIgnore, kWarn, kStrict };

struct WriteOptions {
  bool dry_run = false;
  bool force = false;
  bool apply = false;
  FieldValidation validation = FieldValidation::kWarn;
  std::string manager;                // field manager in effect
  std::string subresource;            // "" or "status"
  std::vector<std::string> warnings;  // filled on the way
};

// From query and headers; `kind` names the options object in messages ("CreateOptions").
Outcome<WriteOptions> ParseWriteOptions(const RequestInfo& info, const Request& request,
                                        const std::string& kind);

enum class BodyKind {
  kNone,
  kJson,
  kYaml,
  kProtobuf,
  kCbor,
  kJsonPatch,
  kMergePatch,
  kStrategicPatch,
  kApplyPatch,
  kOther
};
BodyKind BodyKindOf(const Request& request);

// JSON or YAML text to a value.
Outcome<Value> ParseBody(const std::string& body, BodyKind kind, std::vector<std::string>* duplicates);

// An object of this resource from a body.
Outcome<Value> DecodeObject(Core& core, const Resource& resource, const Request& request,
                            WriteOptions* options);

// What DecodeObject does once there is a value; patches pass through here with their result.
Outcome<void> CheckFields(Core& core, const Resource& resource, Value* object,
                          const std::vector<std::string>& duplicates, WriteOptions* options);

// Strict decoding problems in the text of the real server; "" if there are none.
std::string StrictMessage(const std::vector<std::string>& duplicates,
                          const std::vector<std::string>& unknown);

}  // namespace fairlead::apiserver
