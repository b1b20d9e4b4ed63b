#include <unistd.h>

#include <CLI/CLI.hpp>

#include "cli/arguments/arguments.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/describe.h"
#include "cli/offline.h"
#include "crds/base/names.h"
#include "crds/base/version.h"

namespace fairlead::cli {
namespace {

constexpr const char kExitCodes[] =
    "Exit code: 0 good; 1 errors in the input or findings (with file, object and field on stderr); 2 wrong "
    "usage.";

struct Commands {
  DiffOptions diff;
  GraphOptions graph;
  RenderOptions render;
  LintOptions lint;
  ExplainOptions explain;
  CanIOptions can_i;
  HistoryOptions history;
  RevertOptions revert;
  FailoverOptions failover;
  DrillOptions drill;
  VersionOptions version;
  std::string shell;
  std::string color = "auto";
};

void DescribeExplain(CLI::App* app, Commands* c) {
  CLI::App* explain =
      app->add_subcommand("explain", "Every effective field, which object set it, and what lost");
  explain->require_subcommand(1);
  for (const char* kind : {"service", "route"}) {
    const bool service = std::string(kind) == "service";
    CLI::App* sub =
        explain->add_subcommand(kind, service ? "A Service or ServiceEntry" : "An HTTPRoute or GRPCRoute");
    sub->add_option("name", c->explain.name, "name or namespace/name")->required()->type_name("NAME");
    AddInput(sub, &c->explain.input);
    AddFormat(sub, &c->explain.format, {"text", "json", "yaml"});
    sub->callback([c, kind] { c->explain.kind = kind; });
    sub->footer(std::string("Example: fairleadctl explain ") + kind +
                (service ? " shop/ratings" : " shop/reviews") + " -f config/samples/shop\n" + kExitCodes);
  }
}

void DescribeCanI(CLI::App* app, CanIOptions* options) {
  CLI::App* can_i = app->add_subcommand(
      "can-i", "Whether the roles of a workspace let somebody change a policy, and if not, what is missing");
  OneOf(can_i->add_option("verb", options->verb, "What is to be done"), {"create", "update", "delete"});
  can_i->add_option("object", options->object, "KIND/NAME or KIND/NAMESPACE/NAME; kinds: rtp, fop, wss")
      ->type_name("OBJECT");
  can_i
      ->add_option(
          "--field", options->fields,
          "What is to change, as in spec.retries.attempts=5; nothing behind the sign takes the field "
          "away; may be given again")
      ->allow_extra_args(false)
      ->type_name("PATH=VALUE");
  can_i
      ->add_option("--as", options->user,
                   "The user, as Kubernetes knows it; default: whoever asks the cluster")
      ->type_name("USER");
  can_i->add_option("--as-group", options->groups, "A group of the user; may be given again")
      ->allow_extra_args(false)
      ->type_name("GROUP");
  AddBreakGlass(can_i, &options->input);
  can_i->add_flag("--list", options->list, "List what is granted in the namespace's workspace");
  AddInput(can_i, &options->input);
  AddFormat(can_i, &options->format, {"text", "json", "yaml"});
  can_i->footer(
      "Example: fairleadctl can-i update rtp/ratings --field spec.retries.attempts=5 --as dave --as-group "
      "shop-devs -n shop -f manifests\nExit code: 0 yes; 1 no, or errors in the input; 2 wrong usage.");
}

void DescribeHistory(CLI::App* app, HistoryOptions* options) {
  CLI::App* history = app->add_subcommand("history", "Who changed what, when and why, newest first");
  history->require_subcommand(1);
  for (const char* kind : {"service", "policy"}) {
    const bool service = std::string(kind) == "service";
    CLI::App* sub = history->add_subcommand(
        kind, service ? "Of all policies that apply or applied to a Service or ServiceEntry"
                      : "Of one policy, also one that is deleted");
    sub->add_option("name", options->name,
                    service ? "name or namespace/name"
                            : "name, KIND/NAME or KIND/NAMESPACE/NAME; kinds: rtp, fop, ws, wss")
        ->required()
        ->type_name("NAME");
    sub->add_option("--since", options->since, "Only of the last 24h, or since a time; default: all")
        ->type_name("WHEN");
    AddInput(sub, &options->input);
    AddFormat(sub, &options->format, {"text", "json", "yaml"});
    sub->callback([options, kind] { options->kind = kind; });
    sub->footer(std::string("Example: fairleadctl history ") +
                (service ? "service shop/ratings --since 24h\n" : "policy rtp/ratings -n shop\n") +
                kExitCodes);
  }
}

void DescribeRevert(CLI::App* app, RevertOptions* options) {
  CLI::App* revert =
      app->add_subcommand("revert", "Take back the newest change of a policy, or put it as a record left it");
  revert->add_option("policy", options->name, "KIND/NAME or KIND/NAMESPACE/NAME; kinds: rtp, fop, ws, wss")
      ->required()
      ->type_name("POLICY");
  revert
      ->add_option("--to", options->to,
                   "The record whose state is wanted, by its name; default: the state before the newest one")
      ->type_name("RECORD");
  revert->add_flag("--dry-run", options->dry_run, "Say what would change, and write nothing");
  AddInput(revert, &options->input);
  revert->footer(
      "Example: fairleadctl revert rtp/ratings -n shop --dry-run\nWith -f, records and policies come from "
      "files, "
      "and the manifest is printed.\nExit code: 0 it is as wanted; 1 it is not, and why is on stderr; 2 "
      "wrong "
      "usage.");
}

void DescribeDiff(CLI::App* app, DiffOptions* options) {
  CLI::App* diff = app->add_subcommand(
      "diff", "What a change would do before it is applied: objects, services, access, workloads");
  AddInput(diff, &options->input);
  diff->get_option("--filename")
      ->description(
          "File, folder (recursively: .yaml, .yml, .json) or - for standard input, with what would be "
          "applied; may "
          "be given again");
  diff->add_option("--base", options->base,
                   "File or folder over which it would be applied; may be given again; default: what is in "
                   "the cluster")
      ->allow_extra_args(false)
      ->type_name("FILE");
  diff->add_option("--delete", options->deletes, "File whose objects would be deleted; may be given again")
      ->allow_extra_args(false)
      ->type_name("FILE");
  diff->add_flag("--prune", options->prune,
                 "What -l finds in the base, and -f does not have, would be deleted");
  diff->add_option("-l,--selector", options->selector,
                   "Labels of what --prune deletes: KEY=VALUE, KEY, "
                   "!KEY, KEY!=VALUE, separated by commas")
      ->type_name("LABELS");
  diff->add_option("--as", options->user, "Judge the rights of this user, as Kubernetes knows it")
      ->type_name("USER");
  diff->add_option("--as-group", options->groups, "A group of the user; may be given again")
      ->allow_extra_args(false)
      ->type_name("GROUP");
  AddBreakGlass(diff, &options->input);
  MustBe(diff->add_option("--trust-domain", options->input.trust_domain,
                          "Trust domain of the mesh's SPIFFE identities")
             ->capture_default_str(),
         CheckDnsSubdomain);
  AddFormat(diff, &options->format, {"text", "json", "yaml"});
  diff->footer(
      "Example: fairleadctl diff -f change --base config/samples/shop\nExit code: 0 nothing would change; 1 "
      "something would, or is wrong in the input, or would be refused; 2 wrong usage.");
}

void DescribeGraph(CLI::App* app, GraphOptions* options) {
  CLI::App* graph =
      app->add_subcommand("graph", "A picture of workspaces, who may call whom, and the policies on the way");
  AddInput(graph, &options->input);
  CLI::Option* format = graph->add_option_function<std::string>(
      "-o,--output",
      [options](const std::string& name) {
        options->drawing = name == "html" ? Drawing::kHtml : name == "dot" ? Drawing::kDot : Drawing::kSvg;
      },
      "A picture, a page in one file that needs no network, or for graphviz");
  OneOf(format, {"svg", "html", "dot"});
  format->default_str("svg");
  CLI::Option* workspace =
      graph->add_option("--workspace", options->workspace, "What this workspace has to do with")
          ->type_name("NAME");
  graph->add_option("--service", options->service, "Who may call this Service or ServiceEntry")
      ->type_name("NAME")
      ->excludes(workspace);
  graph
      ->add_option("--against", options->against,
                   "File or folder with the state before: what came, went or changed is marked; may be given "
                   "again")
      ->allow_extra_args(false)
      ->type_name("FILE");
  graph->footer(std::string("Example: fairleadctl graph -f config/samples -o html > mesh.html\n") +
                kExitCodes);
}

void Describe(CLI::App* app, Commands* c) {
  app->description(
      "fairleadctl: see what Fairlead does with your manifests, before and after they are applied");
  app->require_subcommand(1);
  app->fallthrough();
  app->set_version_flag("--version", "fairleadctl " + std::string(Version()), "Print the version");
  CLI::Option* color =
      app->add_option("--color", c->color, "Colour; auto: on a terminal, unless NO_COLOR is set")
          ->capture_default_str();
  OneOf(color, {"auto", "always", "never"});
  app->footer(kExitCodes);

  CLI::App* render = app->add_subcommand("render", "Print what manifests are lowered to");
  AddInput(render, &c->render.input);
  AddFormat(render, &c->render.format, {"yaml", "json"});
  render->add_flag("--with-status", c->render.with_status,
                   "Print the policies' statuses too, as if all proxies had acknowledged");
  render->footer(std::string("Example: fairleadctl render -f config/samples/shop --with-status\n") +
                 kExitCodes);

  CLI::App* lint = app->add_subcommand(
      "lint", "Check manifests, each and against one another; findings have codes (docs/lint.md)");
  AddInput(lint, &c->lint.input);
  AddFormat(lint, &c->lint.format, {"text", "json", "yaml"});
  lint->add_flag("--strict", c->lint.warnings_as_errors, "Exit 1 for warnings too");
  lint->footer(std::string("Example: helm template my-chart | fairleadctl lint -f -\n") + kExitCodes);

  DescribeExplain(app, c);
  DescribeDiff(app, &c->diff);
  DescribeGraph(app, &c->graph);
  DescribeCanI(app, &c->can_i);
  DescribeHistory(app, &c->history);
  DescribeRevert(app, &c->revert);
  DescribeFailover(app, &c->failover, &c->drill);

  CLI::App* version = app->add_subcommand("version", "Print the version");
  AddFormat(version, &c->version.format, {"text", "json", "yaml"});

  CLI::App* completion = app->add_subcommand("completion", "Print a completion script for a shell");
  OneOf(completion->add_option("shell", c->shell, "The shell")->required(), {"bash", "zsh"});
  completion->footer("Example: source <(fairleadctl completion bash)");
}

// What is wrong with the name of a Service or route, if one is given.
std::string NameProblem(const std::string& given) {
  if (given.empty()) return "";
  const NamespacedName name = ParseName(given, "default");
  std::string must = CheckDnsLabel(name.ns);
  if (must.empty()) must = CheckDnsSubdomain(name.name);
  if (must.empty()) return "";
  return "\"" + given + "\" is not a name or namespace/name: each " + must;
}

int Dispatch(const CLI::App& app, const Commands& c, const Output& output) {
  if (app.got_subcommand("render")) return Render(c.render, output);
  if (app.got_subcommand("lint")) return Lint(c.lint, output);
  if (app.got_subcommand("explain")) return Explain(c.explain, output);
  if (app.got_subcommand("graph")) return DrawGraph(c.graph, output);
  if (app.got_subcommand("diff")) return Diff(c.diff, output);
  if (app.got_subcommand("can-i")) return CanI(c.can_i, output);
  if (app.got_subcommand("history")) return History(c.history, output);
  if (app.got_subcommand("revert")) return Revert(c.revert, output);
  if (app.got_subcommand("failover")) {
    const CLI::App& failover = *app.get_subcommand("failover");
    if (failover.got_subcommand("drill")) {
      const CLI::App& drill = *failover.get_subcommand("drill");
      if (drill.got_subcommand("stop")) return StopDrill(c.drill, output);
      return drill.got_subcommand("status") ? DrillStatus(c.drill, output) : StartDrill(c.drill, output);
    }
    const bool status = failover.got_subcommand("status");
    return status ? FailoverStatus(c.failover, output) : SimulateFailover(c.failover, output);
  }
  if (app.got_subcommand("version")) return PrintVersion(c.version, output);
  output.out << (c.shell == "bash" ? BashCompletion(app) : ZshCompletion(app));
  return kExitGood;
}

// As kubectl takes names, too: `history service/ratings` is `history service ratings`.
std::vector<std::string> WithKindApart(std::vector<std::string> arguments) {
  if (arguments.size() < 2 || (arguments[0] != "history" && arguments[0] != "explain")) return arguments;
  const std::string named = arguments[1];
  const size_t slash = named.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == named.size()) return arguments;
  arguments[1] = named.substr(0, slash);
  arguments.insert(arguments.begin() + 2, named.substr(slash + 1));
  return arguments;
}

}  // namespace

int PrintVersion(const VersionOptions& options, const Output& output) {
  if (options.format == Format::kText) {
    output.out << "fairleadctl " << Version() << "\n";
  } else {
    Json::Value value;
    value["version"] = std::string(Version());
    Print(value, options.format, output);
  }
  return kExitGood;
}

int Run(const std::vector<std::string>& arguments, const Output& output,
        std::optional<ColorMode> force_color) {
  CLI::App app;
  app.name("fairleadctl");
  Commands commands;
  Describe(&app, &commands);
  const Result<std::string> shown = ParseArguments(&app, WithKindApart(arguments));
  if (!shown) return Misused(shown.error().message, output);
  if (!shown->empty()) {
    output.out << *shown;
    return kExitGood;
  }
  for (const std::string& name :
       {commands.explain.name, commands.history.kind == "service" ? commands.history.name : ""}) {
    if (const std::string problem = NameProblem(name); !problem.empty()) return Misused(problem, output);
  }
  Output colored = output;
  const ColorMode mode = force_color.value_or(commands.color == "always"  ? ColorMode::kAlways
                                              : commands.color == "never" ? ColorMode::kNever
                                                                          : ColorMode::kAuto);
  colored.color_out = WantsColor(mode, STDOUT_FILENO);
  colored.color_err = WantsColor(mode, STDERR_FILENO);
  return Dispatch(app, commands, colored);
}

}  // namespace fairlead::cli
