#include "cli/load.h"

#include <algorithm>
#include <iostream>
#include <optional>
#include <set>

#include "cli/files.h"
#include "cli/parallel.h"
#include "crds/base/json.h"
#include "crds/base/json_scan.h"
#include "crds/base/json_text.h"
#include "crds/base/nearest.h"
#include "reconcilers/reach/foreign.h"

namespace fairlead::cli {
namespace {

using reconcilers::LintCode;

void AppendMember(std::string_view key, const JsonNode& value, std::string* out) {
  *out += ",";
  AppendJsonString(key, out);
  *out += ":" + value.Print();
}

// Objects without a namespace get the default one, as kubectl would do it. AnyObject is immutable and the
// parsers read JSON, so the name goes into the text. nullopt: the object has a namespace (or no metadata,
// which its parser reports).
std::optional<std::string> WithNamespace(const JsonNode& root, const std::string& ns) {
  const std::optional<JsonNode> metadata = root.Find("metadata");
  if (!metadata || !metadata->IsObject() || metadata->Find("namespace")) return std::nullopt;
  std::string text = "{\"metadata\":{\"namespace\":";
  AppendJsonString(ns, &text);
  for (auto [key, value] : metadata->Members()) AppendMember(key, value, &text);
  text += "}";
  for (auto [key, value] : root.Members()) {
    if (key != "metadata") AppendMember(key, value, &text);
  }
  return text + "}";
}

// Our own kinds in this version, for "did you mean".
std::vector<std::string_view> OwnKinds() {
  std::vector<std::string_view> names;
  for (size_t i = 0; i < kKindCount; ++i) {
    const KindInfo& info = InfoOf(static_cast<Kind>(i));
    if (info.group == api::kGroup) names.push_back(info.name);
  }
  return names;
}

class FileReader {
 public:
  FileReader(std::string file, const LoadOptions& options, Loaded* loaded)
      : file_(std::move(file)), options_(options), loaded_(loaded) {}

  void Text(std::string_view text) {
    YamlLimits limits;
    limits.max_bytes = options_.max_file_bytes;
    YamlStream stream = ReadYamlStream(text, limits);
    for (const YamlProblem& p : stream.problems) {
      loaded_->problems.push_back({file_, p.line, p.column, "", {"", p.message}, LintCode::kUnreadableInput});
    }
    for (YamlDocument& document : stream.documents) Document(std::move(document));
  }

 private:
  void Add(const YamlDocument& document, std::string object, FieldError error, LintCode code) {
    const size_t line = document.LineOf(error.path);
    loaded_->problems.push_back({file_, line, 0, std::move(object), std::move(error), code});
  }

  void Document(YamlDocument document) {
    Result<JsonDocument> json = JsonDocument::Parse(document.json, options_.max_file_bytes);
    if (!json) return Add(document, "", {"", json.error().message}, LintCode::kUnreadableInput);
    const JsonNode root = json->root();
    const std::optional<JsonNode> items = root.Find("items");
    if (root.StringAt("kind").ends_with("List") && items && items->IsArray()) {
      Items(document);
    } else {
      Object(std::move(document), root, "");
    }
  }

  // `kind: List` as kubectl prints it: each item becomes a document with the lines that it has in the list.
  void Items(const YamlDocument& list) {
    std::vector<JsonMember> members, items;
    JsonMembers(list.json, &members);
    size_t node = 1;
    for (const JsonMember& member : members) {
      if (member.key == "\"items\"") {
        JsonItems(member.value, &items);
        break;
      }
      node += member.nodes;
    }
    ++node;  // the list itself
    loaded_->empty_list = loaded_->empty_list || items.empty();
    for (size_t i = 0; i < items.size(); ++i) {
      YamlDocument item;
      item.json = items[i].value;
      item.line = LineAt(list, node, static_cast<size_t>(items[i].value.data() - list.json.data()));
      if (!list.lines.empty()) {
        const auto first = list.lines.begin() + static_cast<ptrdiff_t>(node);
        item.lines.assign(first, first + static_cast<ptrdiff_t>(items[i].nodes));
      }
      node += items[i].nodes;
      Result<JsonDocument> json = JsonDocument::Parse(item.json, options_.max_file_bytes);
      if (json) Object(std::move(item), json->root(), "items[" + std::to_string(i) + "]: ");
    }
  }

  static size_t LineAt(const YamlDocument& list, size_t node, size_t offset) {
    if (node < list.lines.size()) return list.lines[node];
    return list.line + static_cast<size_t>(std::count(
                           list.json.begin(), list.json.begin() + static_cast<ptrdiff_t>(offset), '\n'));
  }

  void Object(YamlDocument document, const JsonNode& root, const std::string& where) {
    const std::optional<Kind> kind = KindOf(root);
    if (!kind) return Unread(document, root, where);
    std::optional<std::string> text;
    if (InfoOf(*kind).namespaced) text = WithNamespace(root, options_.default_namespace);
    ParsedObject parsed{Ptr<Invalid>(), {}};
    if (text) {
      Result<JsonDocument> again = JsonDocument::Parse(*text, 2 * options_.max_file_bytes);
      if (!again) return Add(document, "", {"", where + again.error().message}, LintCode::kUnreadableInput);
      parsed = ParseObject(*kind, again->root());
    } else {
      parsed = ParseObject(*kind, root);
    }
    const std::string name = KeyOf(parsed.object).ToString();
    if (const auto* invalid = std::get_if<Ptr<Invalid>>(&parsed.object)) {
      for (const FieldError& e : (*invalid)->errors) Add(document, name, e, LintCode::kInvalidObject);
    }
    for (const FieldError& w : parsed.warnings) Add(document, name, w, LintCode::kDoubtfulValue);
    loaded_->objects.push_back({std::move(parsed.object), file_, std::move(document)});
  }

  // No kind that we read: nothing wrong, unless it claims to be one of ours.
  void Unread(const YamlDocument& document, const JsonNode& root, const std::string& where) {
    const std::string kind(root.StringAt("kind")), version(root.StringAt("apiVersion"));
    if (root.IsArray()) {
      return Add(
          document, "",
          {"",
           where + "is a list; give each object a document of its own, or put them into the items of a List"},
          LintCode::kUnreadableInput);
    }
    if (kind.empty() || version.empty()) {
      const std::string missing = kind.empty() && version.empty() ? "apiVersion and kind are"
                                  : kind.empty()                  ? "kind is"
                                                                  : "apiVersion is";
      return Add(document, "", {"", where + "not a Kubernetes object: " + missing + " missing"},
                 LintCode::kUnreadableInput);
    }
    if (version == std::string(api::kGroup) + "/" + std::string(api::kVersion) && kind == "PolicyChange") {
      loaded_->records.push_back({file_, document});
      return;
    }
    if (version.substr(0, version.find('/')) != api::kGroup) {
      ++loaded_->ignored[version + " " + kind];
      const std::string group = version.find('/') == version.npos ? "" : version.substr(0, version.find('/'));
      if (reconcilers::IsForeign(group, kind)) loaded_->foreign.push_back({file_, document});
      return;
    }
    const KindInfo* info = FindKind(api::kGroup, kind);
    if (info != nullptr) {
      return Add(
          document, "",
          {"apiVersion", where + "there is no " + kind + " of version " + version + "; this version reads " +
                             std::string(api::kGroup) + "/" + std::string(info->version)},
          LintCode::kUnknownKind);
    }
    const std::vector<std::string_view> known = OwnKinds();
    const std::string_view meant = Nearest(kind, known);
    std::string message = where + "there is no kind " + kind + " in " + std::string(api::kGroup) + "; ";
    if (!meant.empty()) {
      message += "did you mean " + std::string(meant) + "?";
    } else {
      message += "there are";
      for (std::string_view name : known) message += (name == known.front() ? " " : ", ") + std::string(name);
    }
    Add(document, "", {"kind", message}, LintCode::kUnknownKind);
  }

  const std::string file_;
  const LoadOptions& options_;
  Loaded* const loaded_;
};

void AddUnreadable(const std::string& path, const std::string& what, Loaded* loaded) {
  loaded->problems.push_back({path, 0, 0, "", {"", what}, LintCode::kUnreadableInput});
}

std::string NameOf(const std::string& path) { return path == "-" ? "<stdin>" : path; }

void LoadFile(const std::string& file, const LoadOptions& options, Loaded* loaded) {
  const std::string name = NameOf(file);
  const Result<std::string> text =
      file == "-" ? ReadStream(std::cin, options.max_file_bytes) : ReadFile(file, options.max_file_bytes);
  if (text) {
    LoadText(name, *text, options, loaded);
  } else {
    AddUnreadable(name, text.error().message, loaded);
  }
}

void Append(Loaded part, Loaded* loaded) {
  std::move(part.objects.begin(), part.objects.end(), std::back_inserter(loaded->objects));
  std::move(part.problems.begin(), part.problems.end(), std::back_inserter(loaded->problems));
  std::move(part.foreign.begin(), part.foreign.end(), std::back_inserter(loaded->foreign));
  std::move(part.records.begin(), part.records.end(), std::back_inserter(loaded->records));
  for (const auto& [what, count] : part.ignored) loaded->ignored[what] += count;
}

bool HoldsNothing(const Loaded& part) {
  return part.objects.empty() && part.problems.empty() && part.ignored.empty() && part.records.empty() &&
         !part.empty_list;
}

// Each path that was named and holds nothing. An empty file among others of a folder is no matter: templates
// leave many.
void ReportEmpty(const std::vector<std::string>& paths, const std::vector<std::string>& files,
                 const std::vector<bool>& empty, Loaded* loaded) {
  for (const std::string& path : std::set<std::string>(paths.begin(), paths.end())) {
    const std::string folder = path.ends_with('/') ? path : path + "/";
    bool read = false, any = false;
    for (size_t i = 0; i < files.size(); ++i) {
      if (files[i] != path && !files[i].starts_with(folder)) continue;
      read = true;
      any = any || !empty[i];
    }
    if (!read || any) continue;
    AddUnreadable(NameOf(path), "there is no object in it: it is empty, or holds comments alone", loaded);
  }
  if (HoldsNothing(*loaded)) {
    AddUnreadable(NameOf(paths.empty() ? "-" : paths.front()),
                  "there is no object in it: its Lists are empty", loaded);
  }
}

// The same object twice in one input is nearly always a mistake of copying; kubectl would let the last win in
// silence.
void ReportDuplicates(Loaded* loaded) {
  std::map<ObjectKey, const LoadedObject*> seen;
  for (const LoadedObject& object : loaded->objects) {
    const ObjectKey key = KeyOf(object.object);
    const auto [it, fresh] = seen.emplace(key, &object);
    if (fresh) continue;
    const LoadedObject& before = *it->second;
    loaded->problems.push_back(
        {object.file,
         object.document.LineOf("metadata.name"),
         0,
         key.ToString(),
         {"metadata.name", "this replaces the same object of " + before.file + ":" +
                               std::to_string(before.document.line) + ": of one name the last counts"},
         LintCode::kDuplicateObject});
    it->second = &object;
  }
}

}  // namespace

reconcilers::Severity Problem::severity() const { return reconcilers::SeverityOf(code); }

std::string Problem::Place() const {
  std::string out = file;
  if (line > 0) out += ":" + std::to_string(line);
  if (line > 0 && column > 0) out += ":" + std::to_string(column);
  return out;
}

std::string Problem::ToString() const {
  return Place() + ": " + std::string(reconcilers::ToString(severity())) + " " + reconcilers::ToString(code) +
         ": " + (object.empty() ? "" : object + ": ") + error.ToString();
}

bool Loaded::HasErrors() const {
  return std::any_of(problems.begin(), problems.end(),
                     [](const Problem& p) { return p.severity() == reconcilers::Severity::kError; });
}

bool Loaded::IsWhole() const {
  return std::none_of(problems.begin(), problems.end(),
                      [](const Problem& p) { return p.code == LintCode::kUnreadableInput; });
}

const LoadedObject* Loaded::Find(const ObjectKey& key) const {
  for (auto it = objects.rbegin(); it != objects.rend(); ++it) {
    if (KeyOf(it->object) == key) return &*it;
  }
  return nullptr;
}

void LoadText(const std::string& name, std::string_view text, const LoadOptions& options, Loaded* loaded) {
  FileReader(name, options, loaded).Text(text);
}

Loaded Load(const std::vector<std::string>& paths, const LoadOptions& options) {
  Loaded loaded;
  FileList list = FindManifests(paths);
  for (const auto& [path, what] : list.problems) AddUnreadable(path, what, &loaded);
  std::vector<Loaded> parts(list.files.size());
  ForEachIndex(parts.size(), [&](size_t i) { LoadFile(list.files[i], options, &parts[i]); });
  std::vector<bool> empty;
  for (Loaded& part : parts) {
    empty.push_back(HoldsNothing(part));
    Append(std::move(part), &loaded);
  }
  ReportEmpty(paths, list.files, empty, &loaded);
  ReportDuplicates(&loaded);
  return loaded;
}

}  // namespace fairlead::cli
