// Names of objects: group and kind, namespace and name.
//
// Everything that is queued, indexed or named in a message is one of these. Values, ordered, hashable.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

namespace fairlead {

struct NamespacedName {
  std::string ns;  // empty for cluster-scoped objects
  std::string name;

  std::string ToString() const { return ns.empty() ? name : ns + "/" + name; }
  friend auto operator<=>(const NamespacedName&, const NamespacedName&) = default;
  friend bool operator==(const NamespacedName&, const NamespacedName&) = default;
};

// The kinds that Fairlead reads or writes. Short, closed and ordered as in messages.
enum class Kind : unsigned char {
  kRetryTimeoutPolicy,
  kFailoverPolicy,
  kWorkspace,
  kWorkspaceSettings,
  kDataPlane,
  kHTTPRoute,
  kGRPCRoute,
  kGateway,
  kService,
  kEndpointSlice,
  kPod,
  kNode,
  kNamespace,
  kServiceEntry,
  kReferenceGrant,
};
inline constexpr size_t kKindCount = static_cast<size_t>(Kind::kReferenceGrant) + 1;

struct KindInfo {
  Kind kind;
  std::string_view group;    // "" for core
  std::string_view version;  // "v1"
  std::string_view name;     // "HTTPRoute"
  std::string_view plural;   // "httproutes"
  bool namespaced;
  bool protobuf;  // travels as application/vnd.kubernetes.protobuf
};
const KindInfo& InfoOf(Kind kind);
std::string_view ToString(Kind kind);                                     // "HTTPRoute"
const KindInfo* FindKind(std::string_view group, std::string_view name);  // null: not ours to read

struct ObjectKey {
  Kind kind = Kind::kService;
  std::string ns;
  std::string name;

  NamespacedName nn() const { return {ns, name}; }
  // "HTTPRoute shop/ratings"
  std::string ToString() const { return std::string(fairlead::ToString(kind)) + " " + nn().ToString(); }
  friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
  friend bool operator==(const ObjectKey&, const ObjectKey&) = default;
};

}  // namespace fairlead

template <>
struct std::hash<fairlead::NamespacedName> {
  size_t operator()(const fairlead::NamespacedName& n) const noexcept {
    return std::hash<std::string>()(n.ns) * 1000003u ^ std::hash<std::string>()(n.name);
  }
};
template <>
struct std::hash<fairlead::ObjectKey> {
  size_t operator()(const fairlead::ObjectKey& k) const noexcept {
    return (std::hash<std::string>()(k.ns) * 1000003u ^ std::hash<std::string>()(k.name)) * 31u +
           static_cast<size_t>(k.kind);
  }
};
