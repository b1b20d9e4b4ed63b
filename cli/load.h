// Load: manifests from files, folders and standard input, as parsed objects that remember their file and
// line. What a cluster has comes as the same value (cli/cluster.h).
//
// Who calls: every command that takes -f. Never stops at the first bad file or document: what cannot be read
// becomes a problem with its place and the code that lint has for it, and what is no kind of ours is counted
// and left out.
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
#include "reconcilers/lint.h"

namespace fairlead::cli {

// Something wrong in the input, told as "file:line: error FL001: Kind ns/name: field: message".
struct Problem {
  std::string file;
  size_t line = 0;     // 0: the file as a whole
  size_t column = 0;   // of YAML that cannot be read; else 0
  std::string object;  // "RetryTimeoutPolicy shop/ratings"; empty: not known
  FieldError error;
  reconcilers::LintCode code = reconcilers::LintCode::kUnreadableInput;

  reconcilers::Severity severity() const;
  std::string Place() const;  // "file:line:column", as far as known
  std::string ToString() const;
};

struct LoadedObject {
  AnyObject object;
  std::string file;
  YamlDocument document;  // to find the line of a field
};

// An object of a kind that World does not read and a preview does: AuthorizationPolicy and the like.
struct LoadedForeign {
  std::string file;
  YamlDocument document;
};

// What of a cluster may not be read.
struct Unread {
  Kind kind = Kind::kService;
  std::string ns;        // empty: in none
  std::string why;       // the API server's words
  std::string resource;  // of a kind that World does not read; empty: of `kind`
};

struct Loaded {
  std::vector<LoadedObject> objects;  // in the order of files (sorted by name) and documents
  std::vector<Problem> problems;
  std::map<std::string, size_t>
      ignored;                         // "apps/v1 Deployment": documents of kinds that Fairlead does not read
  std::vector<LoadedForeign> foreign;  // they are among `ignored`, too
  std::vector<LoadedForeign> records;  // PolicyChanges, which nothing is lowered from
  std::vector<Unread> unread;
  bool empty_list = false;  // of one file: it has a List without items, so it is not empty

  bool HasErrors() const;
  bool IsWhole() const;                                  // every file and document could be read
  const LoadedObject* Find(const ObjectKey& key) const;  // the last of the key; null: not among them
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
