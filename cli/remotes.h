// Other clusters beside the one that a command is about: from files, or over contexts of the kubeconfig.
//
// Who calls: Read(), for commands with --remote. What is read is what the operator reads there
// (docs/clusters.md), with the rights of whoever asks; the Secrets that name clusters are not looked at.
#pragma once

#include "cli/offline.h"

namespace fairlead::cli {

// Whether each --remote can be meant; the error says which, and what to write.
Result<void> CheckRemotes(const InputOptions& input);

// Into the world, which is not drained. An error: a cluster cannot be read.
// Problems of objects are added to those of `to`.
Result<void> ReadRemotes(const InputOptions& input, Offline* to);

// A line on stderr where the policy names clusters that are not read: what it says of them is told as if they
// had nothing.
void TellUnread(const reconcilers::World& world, const ObjectKey& policy, const Output& output);

}  // namespace fairlead::cli
