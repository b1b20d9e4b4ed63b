#include <algorithm>
#include <set>

#include "cli/commands.h"
#include "cli/manifests.h"
#include "cli/offline.h"
#include "reconcilers/preview/preview.h"

namespace fairlead::cli {
namespace {

namespace preview = reconcilers::preview;

std::string UsageProblem(const DiffOptions& options) {
  if (options.input.paths.empty() && options.deletes.empty())
    return "diff needs what would be applied, by -f, or deleted, by --delete";
  if (options.prune && options.input.paths.empty()) return "--prune deletes what -f does not have: give -f";
  if (options.prune && options.selector.empty()) return "--prune needs -l, which says of what";
  if (!options.prune && !options.selector.empty()) return "-l is for --prune";
  if (options.user.empty() && !options.groups.empty()) return "--as-group needs --as";
  const auto standard = std::count(options.base.begin(), options.base.end(), "-") +
                        std::count(options.input.paths.begin(), options.input.paths.end(), "-") +
                        std::count(options.deletes.begin(), options.deletes.end(), "-");
  return standard > 1 ? "standard input can be read once only" : "";
}

// Objects that cannot be used are told with what admission would refuse.
void PrintOtherProblems(Loaded loaded, const Output& output) {
  std::erase_if(loaded.problems,
                [](const Problem& p) { return p.code == reconcilers::LintCode::kInvalidObject; });
  PrintProblems(loaded, output);
}

// What controllers make, nobody applies.
bool IsApplied(const preview::ManifestId& id) {
  return id.kind != "Pod" && id.kind != "EndpointSlice" && id.kind != "Node";
}

// In the base; nothing that Fairlead writes itself, and of a cluster what was applied only, as kubectl has
// it.
std::vector<preview::ManifestId> Pruned(const LabelSelector& selector, const preview::PreviewInput& input) {
  std::set<preview::ManifestId> kept;
  for (const preview::Manifest& manifest : input.change) kept.insert(manifest.id);
  std::vector<preview::ManifestId> out;
  for (const preview::Manifest& manifest : input.base) {
    if (kept.contains(manifest.id) || !IsApplied(manifest.id)) continue;
    const Json::Value value = preview::ParseValue(manifest.json);
    if (preview::IsOwned(value) || (input.live && !preview::WasApplied(value))) continue;
    Labels labels;
    const Json::Value& found = value["metadata"]["labels"];
    if (found.isObject()) {
      for (const std::string& key : found.getMemberNames()) {
        if (found[key].isString()) labels.Set(key, found[key].asString());
      }
    }
    if (selector.Matches(labels)) out.push_back(manifest.id);
  }
  return out;
}

// The signs that begin a line decide its colour.
std::string Colored(const std::string& text, const Output& output) {
  if (!output.color_out) return text;
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    const size_t first = line.find_first_not_of(' ');
    const char sign =
        first == std::string::npos || first + 1 >= line.size() || line[first + 1] != ' ' ? ' ' : line[first];
    if (first == 0) {
      out += output.Paint(Style::kBold, line);
    } else if (sign == '+') {
      out += output.Paint(Style::kGreen, line);
    } else if (sign == '-' || sign == '!') {
      out += output.Paint(Style::kRed, line);
    } else if (sign == '~') {
      out += output.Paint(Style::kYellow, line);
    } else {
      out += line;
    }
    out += "\n";
    at = end + 1;
  }
  return out;
}

}  // namespace

int Diff(const DiffOptions& options, const Output& output) {
  if (const std::string problem = UsageProblem(options); !problem.empty()) return Misused(problem, output);
  std::optional<LabelSelector> selector;
  if (options.prune) {
    Result<LabelSelector> parsed = ParseSelector(options.selector);
    if (!parsed) return Misused(parsed.error().message, output);
    selector = std::move(*parsed);
  }
  InputOptions base_input = options.input;
  base_input.paths = options.base;
  Result<Offline> base = Read(base_input, {.name = "", .kinds = {}, .whole = true});
  if (!base) return Fail(base.error(), output);
  PrintProblems(base->loaded, output);
  if (!base->loaded.IsWhole())
    return Fail(
        Error{ErrorClass::kInvalid, "a part of the base cannot be read, so what changes is not known"},
        output);
  bool errors = base->loaded.HasErrors();

  preview::PreviewInput input;
  input.world = WorldOptionsOf(options.input);
  input.live = base->cluster != nullptr;
  input.base = ManifestsOf(base->loaded, base->ns);
  bool whole = true;
  const auto load = [&](const std::vector<std::string>& paths) {
    const Loaded loaded = Load(paths, {.default_namespace = base->ns});
    PrintOtherProblems(loaded, output);
    errors = errors || loaded.HasErrors();
    whole = whole && loaded.IsWhole();
    return ManifestsOf(loaded, base->ns);
  };
  if (!options.input.paths.empty()) input.change = load(options.input.paths);
  if (!options.deletes.empty()) {
    for (const preview::Manifest& manifest : load(options.deletes)) input.remove.push_back(manifest.id);
  }
  if (!whole) {
    return Fail(Error{ErrorClass::kInvalid,
                      "a part of what would change cannot be read, so what changes is not known"},
                output);
  }
  if (selector) {
    for (preview::ManifestId& id : Pruned(*selector, input)) input.remove.push_back(std::move(id));
  }
  if (!options.user.empty())
    input.caller = {options.user, options.groups,
                    reconcilers::IsAdministrator(options.groups, options.input.break_glass_groups)};

  const preview::Preview result = preview::MakePreview(input);
  if (options.format == Format::kText) {
    output.out << Colored(preview::ToText(result), output);
  } else {
    Print(preview::ToJson(result), options.format, output);
  }
  return errors || !result.empty() ? kExitFindings : kExitGood;
}

}  // namespace fairlead::cli
