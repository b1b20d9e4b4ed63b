// Applier and StatusWriter: how desired state gets into the API server, and only when it is not there yet.
//
// Who calls: the leader's workers. Both are thread-safe; a call blocks for at most one write. One Applier is
// one field manager, that is one concern ("fairlead/waypoints").
//
//   Applier applier(&client, "fairlead/waypoints");
//   Result<WriteResult> r = applier.Apply(name, desired, live_json);
#pragma once

#include <json/value.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "crds/base/meta.h"
#include "operator/kube/client.h"

namespace fairlead::runtime {

// The hash of what was applied, on the object itself: a restart writes nothing that is there already.
inline constexpr char kAppliedHash[] = "fairlead.dev/applied-hash";

enum class WriteResult : unsigned char { kUnchanged, kWritten };

class Applier {
 public:
  Applier(kube::Client* client, std::string manager) : client_(client), manager_(std::move(manager)) {}

  // `desired` holds apiVersion, kind, metadata and all fields that we own. `live`: the object as it is, as
  // JSON; empty where it is not there. Written where live does not cover it, or holds fields that an earlier
  // version of ours had and this one has not. The write is made over exactly that live version (kConflict
  // otherwise: read again).
  Result<WriteResult> Apply(const kube::ObjectName& name, Json::Value desired, const std::string& live);

  // Reads live by itself.
  Result<WriteResult> ReadAndApply(const kube::ObjectName& name, Json::Value desired);

  const std::string& manager() const { return manager_; }

 private:
  // What the API server made of our apply where that is not what we asked for: applying again is no use.
  struct Settled {
    std::string hash, resource_version;
  };
  bool IsSettled(const kube::ObjectName& name, const std::string& hash, const std::string& resource_version);
  void Remember(const kube::ObjectName& name, const std::string& hash, const Json::Value& desired,
                const kube::Written& written);

  kube::Client* const client_;
  const std::string manager_;
  std::mutex mutex_;  // guards settled_
  std::map<kube::ObjectName, Settled> settled_;
};

class StatusWriter {
 public:
  StatusWriter(kube::Client* client, std::string manager, const Clock* clock = &Clock::System())
      : client_(client), manager_(std::move(manager)), clock_(clock) {}

  // Writes the status of one object when it differs from `live` but for times: the smallest merge patch on
  // /status, over exactly resource_version. lastTransitionTime is set here.
  Result<WriteResult> Write(const kube::ObjectName& name, const std::string& resource_version,
                            const Json::Value& live, Json::Value desired);

 private:
  kube::Client* const client_;
  const std::string manager_;
  const Clock* const clock_;
};

// Marks an object as ours: owner reference (controller) and app.kubernetes.io/managed-by. The owner must be
// in the same namespace, or cluster-scoped.
void SetOwner(const OwnerReference& owner, Json::Value* object);

}  // namespace fairlead::runtime
