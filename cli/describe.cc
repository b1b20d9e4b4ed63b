#include "cli/describe.h"

#include <CLI/CLI.hpp>

#include "cli/arguments/arguments.h"
#include "crds/base/names.h"

namespace fairlead::cli {

void AddFormat(CLI::App* command, Format* format, const std::vector<std::string>& formats) {
  CLI::Option* option = command->add_option_function<std::string>(
      "-o,--output",
      [format](const std::string& name) {
        *format = name == "json"   ? Format::kJson
                  : name == "yaml" ? Format::kYaml
                  : name == "svg"  ? Format::kSvg
                                   : Format::kText;
      },
      "Output format");
  OneOf(option, formats);
  option->default_str(formats.front());
}

namespace {

void AddConnection(CLI::App* command, InputOptions* input) {
  command
      ->add_option("--kubeconfig", input->kubeconfig,
                   "Which cluster; default: $KUBECONFIG, the one that this runs in, ~/.kube/config")
      ->type_name("FILE");
  command->add_option("--context", input->context, "Context of the kubeconfig; default: its current one");
}

}  // namespace

void AddCluster(CLI::App* command, InputOptions* input) {
  AddConnection(command, input);
  MustBe(command->add_option("-n,--namespace", input->ns,
                             "Namespace of names that give none; default: that of the context"),
         CheckDnsLabel);
}

void AddInput(CLI::App* command, InputOptions* input) {
  command
      ->add_option("-f,--filename", input->paths,
                   "File, folder (recursively: .yaml, .yml, .json) or - for standard input; may be given "
                   "again; default: "
                   "what is in the cluster")
      ->allow_extra_args(false)
      ->type_name("FILE");
  AddConnection(command, input);
  CLI::Option* ns = command->add_option("-n,--namespace", input->ns,
                                        "Namespace of objects and names that give none; default: of files "
                                        "default, of a cluster that of the context");
  CLI::Option* root = command
                          ->add_option("--root-namespace", input->root_namespace,
                                       "Namespace whose policies of scope Mesh are honoured")
                          ->capture_default_str();
  CLI::Option* domain =
      command->add_option("--cluster-domain", input->cluster_domain, "DNS domain of the cluster")
          ->capture_default_str();
  MustBe(ns, CheckDnsLabel);
  MustBe(root, CheckDnsLabel);
  MustBe(domain, CheckDnsSubdomain);
  CLI::Option* mode = command->add_option_function<std::string>(
      "--mode", [input](const std::string& name) { input->istio_mode = name == "istio"; },
      "Which control plane carries it out");
  OneOf(mode, {"built-in", "istio"});
  mode->default_str("built-in");
}

void AddBreakGlass(CLI::App* command, InputOptions* input) {
  command
      ->add_option("--break-glass-groups", input->break_glass_groups,
                   "Groups of administrators, as the operator was told them")
      ->delimiter(',')
      ->capture_default_str()
      ->type_name("GROUPS");
}

void AddRemotes(CLI::App* command, InputOptions* input) {
  command
      ->add_option(
          "--remote", input->remotes,
          "Another cluster, whose endpoints are joined with ours: NAME=FILE or folder beside -f, else "
          "NAME=CONTEXT of the kubeconfig (NAME alone: the context of that name); may be given again")
      ->allow_extra_args(false)
      ->type_name("NAME[=WHERE]");
  MustBe(command
             ->add_option("--cluster-name", input->cluster_name,
                          "What policies and other clusters call this one")
             ->capture_default_str(),
         CheckLocalityName);
}

}  // namespace fairlead::cli
