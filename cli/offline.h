// Offline: a World made of manifests, and the printing of their problems; what all commands with -f begin
// with.
#pragma once

#include <json/value.h>

#include "cli/commands.h"
#include "cli/load.h"
#include "reconcilers/world.h"

namespace fairlead::cli {

struct Offline {
  Loaded loaded;
  reconcilers::World world;
};

// Loads and lowers. Problems stay in `loaded`.
Offline Read(const InputOptions& input);

// Each problem as a line on stderr; its severity coloured.
void PrintProblems(const Loaded& loaded, const Output& output);

// One value as JSON or YAML on stdout.
void Print(const Json::Value& value, Format format, const Output& output);

Style StyleOf(reconcilers::Severity severity);

// "ns/name" or "name" with the default namespace.
NamespacedName ParseName(const std::string& text, const std::string& default_namespace);

}  // namespace fairlead::cli
