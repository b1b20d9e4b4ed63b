// Clusters that cannot be reached from the start on: what an operator before this one has kept of them.
#include <utility>

#include "operator/clusters/registry.h"

namespace fairlead::clusters {
namespace {

constexpr int kTries = 3;  // of a read: our own API server has answered just now

}  // namespace

// Of each that is missed, once.
void Registry::Recall() {
  std::vector<std::string> missed;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, shown] : shown_) {
      if (shown.health && IsMissed(*shown.health) && !std::exchange(shown.recalled, true))
        missed.push_back(name);
    }
  }
  for (const std::string& name : missed) Recall(name, connected_.at(name).entry);
}

void Registry::Recall(const std::string& name, const ClusterEntry& entry) {
  Result<std::optional<KeptCopy>> copy = ReadCopy(name, IdentityOf(*entry.config));
  if (!copy) {
    const std::string object = CopyStore::NameOf(options_.ns, name).name;
    const ClusterProblem problem = {entry.secret, entry.uid, name,
                                    "what was kept of cluster " + name + " is not used: ConfigMap " + object +
                                        ": " + copy.error().message};
    unusable_.Add();
    parts_.log->Error("the kept copy of a cluster is not used",
                      {{"cluster", name}, {"reason", problem.message}});
    Say(problem, kCopyUnusable);
    const std::lock_guard lock(mutex_);
    shown_.at(name).unusable = problem;
    return;
  }
  if (!*copy) return;
  KeptCopy& kept = **copy;
  {
    const std::lock_guard lock(mutex_);
    if (!shown_.at(name).health->Remember(kept.header.heard)) return;  // it was listed meanwhile
  }
  used_.Add();
  parts_.log->Warn("a cluster is known by its kept copy", {{"cluster", name},
                                                           {"heard", kept.header.heard.ToString()},
                                                           {"by", kept.header.by},
                                                           {"objects", kept.objects.size()}});
  parts_.sink->OnKept(name, std::move(kept.objects));
}

Result<std::optional<KeptCopy>> Registry::ReadCopy(const std::string& name, const std::string& identity) {
  Result<std::optional<std::string>> bytes = std::optional<std::string>();
  for (int tries = 0; tries < kTries; ++tries) {
    bytes = store_.Read(name);
    if (bytes || bytes.error().error_class != ErrorClass::kTransient) break;
  }
  if (!bytes) return Unexpected(bytes.error());
  if (!*bytes) return std::optional<KeptCopy>();
  Result<KeptCopy> copy = DecodeCopy(**bytes);
  if (!copy) return Unexpected(copy.error());
  if (const auto other = NotOf(copy->header, name, identity))
    return Unexpected(Error{ErrorClass::kInvalid, *other});
  return std::optional<KeptCopy>(*std::move(copy));
}

}  // namespace fairlead::clusters
