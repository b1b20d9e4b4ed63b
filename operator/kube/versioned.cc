#include "operator/kube/versioned.h"

#include <optional>
#include <vector>

#include "crds/base/json_scan.h"
#include "crds/base/json_text.h"

namespace fairlead::kube {
namespace {

// The text with `object`, a part of it, having that member with that value.
Result<std::string> WithMember(std::string_view text, std::string_view object, std::string_view key,
                               std::string_view value) {
  std::vector<JsonMember> members;
  if (!JsonMembers(object, &members))
    return Unexpected(Error{ErrorClass::kFatal, "what is to be written is no JSON object"});
  std::string out(text);
  for (const JsonMember& member : members) {
    if (member.key == key)
      return out.replace(static_cast<size_t>(member.value.data() - text.data()), member.value.size(), value);
  }
  const size_t at = static_cast<size_t>(object.data() - text.data()) + object.find('{') + 1;
  return out.insert(at, std::string(key) + ":" + std::string(value) + (members.empty() ? "" : ","));
}

}  // namespace

Result<std::string> WithResourceVersion(std::string_view json, std::string_view version) {
  std::string quoted;
  AppendJsonString(version, &quoted);
  std::vector<JsonMember> members;
  JsonMembers(json, &members);
  for (const JsonMember& member : members) {
    if (member.key == "\"metadata\"") return WithMember(json, member.value, "\"resourceVersion\"", quoted);
  }
  return WithMember(json, json, "\"metadata\"", "{\"resourceVersion\":" + quoted + "}");
}

}  // namespace fairlead::kube
