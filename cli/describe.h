// How commands are described to CLI11: what several share, and those that fill a file of their own. run.cc
// puts them together.
#pragma once

#include <string>
#include <vector>

#include "cli/commands.h"

namespace CLI {
class App;
}

namespace fairlead::cli {

// The first of `formats` is the default.
void AddFormat(CLI::App* command, Format* format, const std::vector<std::string>& formats);
// Files or a cluster, and how what is in them is to be taken.
void AddInput(CLI::App* command, InputOptions* input);
// The cluster alone.
void AddCluster(CLI::App* command, InputOptions* input);
// Who may break the glass.
void AddBreakGlass(CLI::App* command, InputOptions* input);
// Other clusters beside it.
void AddRemotes(CLI::App* command, InputOptions* input);

void DescribeFailover(CLI::App* app, FailoverOptions* options, DrillOptions* drill);

}  // namespace fairlead::cli
