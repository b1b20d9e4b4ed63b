// The object that an entry of a status tells of: group, kind, namespace, name. Who calls: the readers and
// writers of statuses.
#pragma once

#include <json/value.h>

#include <string>

#include "crds/base/json.h"
#include "crds/base/key.h"

namespace fairlead::api {

inline Json::Value KindToJson(Kind kind) {
  Json::Value out(Json::objectValue);
  out["group"] = std::string(InfoOf(kind).group);
  out["kind"] = std::string(InfoOf(kind).name);
  return out;
}

// T has kind, ns and name.
template <class T>
Json::Value TargetToJson(const T& target) {
  Json::Value out = KindToJson(target.kind);
  out["namespace"] = target.ns;
  out["name"] = target.name;
  return out;
}

// False: of a kind that is not known.
template <class T>
bool ReadTarget(const JsonNode& node, T* out) {
  const KindInfo* info = FindKind(node.StringAt("group"), node.StringAt("kind"));
  if (info == nullptr) return false;
  out->kind = info->kind;
  out->ns = node.StringAt("namespace");
  out->name = node.StringAt("name");
  return true;
}

}  // namespace fairlead::api
