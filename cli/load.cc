#include "cli/load.h"

#include <json/json.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <sstream>

#include "crds/base/json.h"

namespace fairlead::cli {
namespace {

namespace fs = std::filesystem;

void AddProblem(Loaded* loaded, std::string file, size_t line, std::string object, FieldError error,
                bool warning) {
  loaded->problems.push_back({std::move(file), line, std::move(object), std::move(error), warning});
}

bool IsManifest(const fs::path& path) {
  const std::string ext = path.extension().string();
  return ext == ".yaml" || ext == ".yml" || ext == ".json";
}

// The manifests of a folder, sorted, so that the same folder gives the same output everywhere.
std::vector<std::string> FilesOf(const std::string& path, Loaded* loaded) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    AddProblem(loaded, path, 0, "", {"", "no such file or folder"}, false);
    return {};
  }
  if (!fs::is_directory(status)) return {path};
  std::vector<std::string> files;
  for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    if (it->is_regular_file(error) && IsManifest(it->path())) files.push_back(it->path().string());
  }
  if (error) AddProblem(loaded, path, 0, "", {"", "cannot be read: " + error.message()}, false);
  if (files.empty() && !error)
    AddProblem(loaded, path, 0, "", {"", "holds no .yaml, .yml or .json file"}, false);
  std::sort(files.begin(), files.end());
  return files;
}

std::string Quoted(std::string_view text) { return Json::valueToQuotedString(std::string(text).c_str()); }

// Objects without a namespace get the default one, as kubectl would do it. AnyObject is immutable and the
// parsers read JSON, so the name goes into the text. nullopt: the object has a namespace (or no metadata,
// which its parser reports).
std::optional<std::string> WithNamespace(const JsonNode& root, const std::string& ns) {
  const std::optional<JsonNode> metadata = root.Find("metadata");
  if (!metadata || !metadata->IsObject() || metadata->Find("namespace")) return std::nullopt;
  std::string text = "{\"metadata\":{\"namespace\":" + Quoted(ns);
  for (auto [key, value] : metadata->Members()) {
    text += "," + Quoted(key) + ":" + JsonNode(value).Print();
  }
  text += "}";
  for (auto [key, value] : root.Members()) {
    if (key != "metadata") text += "," + Quoted(key) + ":" + JsonNode(value).Print();
  }
  return text + "}";
}

void AddObject(const std::string& file, const YamlDocument& document, const JsonNode& root,
               const LoadOptions& options, Loaded* loaded) {
  const std::optional<Kind> kind = KindOf(root);
  if (!kind) {
    if (root.StringAt("kind").empty() || root.StringAt("apiVersion").empty()) {
      AddProblem(loaded, file, document.line, "",
                 {"", "not a Kubernetes object: apiVersion and kind are required"}, false);
    } else {
      ++loaded->ignored;
    }
    return;
  }
  ParsedObject parsed{Ptr<Invalid>(), {}};
  std::optional<std::string> text;
  if (InfoOf(*kind).namespaced) text = WithNamespace(root, options.default_namespace);
  if (text) {
    Result<JsonDocument> again = JsonDocument::Parse(*text, options.max_file_bytes);
    if (!again) {
      AddProblem(loaded, file, document.line, "", {"", again.error().message}, false);
      return;
    }
    parsed = ParseObject(*kind, again->root());
  } else {
    parsed = ParseObject(*kind, root);
  }
  const std::string name = KeyOf(parsed.object).ToString();
  if (const auto* invalid = std::get_if<Ptr<Invalid>>(&parsed.object)) {
    for (const FieldError& e : (*invalid)->errors) {
      AddProblem(loaded, file, document.LineOf(e.path), name, e, false);
    }
  }
  for (const FieldError& w : parsed.warnings)
    AddProblem(loaded, file, document.LineOf(w.path), name, w, true);
  loaded->objects.push_back({std::move(parsed.object), file, document});
}

// `kind: List` as kubectl prints it: its items are taken one by one, with the list's place.
void AddDocument(const std::string& file, const YamlDocument& document, const LoadOptions& options,
                 Loaded* loaded) {
  Result<JsonDocument> json = JsonDocument::Parse(document.json, options.max_file_bytes);
  if (!json) {
    AddProblem(loaded, file, document.line, "", {"", json.error().message}, false);
    return;
  }
  const JsonNode root = json->root();
  if (root.IsNull()) return;
  const std::string_view kind = root.StringAt("kind");
  const std::optional<JsonNode> items = root.Find("items");
  if (kind.ends_with("List") && items && items->IsArray()) {
    for (JsonNode item : items->Items()) {
      YamlDocument part;
      part.json = item.Print();
      part.line = document.line;
      Result<JsonDocument> one = JsonDocument::Parse(part.json, options.max_file_bytes);
      if (one) AddObject(file, part, one->root(), options, loaded);
    }
    return;
  }
  AddObject(file, document, root, options, loaded);
}

// The same object twice in one input is nearly always a mistake of copying; kubectl would let the last win in
// silence.
void ReportDuplicates(Loaded* loaded) {
  std::map<ObjectKey, const LoadedObject*> seen;
  for (const LoadedObject& object : loaded->objects) {
    const ObjectKey key = KeyOf(object.object);
    const auto [it, fresh] = seen.emplace(key, &object);
    if (!fresh) {
      AddProblem(loaded, object.file, object.document.line, key.ToString(),
                 {"metadata.name", "the same object is also in " + it->second->file + ":" +
                                       std::to_string(it->second->document.line) + "; the later one is used"},
                 true);
    }
  }
}

}  // namespace

std::string Problem::ToString() const {
  std::string out = file;
  if (line > 0) out += ":" + std::to_string(line);
  out += warning ? ": warning: " : ": ";
  if (!object.empty()) out += object + ": ";
  return out + error.ToString();
}

bool Loaded::HasErrors() const {
  return std::any_of(problems.begin(), problems.end(), [](const Problem& p) { return !p.warning; });
}

const LoadedObject* Loaded::Find(const ObjectKey& key) const {
  for (auto it = objects.rbegin(); it != objects.rend(); ++it) {
    if (KeyOf(it->object) == key) return &*it;
  }
  return nullptr;
}

void LoadText(const std::string& name, std::string_view text, const LoadOptions& options, Loaded* loaded) {
  YamlLimits limits;
  limits.max_bytes = options.max_file_bytes;
  Result<std::vector<YamlDocument>> documents = ParseYaml(text, limits);
  if (!documents) {
    AddProblem(loaded, name, 0, "", {"", documents.error().message}, false);
    return;
  }
  for (const YamlDocument& document : *documents) AddDocument(name, document, options, loaded);
}

Loaded Load(const std::vector<std::string>& paths, const LoadOptions& options) {
  Loaded loaded;
  for (const std::string& path : paths) {
    if (path == "-") {
      const std::string text((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
      LoadText("<stdin>", text, options, &loaded);
      continue;
    }
    for (const std::string& file : FilesOf(path, &loaded)) {
      std::ifstream in(file, std::ios::binary);
      std::ostringstream text;
      text << in.rdbuf();
      if (!in) {
        AddProblem(&loaded, file, 0, "", {"", "cannot be read"}, false);
        continue;
      }
      LoadText(file, text.str(), options, &loaded);
    }
  }
  ReportDuplicates(&loaded);
  return loaded;
}

}  // namespace fairlead::cli
