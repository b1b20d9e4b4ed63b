#include "crds/api/object_frame.h"

#include "crds/base/names.h"

namespace fairlead::api {
namespace {

constexpr EnumName<SelectorOperator> kOperators[] = {
    {"In", SelectorOperator::kIn},
    {"NotIn", SelectorOperator::kNotIn},
    {"Exists", SelectorOperator::kExists},
    {"DoesNotExist", SelectorOperator::kDoesNotExist},
};
constexpr size_t kMaxWorkspaceName = 63;  // it is the value of a label of all that is written for it
constexpr StringRule kLabelKeyRule = {.max = 317, .check = CheckLabelKey, .required = true};
constexpr StringRule kLabelValueRule = {.min = 0, .max = 63, .check = CheckLabelValue};

void CheckKey(std::string_view key, Field map) {
  if (std::string why = CheckLabelKey(key); !why.empty()) map.Add("key \"" + std::string(key) + "\" " + why);
}

void ReadRequirement(ObjectReader& r, LabelSelector* out) {
  SelectorRequirement requirement;
  requirement.key = r.String("key", kLabelKeyRule).value_or("");
  const auto op = r.Enum("operator", kOperators, true);
  r.List("values", {.max = kMaxSelectorValues}, [&](JsonNode item, Field at) {
    if (auto value = ReadString(item, at, kLabelValueRule)) requirement.values.push_back(*value);
  });
  if (!op) return;
  requirement.op = *op;
  const bool listed = *op == SelectorOperator::kIn || *op == SelectorOperator::kNotIn;
  const auto values = r.Peek("values");
  const bool any = values && values->Items().begin() != values->Items().end();
  if (listed && !values) {
    r.at("values").Add("is required for operator " + std::string(NameOf(kOperators, *op)));
  } else if (listed && !any) {
    r.at("values").Add("must not be empty for operator " + std::string(NameOf(kOperators, *op)));
  } else if (!listed && any) {
    r.at("values").Add("must not be set for operator " + std::string(NameOf(kOperators, *op)));
  }
  out->match_expressions.push_back(std::move(requirement));
}

// The API server reads these; we only say that they are known.
constexpr std::string_view kServerFields[] = {"generateName",
                                              "selfLink",
                                              "uid",
                                              "resourceVersion",
                                              "generation",
                                              "creationTimestamp",
                                              "deletionTimestamp",
                                              "deletionGracePeriodSeconds",
                                              "ownerReferences",
                                              "finalizers",
                                              "managedFields"};

void ReadMeta(ObjectReader& meta, Kind kind) {
  for (std::string_view field : kServerFields) meta.Take(field);
  StringRule name = {.min = 0, .check = CheckDnsSubdomain, .required = !meta.Has("generateName")};
  if (kind == Kind::kWorkspace) name.max = kMaxWorkspaceName;
  meta.String("name", name);
  meta.String("namespace", {.min = 0, .max = 63, .check = CheckDnsLabel});
  if (!InfoOf(kind).namespaced && meta.Has("namespace")) {
    meta.at("namespace").Warn("is ignored: " + std::string(ToString(kind)) + " is cluster-scoped");
  }
  // As at the API server, the path is that of the map, and the message names the key.
  meta.Map("labels", 4096, [&](std::string_view key, JsonNode value, Field) {
    CheckKey(key, meta.at("labels"));
    if (!value.IsString()) return meta.at("labels").Add("\"" + std::string(key) + "\" must be a string");
    if (std::string why = CheckLabelValue(value.AsString()); !why.empty()) {
      meta.at("labels").Add("\"" + std::string(key) + "\" " + why);
    }
  });
  meta.Map("annotations", 4096, [&](std::string_view key, JsonNode value, Field) {
    CheckKey(key, meta.at("annotations"));
    if (!value.IsString()) meta.at("annotations").Add("\"" + std::string(key) + "\" must be a string");
  });
}

}  // namespace

LabelSelector ReadSelector(ObjectReader& reader) {
  LabelSelector out;
  reader.Map("matchLabels", kMaxLabels, [&](std::string_view key, JsonNode value, Field at) {
    CheckKey(key, reader.at("matchLabels"));
    if (auto text = ReadString(value, at, kLabelValueRule)) out.match_labels.Set(std::string(key), *text);
  });
  reader.Objects("matchExpressions", {.max = kMaxLabels}, [&](ObjectReader& r) { ReadRequirement(r, &out); });
  return out;
}

std::optional<LabelSelector> ReadSelectorAt(ObjectReader& reader, std::string_view member) {
  std::optional<LabelSelector> out;
  reader.Object(member, [&](ObjectReader& selector) { out = ReadSelector(selector); });
  return out;
}

std::vector<std::string> ReadStringSet(ObjectReader& reader, std::string_view member, const ListRule& list,
                                       const StringRule& rule) {
  std::vector<std::string> out;
  reader.List(member, list, [&](JsonNode item, Field at) {
    const std::optional<std::string> text = ReadString(item, at, rule);
    if (text && IsNew(*text, out, at)) out.push_back(*text);
  });
  return out;
}

ObjectMeta ReadFrame(ObjectReader& object, const JsonNode& json, Kind kind) {
  const KindInfo& info = InfoOf(kind);
  const std::string version = std::string(info.group) + "/" + std::string(info.version);
  const auto api_version = object.String("apiVersion");
  if (api_version && *api_version != version) {
    object.at("apiVersion").Add("must be " + version + ", is " + *api_version);
  }
  const auto name = object.String("kind");
  if (name && *name != info.name) {
    object.at("kind").Add("must be " + std::string(info.name) + ", is " + *name);
  }
  object.Object(
      "metadata", [&](ObjectReader& meta) { ReadMeta(meta, kind); }, true);
  ObjectMeta meta = ParseMeta(json);
  if (!info.namespaced) meta.ns.clear();
  return meta;
}

}  // namespace fairlead::api
