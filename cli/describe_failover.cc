#include <CLI/CLI.hpp>

#include "cli/describe.h"

namespace fairlead::cli {

namespace {

void DescribeDrill(CLI::App* failover, DrillOptions* options) {
  CLI::App* drill = failover->add_subcommand(
      "drill", "Takes a place out for a time, at the proxies alone: no endpoint, pod or node is touched");
  drill->require_subcommand(1);
  CLI::App* start = drill->add_subcommand("start", "Starts a drill, or changes the one that runs");
  start->add_option("name", options->policy, "The FailoverPolicy: NAME or NAMESPACE/NAME")
      ->required()
      ->type_name("NAME");
  start
      ->add_option("--down", options->down,
                   "What is taken out: zone=REGION/ZONE, region=REGION or cluster=CLUSTER")
      ->required()
      ->type_name("WHAT");
  start
      ->add_option("--service", options->services,
                   "Only this target of the policy: NAME or NAMESPACE/NAME; may be given again; default: all")
      ->allow_extra_args(false)
      ->type_name("NAME");
  start->add_option("--for", options->length, "How long, at most 24h; then it ends whoever lives")
      ->required()
      ->type_name("DURATION");
  start->add_option("--weight", options->weight, "The percent of its requests that the place keeps, 0 to 99")
      ->check(CLI::Range(0, 99))
      ->capture_default_str();
  start->add_flag("--force", options->force, "Also where nothing healthy is left");
  start->add_flag(
      "--watch", options->watch,
      "Follow it until its end or Ctrl-C, which leaves it running; --watch=false: return at once");
  AddInput(start, &options->input);
  AddRemotes(start, &options->input);
  start->footer(
      "Example: fairleadctl failover drill start shop/ratings --down zone=us-east/us-east-1a --for 10m\n"
      "To drain in steps, start it again with a lower --weight. With -f it is rehearsed only.\nExit code: 0 "
      "it "
      "ended by its time or was stopped, or runs (--watch=false); 1 it was refused or ended early; 2 wrong "
      "usage.");
  CLI::App* stop = drill->add_subcommand("stop", "Ends a drill at once");
  stop->add_option("name", options->policy, "The FailoverPolicy: NAME or NAMESPACE/NAME")
      ->required()
      ->type_name("NAME");
  AddCluster(stop, &options->input);
  stop->footer("Example: fairleadctl failover drill stop shop/ratings");
  CLI::App* status = drill->add_subcommand("status", "What came of drills");
  status
      ->add_option("name", options->policy, "Only this FailoverPolicy: NAME or NAMESPACE/NAME; default: all")
      ->type_name("NAME");
  AddInput(status, &options->input);
  status->footer(
      "Example: fairleadctl failover drill status\nExit code: 0; 1 one is refused or is not there, or errors "
      "in the input; 2 wrong "
      "usage.");
}

}  // namespace

void DescribeFailover(CLI::App* app, FailoverOptions* options, DrillOptions* drill) {
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
      "from labels of Nodes, and from the label istio-locality of Pods; with -f, Nodes, EndpointSlices and "
      "the "
      "Pods of waypoints have to be among the files.\nExit code: 0 everything has a place to go; 1 something "
      "has none, or errors in "
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
  DescribeDrill(failover, drill);
}

}  // namespace fairlead::cli
