// Any bytes as a YAML stream: what is taken gives strict JSON, and every line is inside the text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "crds/base/json.h"
#include "crds/base/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const fairlead::YamlLimits limits{.max_bytes = 1u << 16, .max_depth = 60, .max_nodes = 10'000};
  const auto documents = fairlead::ParseYaml(text, limits);
  const fairlead::YamlStream stream = fairlead::ReadYamlStream(text, limits);
  if (static_cast<bool>(documents) != stream.problems.empty()) std::abort();
  for (const auto& document : stream.documents) {
    if (!fairlead::JsonDocument::Parse(document.json, size_t{64} << 20)) std::abort();
  }
  if (!documents) return 0;
  const size_t lines = 1 + static_cast<size_t>(std::count_if(text.begin(), text.end(),
                                                             [](char c) { return c == '\n' || c == '\r'; }));
  // YAML 1.1 also ends a line at U+0085, U+2028 and U+2029.
  const bool ascii =
      std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  for (const auto& document : *documents) {
    if (!fairlead::JsonDocument::Parse(document.json, size_t{64} << 20)) std::abort();
    if (ascii && (document.line > lines || document.LineOf("spec.rules[0].name") > lines)) std::abort();
  }
  return 0;
}
