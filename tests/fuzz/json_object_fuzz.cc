// Any JSON as an object of each of our kinds: Parse answers, what it accepts has a canonical form that reads
// back the same, and any value survives being written as YAML. The first byte chooses the kind.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <type_traits>

#include "crds/base/json_write.h"
#include "crds/base/yaml.h"
#include "crds/object/any_object.h"

namespace {

using fairlead::JsonDocument;

// The canonical text; empty: refused, and then there are errors.
std::string Canonical(fairlead::Kind kind, const JsonDocument& document) {
  const fairlead::ParsedObject parsed = fairlead::ParseObject(kind, document.root());
  return std::visit(
      [](const auto& object) -> std::string {
        using T = typename std::decay_t<decltype(object)>::element_type;
        if constexpr (std::is_same_v<T, const fairlead::Invalid>) {
          if (object->errors.empty() || object->errors.size() > fairlead::FieldErrors::kMax) std::abort();
          return "";
        } else if constexpr (requires { fairlead::api::ToJson(*object); }) {
          return fairlead::WriteJson(fairlead::api::ToJson(*object));
        } else {
          return "";
        }
      },
      parsed.object);
}

void CheckYaml(const JsonDocument& document) {
  const Json::Value value = fairlead::ToJsonValue(document.root());
  if (!value.isObject() && !value.isArray()) return;
  const auto read = fairlead::ParseYaml(fairlead::WriteYaml(value), {.max_depth = 400});
  if (!read || read->size() != 1) std::abort();
  const auto again = JsonDocument::Parse(read->front().json);
  if (!again) std::abort();
  if (fairlead::WriteJson(fairlead::ToJsonValue(again->root())) != fairlead::WriteJson(value)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  constexpr uint8_t kOwnKinds = 5;  // the first of Kind
  const auto kind = static_cast<fairlead::Kind>(data[0] % kOwnKinds);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto document = JsonDocument::Parse(text, 1u << 16);
  if (!document) return 0;
  const std::string canonical = Canonical(kind, *document);
  if (!canonical.empty()) {
    const auto again = JsonDocument::Parse(canonical);
    if (!again || Canonical(kind, *again) != canonical) std::abort();
  }
  CheckYaml(*document);
  return 0;
}
