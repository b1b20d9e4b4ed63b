// The fields of the policies that a Workspace's roles speak of: which there are, and which can have bounds.
//
// Who calls: the parser of Workspace, admission (who may change what). Pure; the schema is checked against
// this table by a test.
#pragma once

#include <span>
#include <string_view>

#include "crds/base/key.h"

namespace fairlead::api {

enum class FieldType : unsigned char { kInteger, kDuration, kOther };

struct PolicyField {
  Kind kind;
  std::string_view path;  // "spec.retries.attempts"
  FieldType type;
};

// RetryTimeoutPolicy, FailoverPolicy and WorkspaceSettings; the children of a field follow it.
std::span<const PolicyField> PolicyFields();

const PolicyField* FindPolicyField(Kind kind, std::string_view path);  // null: none

// True where `path` is `field` or inside it.
bool IsWithin(std::string_view path, std::string_view field);

}  // namespace fairlead::api
