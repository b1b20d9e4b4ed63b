// What golden tests share that start from manifests: directives in the first comments, and loading into a
// World.
#pragma once

#include <map>
#include <string>

#include "reconcilers/world.h"

namespace fairlead::golden {

// The leading comment lines "# name: value".
using Directives = std::multimap<std::string, std::string>;
Directives DirectivesOf(const std::string& input);
std::string Get(const Directives& directives, const std::string& name);  // "" where absent

// Applies each document; what cannot be read is a failure of the test.
void Load(const std::string& input, reconcilers::World* world);

// A case's name as GoogleTest takes it.
std::string TestName(std::string case_name);

}  // namespace fairlead::golden
