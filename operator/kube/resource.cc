#include "operator/kube/resource.h"

namespace fairlead::kube {
namespace {

std::string Encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

}  // namespace

Resource ResourceOf(Kind kind) {
  const KindInfo& info = InfoOf(kind);
  return {std::string(info.group), std::string(info.version), std::string(info.plural)};
}

std::string CollectionPath(const Resource& resource, const std::string& ns) {
  std::string path = resource.group.empty() ? "/api/" : "/apis/";
  path += resource.GroupVersion();
  if (!ns.empty()) path += "/namespaces/" + Encode(ns);
  return path + "/" + resource.plural;
}

std::string ObjectPath(const Resource& resource, const std::string& ns, const std::string& name,
                       const std::string& subresource) {
  const std::string path = CollectionPath(resource, ns) + "/" + Encode(name);
  return subresource.empty() ? path : path + "/" + subresource;
}

std::string WithQuery(const std::string& path, const Query& query) {
  std::string out = path;
  char separator = '?';
  for (const auto& [name, value] : query) {
    if (value.empty()) continue;
    out += separator + name + "=" + Encode(value);
    separator = '&';
  }
  return out;
}

}  // namespace fairlead::kube
