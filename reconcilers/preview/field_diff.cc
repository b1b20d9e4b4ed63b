#include "reconcilers/preview/field_diff.h"

#include <algorithm>
#include <set>

#include "crds/base/json_write.h"

namespace fairlead::reconcilers::preview {
namespace {

constexpr size_t kMaxText = 100;  // of a value in words

bool OfObjects(const Json::Value& list) {
  return list.isArray() && !list.empty() &&
         std::all_of(list.begin(), list.end(), [](const auto& v) { return v.isObject(); });
}

class Diffing {
 public:
  std::vector<FieldDelta> Take() { return std::move(out_); }

  void Value(const std::string& path, const Json::Value& a, const Json::Value& b) {
    if (a == b) return;
    if (a.isObject() && b.isObject()) return Members(path, a, b);
    if (a.isObject() && b.isNull() && !a.empty()) return Members(path, a, Json::Value(Json::objectValue));
    if (b.isObject() && a.isNull() && !b.empty()) return Members(path, Json::Value(Json::objectValue), b);
    if (OfObjects(a) && OfObjects(b)) return Items(path, a, b);
    out_.push_back({path, a, b});
  }

 private:
  void Members(const std::string& path, const Json::Value& a, const Json::Value& b) {
    std::set<std::string> names;
    for (const Json::Value* side : {&a, &b}) {
      for (std::string& name : side->getMemberNames()) names.insert(std::move(name));
    }
    for (const std::string& name : names) {
      const bool plain = name.find_first_of("./[] ") == std::string::npos;
      const std::string step = plain ? (path.empty() ? "" : ".") + name : "[" + name + "]";
      Value(path + step, a[name], b[name]);
    }
  }

  // What both lists begin and end with is the same element; between, those of one place are compared.
  void Items(const std::string& path, const Json::Value& a, const Json::Value& b) {
    Json::ArrayIndex head = 0, tail = 0;
    const Json::ArrayIndex shorter = std::min(a.size(), b.size());
    while (head < shorter && a[head] == b[head]) ++head;
    while (tail < shorter - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
    const Json::ArrayIndex end_a = a.size() - tail, end_b = b.size() - tail;
    for (Json::ArrayIndex i = head; i < std::max(end_a, end_b); ++i) {
      const std::string at = path + "[" + std::to_string(i) + "]";
      if (i < end_a && i < end_b) {
        Value(at, a[i], b[i]);
      } else {
        out_.push_back({at, i < end_a ? a[i] : Json::Value(), i < end_b ? b[i] : Json::Value()});
      }
    }
  }

  std::vector<FieldDelta> out_;
};

}  // namespace

std::string Printable(std::string text) {
  for (char& c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7F) c = '?';
  }
  // C1 controls, which are two bytes in UTF-8
  for (size_t at = text.find('\xC2'); at != std::string::npos && at + 1 < text.size();
       at = text.find('\xC2', at + 1)) {
    if (static_cast<unsigned char>(text[at + 1]) < 0xA0) text.replace(at, 2, "?");
  }
  return text;
}

std::vector<FieldDelta> FieldDiff(const Json::Value& before, const Json::Value& after) {
  Diffing diffing;
  diffing.Value("", before, after);
  return diffing.Take();
}

Json::Value Written(const Json::Value& object) {
  Json::Value out(Json::objectValue);
  if (!object.isObject()) return out;
  for (const std::string& name : object.getMemberNames()) {
    if (name != "apiVersion" && name != "kind" && name != "metadata" && name != "status")
      out[name] = object[name];
  }
  const Json::Value& meta = object["metadata"];
  if (!meta.isObject()) return out;
  if (meta["labels"].isObject() && !meta["labels"].empty()) out["metadata"]["labels"] = meta["labels"];
  Json::Value annotations = meta["annotations"];
  if (annotations.isObject()) {
    for (const std::string& name : annotations.getMemberNames()) {
      if (name.starts_with("kubectl.kubernetes.io/")) annotations.removeMember(name);
    }
    if (!annotations.empty()) out["metadata"]["annotations"] = annotations;
  }
  return out;
}

std::string InWords(const Json::Value& value) {
  std::string out;
  if (value.isNull()) {
    out = "none";
  } else if (value.isString()) {
    out = value.asString().empty() ? "\"\"" : value.asString();
  } else if (value.isArray() && !OfObjects(value)) {
    for (const Json::Value& item : value) out += (out.empty() ? "" : ", ") + InWords(item);
    out = "[" + out + "]";
  } else {
    out = WriteJson(value);
  }
  out = Printable(out);
  if (out.size() <= kMaxText) return out;
  size_t cut = kMaxText;
  while (cut > 0 && (static_cast<unsigned char>(out[cut]) & 0xC0) == 0x80) --cut;
  return out.substr(0, cut) + "…";
}

}  // namespace fairlead::reconcilers::preview
