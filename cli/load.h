// Load: manifests from files, folders and standard input, as parsed objects that remember their file and
// line.
//
// Who calls: every command that takes -f. Never stops at the first bad document: what cannot be read becomes
// a problem with its place, and what is no kind of ours is counted and left out.
//
//   Loaded loaded = Load({"config/samples"}, {});
//   for (const LoadedObject& o : loaded.objects) world.Apply(o.object);
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "crds/base/yaml.h"
#include "crds/object/any_object.h"

namespace fairlead::cli {

// Something wrong in the input, told as "file:line: Kind ns/name: field: message".
struct Problem {
  std::string file;
  size_t line = 0;     // 0: the file as a whole
  std::string object;  // "RetryTimeoutPolicy shop/ratings"; empty: not known
  FieldError error;
  bool warning = false;

  std::string ToString() const;
};

struct LoadedObject {
  AnyObject object;
  std::string file;
  YamlDocument document;  // to find the line of a field
};

struct Loaded {
  std::vector<LoadedObject> objects;  // in the order of files (sorted by name) and documents
  std::vector<Problem> problems;
  size_t ignored = 0;  // documents of kinds that Fairlead does not read

  bool HasErrors() const;
  const LoadedObject* Find(const ObjectKey& key) const;  // null: not among them
};

struct LoadOptions {
  std::string default_namespace = "default";  // for objects without one
  size_t max_file_bytes = 64u << 20;
};

// Paths: files, folders (recursively: .yaml, .yml, .json), or "-" for standard input.
Loaded Load(const std::vector<std::string>& paths, const LoadOptions& options);

// One text, as if it were the file `name`.
void LoadText(const std::string& name, std::string_view text, const LoadOptions& options, Loaded* loaded);

}  // namespace fairlead::cli
