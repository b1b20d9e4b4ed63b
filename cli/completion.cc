#include "cli/completion.h"

#include <CLI/CLI.hpp>
#include <map>
#include <set>
#include <vector>

namespace fairlead::cli {
namespace {

// The words that may follow, by the commands before them ("", "explain", "explain service").
struct Words {
  std::set<std::string> words;
  std::map<std::string, std::set<std::string>> values;  // option -> its values; no entry: a file or free text
  std::set<std::string> files;                          // options that take a file
};

void Collect(const CLI::App& app, const std::string& path, std::map<std::string, Words>* out) {
  Words& words = (*out)[path];
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.words.insert("--" + name);
    for (const std::string& name : option->get_snames()) words.words.insert("-" + name);
    const std::string type = option->get_type_name();
    for (const std::string& flag : {std::string("--"), std::string("-")}) {
      for (const std::string& name : flag == "--" ? option->get_lnames() : option->get_snames()) {
        if (type.find("FILE") != std::string::npos) words.files.insert(flag + name);
        const size_t open = type.find('{'), close = type.find('}');
        if (open == std::string::npos || close == std::string::npos) continue;
        std::string value;
        for (char c : type.substr(open + 1, close - open - 1) + ",") {
          if (c == ',') {
            words.values[flag + name].insert(value);
            value.clear();
          } else {
            value += c;
          }
        }
      }
    }
  }
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    words.words.insert(sub->get_name());
    Collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), out);
  }
}

std::string Join(const std::set<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

}  // namespace

std::string BashCompletion(const CLI::App& app) {
  std::map<std::string, Words> all;
  Collect(app, "", &all);
  std::string out =
      "# bash completion of fairleadctl\n_fairleadctl() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path='' i word\n"
      "  COMPREPLY=()\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    case \"${path:+$path }$word\" in\n";
  for (const auto& [path, words] : all) {
    if (!path.empty()) out += "      '" + path + "') path='" + path + "' ;;\n";
  }
  out += "    esac\n  done\n  case \"$path:$prev\" in\n";
  for (const auto& [path, words] : all) {
    for (const auto& [option, values] : words.values) {
      out += "    '" + path + ":" + option + "') COMPREPLY=($(compgen -W '" + Join(values) +
             "' -- \"$cur\")); return ;;\n";
    }
    for (const std::string& option : words.files) {
      out += "    '" + path + ":" + option + "') COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n";
    }
  }
  out += "  esac\n  case \"$path\" in\n";
  for (const auto& [path, words] : all) {
    out += "    '" + path + "') COMPREPLY=($(compgen -W '" + Join(words.words) + "' -- \"$cur\")) ;;\n";
  }
  return out + "  esac\n}\ncomplete -F _fairleadctl fairleadctl kubectl-fairlead\n";
}

std::string ZshCompletion(const CLI::App& app) {
  return "#compdef fairleadctl kubectl-fairlead\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         BashCompletion(app);
}

}  // namespace fairlead::cli
