// The commands of fairleadctl. Each takes its options as a value and returns the exit code (cli/output.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/output.h"
#include "reconcilers/rights/rights.h"

namespace fairlead::cli {

enum class Format { kYaml, kJson, kText, kSvg };

// What all commands that read manifests share.
struct InputOptions {
  std::vector<std::string> paths;   // -f; none: the cluster
  std::string kubeconfig, context;  // which cluster
  // -n: for objects without a namespace, and for names given without one. Empty: that of the cluster's
  // context, or "default".
  std::string ns;
  std::string root_namespace = "fairlead-system";
  std::string cluster_domain = "cluster.local";
  std::string trust_domain = "cluster.local";
  std::vector<std::string> break_glass_groups = reconcilers::AdministratorGroups();
  std::string cluster_name = "Kubernetes";  // ours
  std::vector<std::string> remotes;         // "NAME=WHERE"; see remotes.h
  bool istio_mode = false;
};

struct RenderOptions {
  InputOptions input;
  Format format = Format::kYaml;
  bool with_status = false;
};
int Render(const RenderOptions& options, const Output& output);

struct LintOptions {
  InputOptions input;
  Format format = Format::kText;
  bool warnings_as_errors = false;  // --strict
};
int Lint(const LintOptions& options, const Output& output);

struct ExplainOptions {
  InputOptions input;
  std::string kind;  // "service" or "route"
  std::string name;  // "name" or "namespace/name"
  Format format = Format::kText;
};
int Explain(const ExplainOptions& options, const Output& output);

struct CanIOptions {
  InputOptions input;
  bool list = false;
  std::string verb;    // create, update or delete
  std::string object;  // "rtp/ratings"
  std::string user;
  std::vector<std::string> groups;
  std::vector<std::string> fields;  // "spec.retries.attempts=5"
  Format format = Format::kText;
};
int CanI(const CanIOptions& options, const Output& output);

struct DiffOptions {
  InputOptions input;                // paths: what would be applied
  std::vector<std::string> base;     // over what; none: the cluster
  std::vector<std::string> deletes;  // files whose objects would be deleted
  bool prune = false;                // what `selector` finds and the files do not have would be deleted
  std::string selector;
  std::string user;  // whose rights are judged; empty: nobody's
  std::vector<std::string> groups;
  Format format = Format::kText;
};
int Diff(const DiffOptions& options, const Output& output);

enum class Drawing { kSvg, kHtml, kDot };

struct GraphOptions {
  InputOptions input;
  std::vector<std::string> against;  // the state before; none: nothing is compared
  std::string workspace, service;    // what it is about; empty: everything
  Drawing drawing = Drawing::kSvg;
};
int DrawGraph(const GraphOptions& options, const Output& output);

struct HistoryOptions {
  InputOptions input;
  std::string kind;   // "service" or "policy"
  std::string name;   // "name", "namespace/name"; of policies "rtp/name", too
  std::string since;  // "24h", or a time; empty: all
  Format format = Format::kText;
};
int History(const HistoryOptions& options, const Output& output);

struct RevertOptions {
  InputOptions input;
  std::string name;  // "rtp/ratings"
  std::string to;    // a record; empty: the newest change is taken back
  bool dry_run = false;
};
int Revert(const RevertOptions& options, const Output& output);

struct FailoverOptions {
  InputOptions input;
  std::vector<std::string> down;  // "zone=us-east/us-east-1a"
  std::string service;            // "name" or "namespace/name"; empty: all that have a policy
  std::string policy;             // likewise, of a FailoverPolicy
  Format format = Format::kText;
};
struct DrillOptions {
  InputOptions input;
  std::string policy;                 // "name" or "namespace/name"
  std::string down;                   // "zone=us-east/us-east-1a"
  std::vector<std::string> services;  // none: all targets
  std::string length;                 // "10m"
  int weight = 0;                     // percent that the place keeps
  bool force = false;
  bool watch = true;
};
int StartDrill(const DrillOptions& options, const Output& output);
int StopDrill(const DrillOptions& options, const Output& output);
int DrillStatus(const DrillOptions& options, const Output& output);

int SimulateFailover(const FailoverOptions& options, const Output& output);
int FailoverStatus(const FailoverOptions& options, const Output& output);

struct VersionOptions {
  Format format = Format::kText;
};
int PrintVersion(const VersionOptions& options, const Output& output);

// Parses the command line and runs the command; argv[0] is skipped.
int Run(const std::vector<std::string>& arguments, const Output& output,
        std::optional<ColorMode> force_color = {});

}  // namespace fairlead::cli
