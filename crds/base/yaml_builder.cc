#include "crds/base/yaml_builder.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>

#include "crds/base/base64.h"
#include "crds/base/json_scan.h"
#include "crds/base/json_text.h"

namespace fairlead {
namespace {

constexpr std::string_view kTags = "tag:yaml.org,2002:";

// The JSON of a scalar; an error text where its tag does not fit.
Result<fairlead::Scalar, std::string> Resolve(std::string_view value, std::string_view tag, bool plain) {
  fairlead::Scalar string;
  AppendJsonString(value, &string.json);
  if (tag.empty() && !plain) return string;
  const std::string_view name = tag.starts_with(kTags) ? tag.substr(kTags.size()) : std::string_view();
  if (tag.empty() || name == "int" || name == "float" || name == "bool" || name == "null") {
    fairlead::Scalar resolved = ResolvePlainScalar(value);
    if (resolved.kind == ScalarKind::kNotANumber) {
      return Unexpected(std::string(value) + " cannot be written as JSON");
    }
    const bool fits =
        name.empty() || (name == "int" && resolved.kind == ScalarKind::kInt) ||
        (name == "float" && (resolved.kind == ScalarKind::kInt || resolved.kind == ScalarKind::kFloat)) ||
        (name == "bool" && resolved.kind == ScalarKind::kBool) ||
        (name == "null" && resolved.kind == ScalarKind::kNull);
    if (!fits)
      return Unexpected("\"" + std::string(value.substr(0, 64)) + "\" is not a !!" + std::string(name));
    if (resolved.kind == ScalarKind::kString || resolved.kind == ScalarKind::kMerge) {
      resolved.json = std::move(string.json);
    }
    return resolved;
  }
  if (name == "binary") {
    std::optional<std::string> bytes = DecodeBase64(value);
    if (!bytes || !simdjson::validate_utf8(bytes->data(), bytes->size())) {
      return Unexpected(std::string("!!binary is not base64 of UTF-8 text"));
    }
    string.json.clear();
    AppendJsonString(*bytes, &string.json);
  }
  return string;
}

}  // namespace

Unexpected<YamlProblem> YamlError(YamlBuilder::Mark at, std::string what) {
  return Unexpected(YamlProblem{at.line, at.column, std::move(what)});
}

YamlResult YamlBuilder::Scalar(std::string_view value, std::string_view tag, bool plain,
                               std::string_view anchor, Mark at) {
  Result<fairlead::Scalar, std::string> scalar = Resolve(value, tag, plain);
  if (!scalar) return YamlError(at, scalar.error());
  if (KeyNext()) {
    if (scalar->kind == ScalarKind::kNull) return YamlError(at, "a key must not be null");
    std::string key;
    if (scalar->json.starts_with('"')) {
      key = scalar->json;
    } else {
      AppendJsonString(scalar->json, &key);  // true, 8080: keys of JSON are strings
    }
    if (!anchor.empty()) {
      anchors_[std::string(anchor)] = {scalar->json, {static_cast<uint32_t>(at.line)}, true, false};
    }
    return Key(key, scalar->kind == ScalarKind::kMerge, at);
  }
  if (auto ok = BeforeValue(at); !ok) return ok;
  out_ += scalar->json;
  if (!anchor.empty()) anchors_[std::string(anchor)] = {scalar->json, {lines_.back()}, false, false};
  AfterValue();
  return {};
}

YamlResult YamlBuilder::Key(const std::string& text, bool merge, Mark at) {
  Frame& frame = frames_.back();
  if (frame.any) out_.push_back(',');
  frame.any = true;
  frame.value_next = true;
  frame.merges |= merge;
  Member member;
  member.key = out_.size();
  out_ += text;
  member.key_end = out_.size();
  out_.push_back(':');
  member.value = out_.size();
  member.first_line = lines_.size();
  member.line = static_cast<uint32_t>(at.line);
  member.merge = merge;
  members_.push_back(member);
  return {};
}

YamlResult YamlBuilder::BeforeValue(Mark at) {
  if (budget_->nodes == 0) return YamlError(at, "too many values");
  --budget_->nodes;
  uint32_t line = static_cast<uint32_t>(at.line);
  if (!frames_.empty()) {
    Frame& frame = frames_.back();
    if (frame.mapping) {
      line = members_.back().line;
    } else {
      if (frame.any) out_.push_back(',');
      frame.any = true;
    }
  }
  lines_.push_back(line);
  return {};
}

void YamlBuilder::AfterValue() {
  if (!frames_.empty()) frames_.back().value_next = false;
}

YamlResult YamlBuilder::Begin(bool mapping, std::string_view anchor, Mark at) {
  if (KeyNext()) return YamlError(at, "a key must be a scalar, is a list or mapping");
  if (frames_.size() >= budget_->depth) {
    return YamlError(at, "nested deeper than " + std::to_string(budget_->depth) + " levels");
  }
  if (auto ok = BeforeValue(at); !ok) return ok;
  Frame frame;
  frame.mapping = mapping;
  frame.begin = out_.size();
  frame.first_line = lines_.size() - 1;
  frame.first_member = members_.size();
  frame.anchor = anchor;
  if (!anchor.empty()) anchors_[frame.anchor] = {};
  out_.push_back(mapping ? '{' : '[');
  frames_.push_back(std::move(frame));
  return {};
}

YamlResult YamlBuilder::End(Mark at) {
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  out_.push_back(frame.mapping ? '}' : ']');
  if (frame.mapping) {
    if (auto ok = CheckDuplicates(frame); !ok) return ok;
    if (frame.merges) {
      if (auto ok = Merge(frame, at); !ok) return ok;
    }
    members_.resize(frame.first_member);
  }
  if (!frame.anchor.empty()) {
    std::string json = out_.substr(frame.begin);
    if (json.size() > budget_->alias_bytes) return YamlError(at, "anchors and aliases hold too much");
    budget_->alias_bytes -= json.size();
    anchors_[frame.anchor] = {std::move(json),
                              {lines_.begin() + static_cast<ptrdiff_t>(frame.first_line), lines_.end()},
                              false,
                              false};
  }
  AfterValue();
  return {};
}

YamlResult YamlBuilder::Alias(std::string_view anchor, Mark at) {
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) return YamlError(at, "unknown anchor \"" + std::string(anchor) + "\"");
  const Anchor& node = found->second;
  if (node.open) return YamlError(at, "anchor \"" + std::string(anchor) + "\" contains itself");
  if (KeyNext()) {
    if (node.json.starts_with('{') || node.json.starts_with('[')) {
      return YamlError(at, "a key must be a scalar, is a list or mapping");
    }
    if (node.json == "null") return YamlError(at, "a key must not be null");
    return Key(node.json.starts_with('"') ? node.json : "\"" + node.json + "\"", false, at);
  }
  if (node.json.size() > budget_->alias_bytes || node.lines.size() > budget_->nodes) {
    return YamlError(at, "anchors and aliases hold too much");
  }
  budget_->alias_bytes -= node.json.size();
  budget_->nodes -= node.lines.size() - 1;  // BeforeValue counts the first
  if (auto ok = BeforeValue(at); !ok) return ok;
  out_ += node.json;
  lines_.insert(lines_.end(), node.lines.begin() + 1, node.lines.end());
  AfterValue();
  return {};
}

YamlResult YamlBuilder::CheckDuplicates(const Frame& frame) const {
  const Member* first = members_.data() + frame.first_member;
  const size_t count = members_.size() - frame.first_member;
  const auto same = [&](const Member& a, const Member& b) {
    return a.merge == b.merge && KeyText(a) == KeyText(b);
  };
  const auto duplicate = [&](const Member& a, const Member& b) {
    const uint32_t earlier = std::min(a.line, b.line), later = std::max(a.line, b.line);
    return YamlError({later, 0},
                     "key " + std::string(KeyText(a)) + " is already on line " + std::to_string(earlier));
  };
  if (count <= 12) {
    for (size_t i = 1; i < count; ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (same(first[i], first[j])) return duplicate(first[i], first[j]);
      }
    }
    return {};
  }
  std::vector<const Member*> sorted;
  for (size_t i = 0; i < count; ++i) sorted.push_back(first + i);
  std::sort(sorted.begin(), sorted.end(), [&](const Member* a, const Member* b) {
    return KeyText(*a) != KeyText(*b) ? KeyText(*a) < KeyText(*b) : a->merge < b->merge;
  });
  for (size_t i = 1; i < count; ++i) {
    if (same(*sorted[i - 1], *sorted[i])) return duplicate(*sorted[i - 1], *sorted[i]);
  }
  return {};
}

}  // namespace fairlead
