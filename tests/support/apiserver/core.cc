#include "tests/support/apiserver/core.h"

#include <utility>

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

namespace {

// What core/v1 and events.k8s.io/v1 call the same field of an Event (pkg/apis/core/v1/conversion.go has the
// list).
constexpr std::pair<const char*, const char*> kEventFields[] = {
    {"involvedObject", "regarding"},
    {"message", "note"},
    {"source", "deprecatedSource"},
    {"firstTimestamp", "deprecatedFirstTimestamp"},
    {"lastTimestamp", "deprecatedLastTimestamp"},
    {"count", "deprecatedCount"},
    {"reportingComponent", "reportingController"},
};

void RenameEventFields(bool to_core, Value* event) {
  for (const auto& [core, later] : kEventFields) {
    const char* from = to_core ? later : core;
    if (!event->isMember(from)) continue;
    Value value = (*event)[from];
    event->removeMember(from);
    (*event)[to_core ? core : later] = std::move(value);
  }
}

}  // namespace

Value Render(Registry& registry, const Resource& resource, const Value& object) {
  Value out = object;
  const std::string wanted = resource.ApiVersion();
  if (TextAt(object, "apiVersion") == wanted) return out;
  out["apiVersion"] = wanted;
  if (resource.Type() == "/events") RenameEventFields(resource.group.empty(), &out);
  if (!resource.builtin) Prune(registry.SchemaOf(resource), &out, "", nullptr);
  return out;
}

}  // namespace fairlead::apiserver
