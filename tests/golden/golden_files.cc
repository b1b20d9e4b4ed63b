#include "tests/golden/golden_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace fairlead::golden {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kInput = ".in.yaml";

std::string Read(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool Set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' && std::string_view(value) != "0";
}

}  // namespace

std::vector<std::string> CasesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string file = entry.path().filename().string();
    if (file.ends_with(kInput)) names.push_back(file.substr(0, file.size() - kInput.size()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

void Check(const std::string& folder, const std::string& name,
           const std::function<std::string(const std::string& input)>& make,
           const std::string& output_suffix) {
  const fs::path in = fs::path(folder) / (name + std::string(kInput));
  const fs::path out = fs::path(folder) / (name + output_suffix);
  Compare(out.string(), Read(out), make(Read(in)));
}

void Compare(const std::string& file, const std::string& expected, const std::string& actual) {
  if (actual == expected) return;
  if (!Set("FAIRLEAD_UPDATE_GOLDEN")) {
    EXPECT_EQ(actual, expected) << file << " differs: `make golden` rewrites it; read the diff";
    return;
  }
  ASSERT_FALSE(Set("CI")) << "golden files are not rewritten in CI";
  std::ofstream(file) << actual;
}

}  // namespace fairlead::golden
