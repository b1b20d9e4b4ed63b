#include "reconcilers/lint.h"

#include <algorithm>

#include "cli/commands.h"
#include "cli/offline.h"
#include "crds/base/json_write.h"

namespace fairlead::cli {
namespace {

using reconcilers::Finding;
using reconcilers::Severity;

struct Line {
  std::string file;
  size_t line = 0;
  std::string code;  // empty: the document could not be read as an object at all
  Severity severity = Severity::kError;
  std::string object, field, message, fix;
};

Line FromProblem(const Problem& p) {
  const std::string code = p.object.empty() || p.warning ? "" : reconcilers::ToString(reconcilers::LintCode::kInvalidObject);
  return {p.file, p.line, code, p.warning ? Severity::kWarning : Severity::kError, p.object, p.error.path, p.error.message, ""};
}

Line FromFinding(const Finding& f, const Loaded& loaded) {
  Line line{"", 0, reconcilers::ToString(f.code), f.severity, f.object.ToString(), f.field, f.message, f.fix};
  if (const LoadedObject* object = loaded.Find(f.object)) {
    line.file = object->file;
    line.line = object->document.LineOf(f.field);
  }
  return line;
}

// By file and line, errors of a line first.
std::vector<Line> Collect(const Offline& offline) {
  std::vector<Line> lines;
  for (const Problem& problem : offline.loaded.problems) lines.push_back(FromProblem(problem));
  for (const Finding& finding : reconcilers::Lint(offline.world)) {
    // Told already, with the place of each field.
    if (finding.code != reconcilers::LintCode::kInvalidObject) lines.push_back(FromFinding(finding, offline.loaded));
  }
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
    return std::tie(a.file, a.line, a.severity) < std::tie(b.file, b.line, b.severity);
  });
  return lines;
}

Style StyleOf(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return Style::kRed;
    case Severity::kWarning:
      return Style::kYellow;
    case Severity::kInfo:
      return Style::kCyan;
  }
  return Style::kDim;
}

std::string Place(const Line& line) {
  return line.file + (line.line > 0 ? ":" + std::to_string(line.line) : "");
}

// Findings are what was asked for, but they are also the reason of exit code 1: they go to stderr, the summary to stdout.
void PrintText(const std::vector<Line>& lines, const Output& output) {
  for (const Line& line : lines) {
    output.err << Place(line) << ": " << output.PaintErr(StyleOf(line.severity), reconcilers::ToString(line.severity));
    if (!line.code.empty()) output.err << " " << line.code;
    output.err << ": " << line.object << (line.object.empty() ? "" : ": ") << line.field
               << (line.field.empty() ? "" : ": ") << line.message;
    if (!line.fix.empty()) output.err << "\n    " << output.PaintErr(Style::kDim, line.fix);
    output.err << "\n";
  }
}

void PrintJson(const std::vector<Line>& lines, const Output& output) {
  Json::Value out(Json::arrayValue);
  for (const Line& line : lines) {
    Json::Value value;
    value["file"] = line.file;
    value["line"] = Json::UInt64(line.line);
    value["code"] = line.code;
    value["severity"] = std::string(reconcilers::ToString(line.severity));
    value["object"] = line.object;
    value["field"] = line.field;
    value["message"] = line.message;
    value["fix"] = line.fix;
    out.append(std::move(value));
  }
  output.out << WritePrettyJson(out);
}

}  // namespace

int Lint(const LintOptions& options, const Output& output) {
  const Offline offline = Read(options.input);
  const std::vector<Line> lines = Collect(offline);
  const auto count = [&](Severity s) {
    return std::count_if(lines.begin(), lines.end(), [s](const Line& line) { return line.severity == s; });
  };
  const auto errors = count(Severity::kError), warnings = count(Severity::kWarning);
  if (options.format == Format::kJson) {
    PrintJson(lines, output);
  } else {
    PrintText(lines, output);
    output.out << offline.loaded.objects.size() << " objects: " << errors << " errors, " << warnings << " warnings";
    if (offline.loaded.ignored > 0) output.out << "; " << offline.loaded.ignored << " of kinds that are not read";
    output.out << "\n";
  }
  return errors > 0 || (options.warnings_as_errors && warnings > 0) ? kExitFindings : kExitGood;
}

}  // namespace fairlead::cli
