#include "tests/support/apiserver/schema_check.h"

namespace fairlead::apiserver {
namespace {

std::string Below(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

std::string GoType(const Schema& schema) {
  if (schema.type == "integer") return schema.format == "int64" ? "int64" : "int32";
  if (schema.type == "number") return "float64";
  if (schema.type == "boolean") return "bool";
  return schema.type;
}

const char* JsonType(const Value& v) {
  if (v.isObject()) return "object";
  if (v.isArray()) return "array";
  if (v.isBool()) return "bool";
  if (v.isString()) return "string";
  return "number";
}

void PruneEmbedded(Value* value, const std::string& path, std::vector<std::string>* unknown) {
  if (Has(*value, "metadata"))
    Prune(ObjectMetaSchema(), &(*value)["metadata"], Below(path, "metadata"), unknown);
}

// Go's encoding/json would refuse this value for a field of this type.
bool Unreadable(const Schema& s, const Value& v) {
  if (v.isNull() || s.int_or_string || s.type.empty() || !s.one_of.empty()) return false;
  if (s.type == "string") return !v.isString();
  if (s.type == "integer") return !v.isNumeric() || v.isBool() || !IsInteger(v);
  if (s.type == "number") return !v.isNumeric() || v.isBool();
  if (s.type == "boolean") return !v.isBool();
  if (s.type == "array") return !v.isArray();
  return s.type == "object" && !v.isObject() && !s.preserve_unknown;
}

}  // namespace

void Prune(const Schema& schema, Value* value, const std::string& path, std::vector<std::string>* unknown) {
  if (value->isArray()) {
    if (schema.items == nullptr) return;
    for (Json::ArrayIndex i = 0; i < value->size(); ++i) {
      Prune(*schema.items, &(*value)[i], path + "[" + std::to_string(i) + "]", unknown);
    }
    return;
  }
  if (!value->isObject()) return;
  if (schema.embedded_resource) PruneEmbedded(value, path, unknown);
  for (const std::string& name : value->getMemberNames()) {
    if (schema.embedded_resource && (name == "apiVersion" || name == "kind" || name == "metadata")) continue;
    if (const Schema* child = schema.Child(name)) {
      Prune(*child, &(*value)[name], Below(path, name), unknown);
    } else if (!schema.preserve_unknown) {
      value->removeMember(name);
      if (unknown) unknown->push_back(Below(path, name));
    }
  }
}

void PruneNulls(const Schema& schema, Value* value) {
  if (value->isArray() && schema.items != nullptr) {
    for (Value& item : *value) PruneNulls(*schema.items, &item);
    return;
  }
  if (!value->isObject()) return;
  for (const std::string& name : value->getMemberNames()) {
    const Schema* child = schema.Child(name);
    if (child == nullptr) continue;
    if ((*value)[name].isNull() && !child->nullable && child->default_value.isNull()) {
      value->removeMember(name);
    } else {
      PruneNulls(*child, &(*value)[name]);
    }
  }
}

void ApplyDefaults(const Schema& schema, Value* value) {
  if (value->isArray() && schema.items != nullptr) {
    for (Value& item : *value) {
      if (item.isNull() && !schema.items->nullable && !schema.items->default_value.isNull()) {
        item = schema.items->default_value;
      }
      ApplyDefaults(*schema.items, &item);
    }
    return;
  }
  if (!value->isObject()) return;
  for (const auto& [name, child] : schema.properties) {
    if (child->default_value.isNull()) continue;
    const Value* have = Find(*value, name);
    if (have == nullptr || (have->isNull() && !child->nullable)) (*value)[name] = child->default_value;
  }
  for (const std::string& name : value->getMemberNames()) {
    if (const Schema* child = schema.Child(name)) ApplyDefaults(*child, &(*value)[name]);
  }
}

std::string TypeMismatch(const Schema& s, const Value& v, const std::string& kind, const std::string& path) {
  if (Unreadable(s, v)) {
    return std::string("json: cannot unmarshal ") + JsonType(v) + " into Go struct field " + kind + "." +
           path + " of type " + GoType(s);
  }
  // Go names the innermost struct and the path without indices.
  const std::string& owner = s.name.empty() ? kind : s.name;
  if (v.isArray() && s.items != nullptr) {
    for (const Value& item : v) {
      if (std::string found = TypeMismatch(*s.items, item, owner, path); !found.empty()) return found;
    }
  }
  if (!v.isObject()) return "";
  for (auto at = v.begin(); at != v.end(); ++at) {
    const Schema* child = s.Child(at.name());
    if (child == nullptr) continue;
    std::string found = TypeMismatch(*child, *at, owner, Below(path, at.name()));
    if (!found.empty()) return found;
  }
  return "";
}

}  // namespace fairlead::apiserver
