// Completion scripts for bash and zsh, made from the parser's own description of commands and options, so
// that they cannot fall behind it.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace fairlead::cli {

std::string BashCompletion(const CLI::App& app);
std::string ZshCompletion(const CLI::App& app);

}  // namespace fairlead::cli
