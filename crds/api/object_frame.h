// What the parsers of our own kinds share: apiVersion, kind and metadata, selectors, and the verdict.
//
// Who calls: crds/api/*.cc only. Pure.
#pragma once

#include <utility>

#include "crds/base/field_errors.h"
#include "crds/base/labels.h"
#include "crds/base/meta.h"
#include "crds/base/object_reader.h"
#include "crds/base/parse.h"

namespace fairlead::api {

inline constexpr size_t kMaxLabels = 16;  // of a selector's matchLabels and matchExpressions
inline constexpr size_t kMaxSelectorValues = 16;

// matchLabels and matchExpressions of `reader`.
LabelSelector ReadSelector(ObjectReader& reader);
// The same of the member's object; absent: nullopt.
std::optional<LabelSelector> ReadSelectorAt(ObjectReader& reader, std::string_view member);

// A list without repetition of strings. The n-th occurrence of a value is the error.
std::vector<std::string> ReadStringSet(ObjectReader& reader, std::string_view member, const ListRule& list,
                                       const StringRule& rule);
// For lists of anything: adds the error when `value` is in `seen` already.
template <class T>
bool IsNew(const T& value, const std::vector<T>& seen, Field at) {
  for (size_t i = 0; i < seen.size(); ++i) {
    if (seen[i] != value) continue;
    at.Add("repeats item " + std::to_string(i));
    return false;
  }
  return true;
}

// Checks apiVersion, kind and metadata of an object of ours and reads the metadata.
ObjectMeta ReadFrame(ObjectReader& object, const JsonNode& json, Kind kind);

template <class T>
Parsed<T> Verdict(T value, FieldErrors& errors) {
  Parsed<T> out;
  out.warnings = errors.TakeWarnings();
  if (errors.ok()) {
    out.result = std::move(value);
  } else {
    ObjectKey key{T::kKind, value.meta.ns, value.meta.name};
    out.result = Invalid{std::move(key), std::move(value.meta), errors.TakeErrors()};
  }
  return out;
}

// read_spec(ObjectReader& spec, T* out); read_status(const JsonNode& status, T* out), which is lenient: only
// Fairlead writes there.
template <class T, class ReadSpec, class ReadStatus>
Parsed<T> ParseOwn(const JsonNode& json, ReadSpec read_spec, ReadStatus read_status) {
  FieldErrors errors;
  T value;
  std::string status_text;
  ReadObject(json, errors.Root(), [&](ObjectReader& object) {
    value.meta = ReadFrame(object, json, T::kKind);
    object.Object(
        "spec", [&](ObjectReader& spec) { read_spec(spec, &value); }, true);
    if (const std::optional<JsonNode> status = object.Take("status"); status && status->IsObject()) {
      read_status(*status, &value);
      status_text = status->Print();
    }
  });
  Parsed<T> out = Verdict(std::move(value), errors);
  if (auto* invalid = std::get_if<Invalid>(&out.result)) invalid->status = std::move(status_text);
  return out;
}

template <class T, class ReadSpec>
Parsed<T> ParseOwn(const JsonNode& json, ReadSpec read_spec) {
  return ParseOwn<T>(json, read_spec, [](const JsonNode&, T*) {});
}

}  // namespace fairlead::api
