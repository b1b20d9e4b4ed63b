#include "tests/support/apiserver/core.h"

#include "tests/support/apiserver/schema_check.h"

namespace fairlead::apiserver {

std::string IdSource::Uid() {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  uint64_t bits[2] = {random_(), random_()};
  for (int i = 0; i < 32; ++i) {
    int nibble = (bits[i / 16] >> (4 * (i % 16))) & 15;
    if (i == 12) nibble = 4;
    if (i == 16) nibble = 8 | (nibble & 3);
    if (i == 8 || i == 12 || i == 16 || i == 20) out.push_back('-');
    out.push_back(kHex[nibble]);
  }
  return out;
}

std::string IdSource::Suffix() {
  static constexpr char kLetters[] = "bcdfghjklmnpqrstvwxz2456789";
  std::string out;
  for (int i = 0; i < 5; ++i) out.push_back(kLetters[random_() % (sizeof kLetters - 1)]);
  return out;
}

std::string NameOf(const Value& object) { return TextAt(object, {"metadata", "name"}); }
std::string NamespaceOf(const Value& object) { return TextAt(object, {"metadata", "namespace"}); }

StoreKey KeyOf(const Resource& resource, const Value& object) {
  return {resource.Type(), resource.namespaced ? NamespaceOf(object) : "", NameOf(object)};
}

Value Render(Registry& registry, const Resource& resource, const Value& object) {
  Value out = object;
  const std::string wanted = resource.ApiVersion();
  if (TextAt(object, "apiVersion") == wanted) return out;
  out["apiVersion"] = wanted;
  if (!resource.builtin) Prune(registry.SchemaOf(resource), &out, "", nullptr);
  return out;
}

}  // namespace fairlead::apiserver
