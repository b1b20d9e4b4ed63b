#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <map>
#include <memory>

#include "cli/commands.h"
#include "cli/completion.h"
#include "crds/base/version.h"

namespace fairlead::cli {
namespace {

const std::map<std::string, Format> kDocumentFormats = {{"yaml", Format::kYaml}, {"json", Format::kJson}};
const std::map<std::string, Format> kReportFormats = {{"text", Format::kText}, {"json", Format::kJson}};

void AddFormat(CLI::App* command, Format* format, const std::map<std::string, Format>& names) {
  command->add_option("-o,--output", *format, "Output format")->transform(CLI::CheckedTransformer(names));
}

void AddInput(CLI::App* command, InputOptions* input) {
  command
      ->add_option("-f,--filename", input->paths,
                   "Manifest, folder of manifests (recursively), or - for standard input")
      ->required()
      ->type_name("FILE");
  command->add_option("-n,--namespace", input->ns, "Namespace of objects and names that give none")
      ->capture_default_str();
  command
      ->add_option("--root-namespace", input->root_namespace,
                   "Namespace whose policies of scope Mesh are honoured")
      ->capture_default_str();
  command->add_option("--cluster-domain", input->cluster_domain, "DNS domain of the cluster")
      ->capture_default_str();
  command
      ->add_option_function<std::string>(
          "--mode", [input](const std::string& mode) { input->istio_mode = mode == "istio"; },
          "Which control plane carries it out")
      ->check(CLI::IsMember({"built-in", "istio"}))
      ->default_str("built-in");
}

struct Commands {
  RenderOptions render;
  LintOptions lint;
  ExplainOptions explain;
  VersionOptions version;
  std::string shell;
  std::string color = "auto";
};

void Describe(CLI::App* app, Commands* c) {
  app->description(
      "fairleadctl: see what Fairlead does with your manifests, before and after they are applied");
  app->require_subcommand(1);
  app->fallthrough();
  app->add_option("--color", c->color, "Colour: auto (only on a terminal), always, never")
      ->check(CLI::IsMember({"auto", "always", "never"}));

  CLI::App* render = app->add_subcommand("render", "Print what manifests are lowered to; needs no cluster");
  AddInput(render, &c->render.input);
  AddFormat(render, &c->render.format, kDocumentFormats);
  render->add_flag("--with-status", c->render.with_status,
                   "Print the policies' statuses too, as if all proxies had acknowledged");

  CLI::App* lint = app->add_subcommand(
      "lint", "Check manifests, each and against one another; findings have codes (docs/lint.md)");
  AddInput(lint, &c->lint.input);
  AddFormat(lint, &c->lint.format, kReportFormats);
  lint->add_flag("--strict", c->lint.warnings_as_errors, "Exit 1 for warnings too");

  CLI::App* explain =
      app->add_subcommand("explain", "Every effective field, which object set it, and what lost");
  explain->require_subcommand(1);
  for (const char* kind : {"service", "route"}) {
    CLI::App* sub = explain->add_subcommand(
        kind, std::string(kind) == "service" ? "A Service or ServiceEntry" : "An HTTPRoute or GRPCRoute");
    sub->add_option("name", c->explain.name, "name or namespace/name")->required();
    AddInput(sub, &c->explain.input);
    AddFormat(sub, &c->explain.format, kReportFormats);
    sub->callback([c, kind] { c->explain.kind = kind; });
  }

  CLI::App* version = app->add_subcommand("version", "Print the version");
  AddFormat(version, &c->version.format, kReportFormats);

  CLI::App* completion =
      app->add_subcommand("completion", "Print a completion script: source <(fairleadctl completion bash)");
  completion->add_option("shell", c->shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
}

int Dispatch(const CLI::App& app, const Commands& c, const Output& output) {
  if (app.got_subcommand("render")) return Render(c.render, output);
  if (app.got_subcommand("lint")) return Lint(c.lint, output);
  if (app.got_subcommand("explain")) return Explain(c.explain, output);
  if (app.got_subcommand("version")) return PrintVersion(c.version, output);
  output.out << (c.shell == "bash" ? BashCompletion(app) : ZshCompletion(app));
  return kExitGood;
}

}  // namespace

int PrintVersion(const VersionOptions& options, const Output& output) {
  if (options.format == Format::kJson) {
    output.out << "{\"version\":\"" << Version() << "\"}\n";
  } else {
    output.out << "fairleadctl " << Version() << "\n";
  }
  return kExitGood;
}

int Run(const std::vector<std::string>& arguments, const Output& output,
        std::optional<ColorMode> force_color) {
  CLI::App app;
  app.name("fairleadctl");
  Commands commands;
  Describe(&app, &commands);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(reversed);
  } catch (const CLI::CallForHelp& e) {
    app.exit(e, output.out, output.err);
    return kExitGood;
  } catch (const CLI::ParseError& e) {
    output.err << "fairleadctl: " << e.what() << "\nRun with --help for the commands and options.\n";
    return kExitUsage;
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
