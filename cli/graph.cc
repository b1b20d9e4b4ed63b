#include "reconcilers/preview/graph.h"

#include "cli/commands.h"
#include "cli/manifests.h"
#include "cli/offline.h"
#include "reconcilers/preview/graph_svg.h"

namespace fairlead::cli {

namespace preview = reconcilers::preview;

int DrawGraph(const GraphOptions& options, const Output& output) {
  const Result<Offline> input = Read(options.input, {.name = options.service, .kinds = {}, .whole = true});
  if (!input) return Fail(input.error(), output);
  PrintProblems(input->loaded, output);
  bool errors = input->loaded.HasErrors();
  preview::PolicyTable table;
  const auto draw = [&](const Loaded& loaded) {
    preview::State state(WorldOptionsOf(options.input));
    for (const preview::Manifest& manifest : ManifestsOf(loaded, input->ns)) state.Put(manifest);
    return preview::GraphOf(&state, &table);
  };
  preview::Graph graph = draw(input->loaded);
  if (!options.against.empty()) {
    const Loaded before = Load(options.against, {.default_namespace = input->ns});
    PrintProblems(before, output);
    if (!before.IsWhole())
      return Fail(
          Error{ErrorClass::kInvalid, "a part of the base cannot be read, so what changes is not known"},
          output);
    errors = errors || before.HasErrors();
    graph = preview::CompareGraphs(draw(before), graph);
  }
  const std::string service = options.service.empty() ? "" : ParseName(options.service, input->ns).ToString();
  const Result<preview::Graph> focused = preview::FocusOn({options.workspace, service}, std::move(graph));
  if (!focused) {
    Error error = focused.error();
    error.message += " in the input";
    return Fail(error, output);
  }
  switch (options.drawing) {
    case Drawing::kSvg:
      output.out << preview::ToSvg(*focused);
      break;
    case Drawing::kHtml:
      output.out << preview::ToHtml(*focused);
      break;
    case Drawing::kDot:
      output.out << preview::ToDot(*focused);
      break;
  }
  return errors ? kExitFindings : kExitGood;
}

}  // namespace fairlead::cli
