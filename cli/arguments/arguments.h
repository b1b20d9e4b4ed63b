// ParseArguments: a command line over CLI11 whose errors name the word that is wrong and what was probably
// meant.
//
// Who calls: fairleadctl and fairlead-operator. CLI11 tells a missing option before an unknown one, so a
// misspelt flag would be told as a missing one; here the words are looked at in their order. Throws nothing.
//
//   Result<std::string> shown = ParseArguments(&app, arguments);
//   if (!shown) → usage error, exit 2; if (!shown->empty()) → print it (help, version), exit 0; else run
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crds/base/result.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace fairlead::cli {

// The text that was asked for by --help, `help COMMAND` or --version, or empty: run. The error's last line
// says where help is.
Result<std::string> ParseArguments(CLI::App* app, const std::vector<std::string>& given);

// The option's value must be one of these; help, completion and errors show them.
void OneOf(CLI::Option* option, const std::vector<std::string>& values);

// The option's value must pass one of the checks of crds/base/names.h: "" or what the text must be.
void MustBe(CLI::Option* option, std::string (*check)(std::string_view));

}  // namespace fairlead::cli
