#include "crds/base/json_write.h"

#include "crds/base/json_text.h"

namespace fairlead {
namespace {

// indent < 0: minified.
void Write(const Json::Value& value, int indent, std::string* out) {
  const auto line = [&](int depth) {
    if (indent < 0) return;
    out->push_back('\n');
    out->append(static_cast<size_t>(depth) * 2, ' ');
  };
  const int inner = indent < 0 ? indent : indent + 1;
  switch (value.type()) {
    case Json::nullValue:
      *out += "null";
      return;
    case Json::booleanValue:
      *out += value.asBool() ? "true" : "false";
      return;
    case Json::intValue:
      *out += std::to_string(value.asInt64());
      return;
    case Json::uintValue:
      *out += std::to_string(value.asUInt64());
      return;
    case Json::realValue:
      AppendJsonDouble(value.asDouble(), out);
      return;
    case Json::stringValue: {
      const char *begin = nullptr, *end = nullptr;
      value.getString(&begin, &end);
      AppendJsonString({begin, static_cast<size_t>(end - begin)}, out);
      return;
    }
    case Json::arrayValue: {
      out->push_back('[');
      for (Json::ArrayIndex i = 0; i < value.size(); ++i) {
        if (i > 0) out->push_back(',');
        line(inner);
        Write(value[i], inner, out);
      }
      if (!value.empty()) line(indent);
      out->push_back(']');
      return;
    }
    case Json::objectValue: {
      out->push_back('{');
      bool first = true;
      for (auto it = value.begin(); it != value.end(); ++it) {  // jsoncpp keeps members sorted
        if (!first) out->push_back(',');
        first = false;
        line(inner);
        AppendJsonString(it.name(), out);
        *out += indent < 0 ? ":" : ": ";
        Write(*it, inner, out);
      }
      if (!value.empty()) line(indent);
      out->push_back('}');
      return;
    }
  }
}

}  // namespace

std::string WriteJson(const Json::Value& value) {
  std::string out;
  Write(value, -1, &out);
  return out;
}

std::string WritePrettyJson(const Json::Value& value) {
  std::string out;
  Write(value, 0, &out);
  out.push_back('\n');
  return out;
}

Json::Value ToJsonValue(const JsonNode& node) {
  switch (node.type()) {
    case JsonNode::Type::kNull:
      return Json::nullValue;
    case JsonNode::Type::kBool:
      return node.AsBool().value_or(false);
    case JsonNode::Type::kInt:
      if (auto i = node.AsInt()) return Json::Int64(*i);
      return Json::Value(Json::UInt64(node.AsUint().value_or(0)));
    case JsonNode::Type::kDouble:
      return node.AsDouble().value_or(0);
    case JsonNode::Type::kString: {
      const std::string_view text = node.AsString();
      return Json::Value(text.data(), text.data() + text.size());
    }
    case JsonNode::Type::kArray: {
      Json::Value out(Json::arrayValue);
      for (JsonNode item : node.Items()) out.append(ToJsonValue(item));
      return out;
    }
    case JsonNode::Type::kObject: {
      Json::Value out(Json::objectValue);
      for (auto [key, value] : node.Members()) out[std::string(key)] = ToJsonValue(JsonNode(value));
      return out;
    }
  }
  return Json::nullValue;
}

}  // namespace fairlead
