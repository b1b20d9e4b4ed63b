#include "tests/support/apiserver/schema.h"

#include <re2/re2.h>

namespace fairlead::apiserver {
namespace {

std::optional<double> Number(const Value& v) {
  return v.isNumeric() && !v.isBool() ? std::optional<double>(v.asDouble()) : std::nullopt;
}
std::optional<int64_t> Count(const Value& v) {
  return v.isInt64() && !v.isBool() ? std::optional<int64_t>(v.asInt64()) : std::nullopt;
}

constexpr char kObjectMeta[] = R"({"type":"object","properties":{
  "annotations":{"type":"object","additionalProperties":{"type":"string"}},
  "creationTimestamp":{"type":"string","format":"date-time","nullable":true},
  "deletionGracePeriodSeconds":{"type":"integer","format":"int64","nullable":true},
  "deletionTimestamp":{"type":"string","format":"date-time","nullable":true},
  "finalizers":{"type":"array","items":{"type":"string"},"x-kubernetes-list-type":"set",
    "x-kubernetes-patch-strategy":"merge"},
  "generateName":{"type":"string"},"generation":{"type":"integer","format":"int64"},
  "labels":{"type":"object","additionalProperties":{"type":"string"}},
  "managedFields":{"type":"array","x-kubernetes-list-type":"atomic","items":{"type":"object","properties":{
    "apiVersion":{"type":"string"},"fieldsType":{"type":"string"},
    "fieldsV1":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
    "manager":{"type":"string"},"operation":{"type":"string"},"subresource":{"type":"string"},
    "time":{"type":"string","format":"date-time"}}}},
  "name":{"type":"string"},"namespace":{"type":"string"},
  "ownerReferences":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["uid"],
    "x-kubernetes-patch-merge-key":"uid","x-kubernetes-patch-strategy":"merge",
    "items":{"type":"object","x-kubernetes-map-type":"atomic","properties":{
    "apiVersion":{"type":"string"},"blockOwnerDeletion":{"type":"boolean"},"controller":{"type":"boolean"},
    "kind":{"type":"string"},"name":{"type":"string"},"uid":{"type":"string"}}}},
  "resourceVersion":{"type":"string"},"selfLink":{"type":"string"},"uid":{"type":"string"}}})";

std::string RefName(const Value& openapi) {
  std::string ref = TextAt(openapi, "$ref");
  if (ref.empty() && Get(openapi, "allOf").isArray() && Get(openapi, "allOf").size() == 1) {
    ref = TextAt(openapi["allOf"][0], "$ref");
  }
  return ref.empty() ? ref : ref.substr(ref.rfind('/') + 1);
}

}  // namespace

const Schema* Schema::Child(std::string_view name) const {
  const auto at = properties.find(name);
  return at != properties.end() ? at->second : additional;
}

Schema* SchemaSet::New() { return &schemas_.emplace_back(); }

const Schema* SchemaSet::Add(const Value& openapi) {
  const std::string ref = RefName(openapi);
  if (!ref.empty()) {
    const auto at = components_.find(ref);
    return at != components_.end() ? at->second : New();
  }
  Schema* out = New();
  Fill(openapi, out);
  return out;
}

void SchemaSet::AddComponents(const Value& components) {
  for (const std::string& name : components.getMemberNames()) {
    if (!components_.contains(name)) components_[name] = New();
  }
  for (const std::string& name : components.getMemberNames()) {
    Schema* out = components_[name];
    if (!out->type.empty() || !out->properties.empty()) continue;  // from a document read earlier
    Fill(components[name], out);
    out->name = name.substr(name.rfind('.') + 1);
    // Types without declared fields carry anything: RawExtension, FieldsV1, JSON.
    if (out->properties.empty() && out->additional == nullptr &&
        (out->type == "object" || out->type.empty())) {
      out->preserve_unknown = true;
    }
  }
}

const Schema* SchemaSet::Component(const std::string& name) const {
  const auto at = components_.find(name);
  return at == components_.end() ? nullptr : at->second;
}

void SchemaSet::Fill(const Value& openapi, Schema* out) {
  if (!openapi.isObject()) return;
  out->type = TextAt(openapi, "type");
  out->format = TextAt(openapi, "format");
  out->pattern_text = TextAt(openapi, "pattern");
  if (!out->pattern_text.empty()) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    out->pattern = std::make_shared<const re2::RE2>(out->pattern_text, options);
  }
  out->nullable = BoolAt(openapi, {"nullable"});
  out->int_or_string = BoolAt(openapi, {"x-kubernetes-int-or-string"}) || out->format == "int-or-string";
  if (out->int_or_string) out->format.clear();
  out->preserve_unknown = BoolAt(openapi, {"x-kubernetes-preserve-unknown-fields"});
  out->embedded_resource = BoolAt(openapi, {"x-kubernetes-embedded-resource"});
  out->exclusive_minimum = BoolAt(openapi, {"exclusiveMinimum"});
  out->exclusive_maximum = BoolAt(openapi, {"exclusiveMaximum"});
  out->minimum = Number(Get(openapi, "minimum"));
  out->maximum = Number(Get(openapi, "maximum"));
  out->multiple_of = Number(Get(openapi, "multipleOf"));
  out->min_length = Count(Get(openapi, "minLength"));
  out->max_length = Count(Get(openapi, "maxLength"));
  out->min_items = Count(Get(openapi, "minItems"));
  out->max_items = Count(Get(openapi, "maxItems"));
  out->min_properties = Count(Get(openapi, "minProperties"));
  out->max_properties = Count(Get(openapi, "maxProperties"));
  out->required = Strings(Get(openapi, "required"));
  out->default_value = Get(openapi, "default");
  if (const Value& rules = Get(openapi, "x-kubernetes-validations"); rules.isArray())
    cel_rules_ += rules.size();
  for (const Value& v : Get(openapi, "enum")) out->enumeration.push_back(v);
  FillLists(openapi, out);
}

void SchemaSet::FillLists(const Value& openapi, Schema* out) {
  const std::string list_type = TextAt(openapi, "x-kubernetes-list-type");
  out->has_list_type = !list_type.empty();
  if (list_type == "set") out->list_type = Schema::ListType::kSet;
  if (list_type == "map") out->list_type = Schema::ListType::kMap;
  out->list_keys = Strings(Get(openapi, "x-kubernetes-list-map-keys"));
  out->atomic_map = TextAt(openapi, "x-kubernetes-map-type") == "atomic";
  out->merge_key = TextAt(openapi, "x-kubernetes-patch-merge-key");
  out->merge_strategy = TextAt(openapi, "x-kubernetes-patch-strategy");
  if (const Value& properties = Get(openapi, "properties"); properties.isObject()) {
    for (auto at = properties.begin(); at != properties.end(); ++at) out->properties[at.name()] = Add(*at);
  }
  if (const Value& additional = Get(openapi, "additionalProperties"); additional.isObject()) {
    out->additional = Add(additional);
  } else if (additional.isBool() && additional.asBool()) {
    Schema* any = New();
    any->preserve_unknown = true;
    out->additional = any;
  }
  if (const Value& items = Get(openapi, "items"); items.isObject()) out->items = Add(items);
  for (const Value& v : Get(openapi, "allOf")) out->all_of.push_back(Add(v));
  for (const Value& v : Get(openapi, "anyOf")) out->any_of.push_back(Add(v));
  for (const Value& v : Get(openapi, "oneOf")) out->one_of.push_back(Add(v));
  if (const Value& v = Get(openapi, "not"); v.isObject()) out->negated = Add(v);
}

const Schema& ObjectMetaSchema() {
  static SchemaSet set;
  static const Schema* schema = set.Add(ParseJson(kObjectMeta).value());
  return *schema;
}

const Schema* RootSchema(const Schema* declared, SchemaSet* set) {
  Schema* root = set->New();
  if (declared != nullptr) {
    *root = *declared;
  } else {
    root->preserve_unknown = true;
  }
  root->type = "object";
  Schema* text = set->New();
  text->type = "string";
  root->properties["apiVersion"] = text;
  root->properties["kind"] = text;
  root->properties["metadata"] = &ObjectMetaSchema();
  return root;
}

}  // namespace fairlead::apiserver
