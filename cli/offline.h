// Offline: a World made of manifests, or of what a cluster has at this moment, and the printing of problems;
// what all commands that answer from objects begin with.
#pragma once

#include <json/value.h>

#include <memory>
#include <vector>

#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/load.h"
#include "reconcilers/world.h"

namespace fairlead::cli {

struct Offline {
  Loaded loaded;
  reconcilers::World world;
  std::string ns;                    // of names that give none
  std::unique_ptr<Cluster> cluster;  // that it was read from; null: files
};

// What a command wants to know of a cluster; of files all is read.
struct Interest {
  std::string name;         // "ns/name" or "name" of what it is about; decides whose neighbours are read
  std::vector<Kind> kinds;  // that the answer depends on; empty: all
  bool whole = false;       // objects as they are written are kept, and nothing is lowered
  bool access = false;      // AuthorizationPolicies of a cluster are read, too
};

// Loads and lowers. Problems of objects stay in `loaded`; an error: there is no cluster to read.
Result<Offline> Read(const InputOptions& input, const Interest& interest = {});

reconcilers::WorldOptions WorldOptionsOf(const InputOptions& input);

// With the server's address in front of what it answered, or did not.
Error OfServer(const Cluster& cluster, Error error);

// One line on stderr; the exit code for it.
int Fail(const Error& error, const Output& output);

// Each problem as a line on stderr, its severity coloured; then what could not be read.
void PrintProblems(const Loaded& loaded, const Output& output);
void PrintUnread(const Loaded& loaded, const Output& output);

// One value as JSON or YAML on stdout.
void Print(const Json::Value& value, Format format, const Output& output);

Style StyleOf(reconcilers::Severity severity);

// "ns/name" or "name" with the default namespace.
NamespacedName ParseName(const std::string& text, const std::string& default_namespace);

}  // namespace fairlead::cli
