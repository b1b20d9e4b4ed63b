#include "cli/arguments/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <sstream>

#include "crds/base/nearest.h"

namespace fairlead::cli {
namespace {

std::string Join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string Meant(const std::string& word, const std::vector<std::string>& known) {
  const std::string_view nearest = Nearest(word, {known.begin(), known.end()});
  return nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?";
}

std::vector<std::string> CommandsOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(sub->get_name());
  }
  return names;
}

// "fairleadctl explain service"
std::string PathOf(const CLI::App& app) {
  return (app.get_parent() == nullptr ? "" : PathOf(*app.get_parent()) + " ") + app.get_name();
}

// Flags of the command and of those above it.
const CLI::Option* FindFlag(const CLI::App& app, const std::string& flag) {
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    if (const CLI::Option* option = at->get_option_no_throw(flag)) return option;
  }
  return nullptr;
}

std::vector<std::string> FlagsOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

// Follows the words through the commands, and stops at the first that has no place.
class Walk {
 public:
  explicit Walk(const CLI::App* app) : app_(app) {}

  void Through(const std::vector<std::string>& words) {
    for (size_t i = 0; i < words.size() && problem_.empty(); ++i) {
      const std::string& word = words[i];
      if (word == "--") return;
      if (word.size() > 1 && word[0] == '-') {
        if (Flag(word)) ++i;
      } else {
        Plain(word);
      }
    }
  }
  const CLI::App& app() const { return *app_; }
  const std::string& problem() const { return problem_; }

 private:
  // True: the next word is its value.
  bool Flag(const std::string& word) {
    const bool is_long = word[1] == '-';
    const std::string name = is_long ? word.substr(0, word.find('=')) : word.substr(0, 2);
    const CLI::Option* option = FindFlag(*app_, name);
    if (option == nullptr && CommandsTake(name)) {
      problem_ = "a command is needed before " + name + ": " + Join(CommandsOf(*app_));
      return false;
    }
    if (option == nullptr) {
      problem_ = "unknown flag " + name + (is_long ? Meant(name, FlagsOf(*app_)) : "");
      return false;
    }
    return option->get_items_expected_max() > 0 && word.size() == name.size();
  }

  // The flag belongs to one of the commands that may follow.
  bool CommandsTake(const std::string& name) const {
    const auto commands = app_->get_subcommands([](const CLI::App*) { return true; });
    return std::any_of(commands.begin(), commands.end(), [&](const CLI::App* sub) {
      return sub->get_option_no_throw(name) != nullptr || Walk(sub).CommandsTake(name);
    });
  }

  void Plain(const std::string& word) {
    const std::vector<std::string> commands = CommandsOf(*app_);
    const auto found = std::find(commands.begin(), commands.end(), word);
    if (found != commands.end()) {
      app_ = app_->get_subcommand(word);
      return;
    }
    if (!commands.empty()) {
      const std::string meant = Meant(word, commands);
      problem_ =
          "unknown command \"" + word + "\"" + (meant.empty() ? "; there are " + Join(commands) : meant);
      return;
    }
    int places = 0;
    for (const CLI::Option* option : app_->get_options()) places += option->get_positional() ? 1 : 0;
    if (++plain_ > places) {
      problem_ = "unexpected word \"" + word + "\"";
      if (app_->get_option_no_throw("--filename") != nullptr) problem_ += "; each file needs a -f of its own";
    }
  }

  const CLI::App* app_;
  int plain_ = 0;
  std::string problem_;
};

// CLI11 tells values in words of its own: "NAME: Value 150 not in range 0 to 99".
std::string ValueInWords(const std::string& what) {
  const std::string value = ": Value ", range = " not in range ";
  const size_t from = what.find(value), to = what.rfind(range);
  if (from == what.npos || to == what.npos || to < from + value.size()) return what;
  return what.substr(0, from) + ": \"" + what.substr(from + value.size(), to - from - value.size()) +
         "\" is not a number from " + what.substr(to + range.size());
}

// "Could not convert: NAME = VALUE"
std::string ConversionInWords(const std::string& what, const CLI::App& app) {
  const std::string head = "Could not convert: ";
  const size_t sign = what.find(" = ");
  if (!what.starts_with(head) || sign == what.npos) return what;
  const std::string name = what.substr(head.size(), sign - head.size());
  const CLI::Option* option = FindFlag(app, name);
  const bool takes_number = option != nullptr && option->get_items_expected_max() > 0;
  return name + ": \"" + what.substr(sign + 3) + "\" is not " + (takes_number ? "a number" : "true or false");
}

std::string InWords(const CLI::ParseError& error, const CLI::App& app) {
  const std::string what = error.what();
  const std::vector<std::string> commands = CommandsOf(app);
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && !commands.empty()) {
    return "a command is needed: " + Join(commands);
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    return what.substr(0, what.find(':')) +
           (what.find(": At Most ") == what.npos ? ": a value is missing" : ": may be given once only");
  }
  if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr) {
    const std::string excludes = " excludes ";
    const size_t at = what.find(excludes);
    return what.substr(0, at) + " cannot be given together with " + what.substr(at + excludes.size());
  }
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) return ConversionInWords(what, app);
  return ValueInWords(what);
}

// Which cluster, said to a command that reads files in its place: whoever says it expects to be asked about
// that cluster. `diff` lays files over the cluster unless it has a base.
std::string ClusterBesideFiles(const CLI::App& command) {
  const auto given = [&command](const char* flag) {
    const CLI::Option* option = command.get_option_no_throw(flag);
    return option != nullptr && option->count() > 0;
  };
  const bool has_base = command.get_option_no_throw("--base") != nullptr;
  if (!given(has_base ? "--base" : "--filename")) return "";
  for (const char* flag : {"--kubeconfig", "--context"}) {
    if (!given(flag)) continue;
    return std::string(flag) + " says which cluster, and with " + (has_base ? "--base" : "-f") +
           " no cluster is read: leave one of them away";
  }
  return "";
}

// `help COMMAND` is `COMMAND --help`.
std::vector<std::string> WithHelpAsFlag(std::vector<std::string> words) {
  words.erase(words.begin());
  words.emplace_back("--help");
  return words;
}

Unexpected<Error> Wrong(const std::string& what, const CLI::App& app) {
  return Unexpected(
      Error{ErrorClass::kInvalid, what + "\nRun '" + PathOf(app) + " --help' for what it takes."});
}

}  // namespace

Result<std::string> ParseArguments(CLI::App* app, const std::vector<std::string>& given) {
  std::vector<std::string> arguments = given;
  if (!given.empty() && given.front() == "help" && !CommandsOf(*app).empty()) {
    arguments = WithHelpAsFlag(std::move(arguments));
    Walk walk(app);
    walk.Through(arguments);
    if (!walk.problem().empty()) return Wrong(walk.problem(), walk.app());
  }
  try {
    app->parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, ignored;
    if (app->exit(error, out, ignored) == 0) return out.str();
    Walk walk(app);
    walk.Through(arguments);
    return Wrong(walk.problem().empty() ? InWords(error, walk.app()) : walk.problem(), walk.app());
  }
  const CLI::App* command = app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  const std::string problem = ClusterBesideFiles(*command);
  if (!problem.empty()) return Wrong(problem, *command);
  return std::string();
}

void OneOf(CLI::Option* option, const std::vector<std::string>& values) {
  std::string braces;
  for (const std::string& value : values) braces += (braces.empty() ? "{" : ",") + value;
  option->check(CLI::Validator(
      [values](const std::string& value) {
        if (std::find(values.begin(), values.end(), value) != values.end()) return std::string();
        return "\"" + value + "\" is not one of " + Join(values) + Meant(value, values);
      },
      braces + "}"));
}

void MustBe(CLI::Option* option, std::string (*check)(std::string_view)) {
  option->check(CLI::Validator(
      [check](const std::string& value) {
        const std::string must = check(value);
        return must.empty() ? "" : "\"" + value + "\" " + must;
      },
      ""));
}

}  // namespace fairlead::cli
