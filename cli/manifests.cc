#include "cli/manifests.h"

#include <utility>

#include "crds/base/names.h"

namespace fairlead::cli {

using reconcilers::preview::Manifest;

std::vector<Manifest> ManifestsOf(const Loaded& loaded, const std::string& default_namespace) {
  std::vector<Manifest> out;
  out.reserve(loaded.objects.size() + loaded.foreign.size());
  const auto place = [](const std::string& file, const YamlDocument& document) {
    return document.line == 0 ? file : file + ":" + std::to_string(document.line);
  };
  for (const LoadedObject& loaded_object : loaded.objects) {
    const ObjectKey key = KeyOf(loaded_object.object);
    if (key.name.empty()) continue;
    out.push_back({{std::string(InfoOf(key.kind).group), std::string(ToString(key.kind)), key.nn()},
                   loaded_object.document.json,
                   loaded_object.object,
                   place(loaded_object.file, loaded_object.document)});
  }
  for (const LoadedForeign& foreign : loaded.foreign) {
    std::optional<Manifest> manifest = reconcilers::preview::ReadManifest(
        foreign.document.json, default_namespace, place(foreign.file, foreign.document));
    if (manifest) out.push_back(std::move(*manifest));
  }
  return out;
}

Result<LabelSelector> ParseSelector(const std::string& text) {
  LabelSelector out;
  const auto wrong = [&](const std::string& part) {
    return Unexpected(Error{ErrorClass::kInvalid,
                            "-l " + text + ": \"" + part + "\" is not KEY=VALUE, KEY!=VALUE, KEY or !KEY"});
  };
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, end - at);
    at = end + 1;
    const size_t sign = part.find('=');
    const bool not_equal = sign != std::string::npos && sign > 0 && part[sign - 1] == '!';
    std::string key = part.substr(0, not_equal ? sign - 1 : sign);
    const bool absent = sign == std::string::npos && key.starts_with('!');
    if (absent) key.erase(0, 1);
    if (key.empty() || key.find_first_of(" !()") != std::string::npos) return wrong(part);
    if (sign == std::string::npos) {
      out.match_expressions.push_back(
          {key, absent ? SelectorOperator::kDoesNotExist : SelectorOperator::kExists, {}});
      continue;
    }
    std::string value = part.substr(sign + 1);
    if (value.starts_with('=') && !not_equal) value.erase(0, 1);
    if (value.find_first_of(" =!()") != std::string::npos) return wrong(part);
    if (not_equal) {
      out.match_expressions.push_back({key, SelectorOperator::kNotIn, {value}});
    } else {
      out.match_labels.Set(key, value);
    }
  }
  return out;
}

}  // namespace fairlead::cli
