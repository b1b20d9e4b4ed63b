#include "cli/files.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "crds/base/file.h"

namespace fairlead::cli {
namespace {

namespace fs = std::filesystem;

Unexpected<Error> TooLarge(std::string message) {
  return Unexpected(
      Error{ErrorClass::kInvalid, std::move(message) + "; split it, or name the files that matter"});
}

bool IsManifest(const fs::path& path) {
  const std::string ext = path.extension().string();
  return ext == ".yaml" || ext == ".yml" || ext == ".json";
}

// Links to folders are not followed, so that a loop of them ends.
void Walk(const fs::path& folder, std::vector<std::string>* files, FileList* out) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored) && !it->is_symlink(ignored)) {
      Walk(it->path(), files, out);
    } else if (IsManifest(it->path())) {
      files->push_back(it->path().string());
    }
  }
  if (error) out->problems.emplace_back(folder.string(), "cannot be read: " + error.message());
}

}  // namespace

FileList FindManifests(const std::vector<std::string>& paths) {
  FileList out;
  std::set<fs::path> seen;
  const auto add = [&](const std::string& file) {
    std::error_code error;
    const fs::path real = file == "-" ? fs::path("-") : fs::weakly_canonical(file, error);
    if (error || seen.insert(real).second) out.files.push_back(file);
  };
  for (const std::string& path : paths) {
    if (path.empty()) {
      out.problems.emplace_back("-f", "the name of the file is empty");
      continue;
    }
    std::error_code error;
    const fs::file_status status =
        path == "-" ? fs::file_status(fs::file_type::regular) : fs::status(path, error);
    if (status.type() == fs::file_type::not_found) {
      out.problems.emplace_back(path, "no such file or folder");
    } else if (error) {
      out.problems.emplace_back(path, "cannot be read: " + error.message());
    } else if (!fs::is_directory(status)) {
      add(path);
    } else {
      std::vector<std::string> files;
      const size_t before = out.problems.size();
      Walk(path, &files, &out);
      if (files.empty() && out.problems.size() == before) {
        out.problems.emplace_back(path, "the folder holds no .yaml, .yml or .json file");
      }
      std::sort(files.begin(), files.end());
      for (const std::string& file : files) add(file);
    }
  }
  return out;
}

Result<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  Result<std::string> text = ReadWholeFile(path, max_bytes);
  if (!text && text.error().error_class == ErrorClass::kInvalid) return TooLarge(text.error().message);
  return text;
}

Result<std::string> ReadStream(std::istream& in, size_t max_bytes) {
  std::string text;
  char buffer[1 << 16];
  while (in && text.size() <= max_bytes) {
    in.read(buffer, sizeof buffer);
    text.append(buffer, static_cast<size_t>(in.gcount()));
  }
  if (text.size() > max_bytes) return TooLarge("is larger than " + std::to_string(max_bytes) + " bytes");
  return text;
}

}  // namespace fairlead::cli
