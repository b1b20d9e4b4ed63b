// Runs a fuzz target over each file of the given folders and over mutations of it, always the same ones,
// where there is no libFuzzer (g++, the dev preset).
//
// Who calls: ctest, for each fairlead_fuzz() of cmake/FairleadModule.cmake. It fails where the target aborts,
// where a sanitizer reports, and where a folder has no seed. Some thousand mutations in all.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

// Like libFuzzer's simplest: bytes changed, taken out, doubled, and parts of another seed put in.
std::string Mutate(std::string bytes, const std::string& other, std::mt19937* random) {
  const auto pick = [&](size_t n) { return n == 0 ? size_t{0} : (*random)() % n; };
  for (size_t changes = 1 + pick(4); changes > 0; --changes) {
    const size_t at = pick(bytes.size()), length = 1 + pick(16);
    switch (pick(5)) {
      case 0:
        if (!bytes.empty()) bytes[at] = static_cast<char>((*random)());
        break;
      case 1:
        bytes.erase(at, length);
        break;
      case 2:
        bytes.insert(at, bytes.substr(at, length));
        break;
      case 3:
        bytes.insert(at, other.substr(pick(other.size()), length));
        break;
      default:
        bytes.insert(at, 1, "{}[]\",:-#&*\n \t0'\\%"[pick(19)]);
    }
  }
  return bytes;
}

void Run(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> seeds;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) seeds.push_back(entry.path());
  }
  std::sort(seeds.begin(), seeds.end());
  std::vector<std::string> texts;
  for (const auto& seed : seeds) {
    std::ifstream file(seed, std::ios::binary);
    texts.emplace_back((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  }
  constexpr size_t kMutations = 4000;
  std::mt19937 random(1);
  for (size_t i = 0; i < texts.size(); ++i) {
    std::fprintf(stderr, "%s\n", seeds[i].c_str());  // the last line names the seed that failed
    Run(texts[i]);
    for (size_t m = 0; m < kMutations / texts.size(); ++m) {
      Run(Mutate(texts[i], texts[random() % texts.size()], &random));
    }
  }
  return seeds.empty() ? 1 : 0;
}
