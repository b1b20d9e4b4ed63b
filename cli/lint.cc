#include "reconcilers/lint.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "cli/commands.h"
#include "cli/offline.h"
#include "crds/base/json.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/reach/access.h"

namespace fairlead::cli {
namespace {

using reconcilers::Finding;
using reconcilers::Severity;

struct Line {
  std::string file;
  size_t line = 0, column = 0;
  reconcilers::LintCode code = reconcilers::LintCode::kUnreadableInput;
  Severity severity = Severity::kError;
  std::string object, field, message, fix;
};

Line FromProblem(const Problem& p) {
  return {p.file, p.line, p.column, p.code, p.severity(), p.object, p.error.path, p.error.message, ""};
}

Line FromFinding(const Finding& f, const Loaded& loaded) {
  Line line{"", 0, 0, f.code, f.severity, f.object.ToString(), f.field, f.message, f.fix};
  if (const LoadedObject* object = loaded.Find(f.object)) {
    line.file = object->file;
    line.line = object->document.LineOf(f.field);
  }
  return line;
}

bool IsAccess(const std::string& kind) {
  return kind.starts_with("security.istio.io/") && kind.ends_with(" AuthorizationPolicy");
}

// AuthorizationPolicies, which World does not read.
void AddAccess(const Offline& offline, std::vector<Line>* lines) {
  for (const LoadedForeign& foreign : offline.loaded.foreign) {
    const Result<JsonDocument> json =
        JsonDocument::Parse(foreign.document.json, LoadOptions().max_file_bytes);
    if (!json) continue;
    const JsonNode root = json->root();
    const std::string version(root.StringAt("apiVersion")), kind(root.StringAt("kind"));
    const std::optional<JsonNode> meta = root.Find("metadata");
    if (!IsAccess(version + " " + kind) || !meta) continue;
    NamespacedName name{std::string(meta->StringAt("namespace")), std::string(meta->StringAt("name"))};
    if (name.ns.empty()) name.ns = offline.ns;
    const reconcilers::View& view = offline.world.view();
    const reconcilers::Foreign policy = reconcilers::ReadForeign(version.substr(0, version.find('/')), kind,
                                                                 name, root, view.options.cluster_domain);
    for (const reconcilers::AccessNote& note : reconcilers::LintAccess(view, policy)) {
      lines->push_back({foreign.file, foreign.document.LineOf(note.field), 0, note.code,
                        reconcilers::SeverityOf(note.code), kind + " " + name.ToString(), note.field,
                        note.message, note.fix});
    }
  }
}

// By file and line, errors of a line first.
std::vector<Line> Collect(const Offline& offline) {
  std::vector<Line> lines;
  std::set<std::pair<std::string, std::string>> told;  // object, field
  for (const Finding& finding : reconcilers::Lint(offline.world)) {
    // Invalid objects are among the problems, with the place of each field.
    if (finding.code == reconcilers::LintCode::kInvalidObject) continue;
    lines.push_back(FromFinding(finding, offline.loaded));
    told.emplace(lines.back().object, lines.back().field);
  }
  for (const Problem& problem : offline.loaded.problems) {
    // A finding says the same with more in view.
    const bool doubtful = problem.code == reconcilers::LintCode::kDoubtfulValue;
    if (!doubtful || !told.contains({problem.object, problem.error.path}))
      lines.push_back(FromProblem(problem));
  }
  AddAccess(offline, &lines);
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
    return std::tie(a.file, a.line, a.severity, a.code) < std::tie(b.file, b.line, b.severity, b.code);
  });
  return lines;
}

std::string Place(const Line& line) {
  std::string out = line.file;
  for (size_t number : {line.line, line.column}) {
    if (number > 0) out += ":" + std::to_string(number);
  }
  return out;
}

// Findings are what was asked for, but they are also the reason of exit code 1: they go to stderr, the
// summary to stdout.
void PrintText(const std::vector<Line>& lines, const Output& output) {
  for (const Line& line : lines) {
    output.err << Place(line) << ": "
               << output.PaintErr(StyleOf(line.severity), reconcilers::ToString(line.severity)) << " "
               << reconcilers::ToString(line.code) << ": " << line.object << (line.object.empty() ? "" : ": ")
               << line.field << (line.field.empty() ? "" : ": ") << line.message;
    if (!line.fix.empty()) output.err << "\n    " << output.PaintErr(Style::kDim, line.fix);
    output.err << "\n";
  }
}

Json::Value ToJson(const std::vector<Line>& lines) {
  Json::Value out(Json::arrayValue);
  for (const Line& line : lines) {
    Json::Value value;
    value["file"] = line.file;
    value["line"] = Json::UInt64(line.line);
    value["code"] = reconcilers::ToString(line.code);
    value["severity"] = std::string(reconcilers::ToString(line.severity));
    value["object"] = line.object;
    value["field"] = line.field;
    value["message"] = line.message;
    value["fix"] = line.fix;
    out.append(std::move(value));
  }
  return out;
}

std::string Number(size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

size_t Objects(const Loaded& loaded) {
  size_t out = loaded.objects.size();
  for (const auto& [kind, count] : loaded.ignored) {
    if (IsAccess(kind)) out += count;
  }
  return out;
}

// "; not read: apps/v1 Deployment (2), …"
std::string Ignored(const Loaded& loaded) {
  constexpr size_t kShown = 8;
  std::map<std::string, size_t> ignored = loaded.ignored;
  std::erase_if(ignored, [](const auto& entry) { return IsAccess(entry.first); });
  std::string out;
  size_t shown = 0;
  for (const auto& [kind, count] : ignored) {
    if (++shown > kShown) return out + " and " + Number(ignored.size() - kShown, "other kind");
    out += (out.empty() ? "; not read: " : ", ") + kind + " (" + std::to_string(count) + ")";
  }
  return out;
}

}  // namespace

int Lint(const LintOptions& options, const Output& output) {
  const Result<Offline> read = Read(options.input, {.access = true});
  if (!read) return Fail(read.error(), output);
  const Offline& offline = *read;
  PrintUnread(offline.loaded, output);
  const std::vector<Line> lines = Collect(offline);
  const auto count = [&](Severity s) {
    return static_cast<size_t>(
        std::count_if(lines.begin(), lines.end(), [s](const Line& line) { return line.severity == s; }));
  };
  const size_t errors = count(Severity::kError), warnings = count(Severity::kWarning);
  if (options.format == Format::kText) {
    PrintText(lines, output);
    output.out << Number(Objects(offline.loaded), "object") << ": " << Number(errors, "error") << ", "
               << Number(warnings, "warning") << ", " << Number(count(Severity::kInfo), "note")
               << Ignored(offline.loaded) << "\n";
  } else {
    Print(ToJson(lines), options.format, output);
  }
  return errors > 0 || (options.warnings_as_errors && warnings > 0) ? kExitFindings : kExitGood;
}

}  // namespace fairlead::cli
