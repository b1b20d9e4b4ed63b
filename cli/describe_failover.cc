#include <CLI/CLI.hpp>

#include "cli/describe.h"

namespace fairlead::cli {

void DescribeFailover(CLI::App* app, FailoverOptions* options) {
  CLI::App* failover = app->add_subcommand("failover", "Where requests go when a place is down");
  failover->require_subcommand(1);
  CLI::App* simulate = failover->add_subcommand(
      "simulate",
      "Who would receive which share of the requests, at which load, and what would have no place to go");
  simulate
      ->add_option(
          "--down", options->down,
          "What is down: zone=REGION/ZONE, region=REGION, cluster=CLUSTER or service=NAMESPACE/NAME; "
          "may be given again")
      ->required()
      ->allow_extra_args(false)
      ->type_name("WHAT");
  simulate
      ->add_option("--service", options->service,
                   "Only this Service or ServiceEntry; default: all that a FailoverPolicy targets")
      ->type_name("NAME");
  AddInput(simulate, &options->input);
  AddRemotes(simulate, &options->input);
  AddFormat(simulate, &options->format, {"text", "json", "yaml", "svg"});
  simulate->footer(
      "Example: fairleadctl failover simulate --down zone=us-east/us-east-1a --service shop/ratings\nPlaces "
      "come "
      "from labels of Nodes, and from the label istio-locality of Pods; with -f, Nodes and EndpointSlices "
      "have to "
      "be among the files.\nExit code: 0 everything has a place to go; 1 something has none, or errors in "
      "the "
      "input; 2 wrong usage.");
  CLI::App* status = failover->add_subcommand(
      "status", "The steps in order, who gets which share now, and what a step lacks");
  status
      ->add_option("name", options->policy, "Only this FailoverPolicy: NAME or NAMESPACE/NAME; default: all")
      ->type_name("NAME");
  AddInput(status, &options->input);
  AddRemotes(status, &options->input);
  AddFormat(status, &options->format, {"text", "json", "yaml"});
  status->footer(
      "Example: fairleadctl failover status shop/ratings\nWhat proxies have found to fail by themselves is "
      "not "
      "among what is known here: healthy is what Kubernetes calls ready.\nExit code: 0 everything has a "
      "place to "
      "go; 1 something has none, or errors in the input; 2 wrong usage.");
}

}  // namespace fairlead::cli
