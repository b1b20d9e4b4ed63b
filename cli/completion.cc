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

// "TEXT:{text,json}" -> text, json
std::set<std::string> ValuesIn(const std::string& type) {
  std::set<std::string> values;
  const size_t open = type.find('{'), close = type.find('}');
  if (open == std::string::npos || close == std::string::npos) return values;
  std::string value;
  for (char c : type.substr(open + 1, close - open - 1) + ",") {
    if (c == ',') {
      values.insert(value);
      value.clear();
    } else {
      value += c;
    }
  }
  return values;
}

void AddOption(const CLI::Option& option, Words* words) {
  const std::string type = option.get_type_name();
  const std::set<std::string> values = ValuesIn(type);
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : names) {
    words->words.insert(name);
    if (type.find("FILE") != std::string::npos) words->files.insert(name);
    if (!values.empty()) words->values[name] = values;
  }
  if (names.empty())
    words->words.insert(values.begin(), values.end());  // a place of its own: the shell of `completion`
}

// Flags of the commands above are taken as well.
void Collect(const CLI::App& app, const std::string& path, std::map<std::string, Words>* out) {
  Words& words = (*out)[path];
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      if (at == &app || option->get_lnames() != std::vector<std::string>{"version"})
        AddOption(*option, &words);
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

// One shell's way to offer words, files, and to walk the line.
struct Shell {
  std::string head;                                // up to the loop's `case`
  std::string tail;                                // behind the function's last `esac`
  std::string (*offer)(const std::string& words);  // one command
  std::string files;                               // likewise
};

// The script is the same for both shells: which commands the line names, then what may follow there.
std::string Script(const CLI::App& app, const Shell& shell) {
  std::map<std::string, Words> all;
  Collect(app, "", &all);
  std::string out = shell.head;
  for (const auto& [path, words] : all) {
    if (!path.empty()) out += "      '" + path + "') at='" + path + "' ;;\n";
  }
  out += "    esac\n  done\n  case \"$at:$prev\" in\n";
  for (const auto& [path, words] : all) {
    for (const auto& [option, values] : words.values) {
      out += "    '" + path + ":" + option + "') " + shell.offer(Join(values)) + "; return ;;\n";
    }
    for (const std::string& option : words.files) {
      out += "    '" + path + ":" + option + "') " + shell.files + "; return ;;\n";
    }
  }
  out += "  esac\n  case \"$at\" in\n";
  for (const auto& [path, words] : all) {
    out += "    '" + path + "') " + shell.offer(Join(words.words)) + " ;;\n";
  }
  return out + "  esac\n}\n" + shell.tail;
}

}  // namespace

std::string BashCompletion(const CLI::App& app) {
  return Script(
      app, {"# bash completion of fairleadctl\n_fairleadctl() {\n"
            "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} at='' i\n"
            "  COMPREPLY=()\n"
            "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
            "    case \"${at:+$at }${COMP_WORDS[i]}\" in\n",
            "complete -F _fairleadctl fairleadctl kubectl-fairlead\n",
            [](const std::string& words) { return "COMPREPLY=($(compgen -W '" + words + "' -- \"$cur\"))"; },
            "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")"});
}

std::string ZshCompletion(const CLI::App& app) {
  return Script(app,
                {"#compdef fairleadctl kubectl-fairlead\n# zsh completion of fairleadctl\n_fairleadctl() {\n"
                 "  local prev=${words[CURRENT-1]} at='' i\n"
                 "  for ((i = 2; i < CURRENT; i++)); do\n"
                 "    case \"${at:+$at }${words[i]}\" in\n",
                 "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }\n"
                 "compdef _fairleadctl fairleadctl kubectl-fairlead\n",
                 [](const std::string& words) { return "compadd -- " + words; }, "_files"});
}

}  // namespace fairlead::cli
