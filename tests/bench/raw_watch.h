// RawWatch: what the API server says about a kind, and when its bytes came: the floor of everything that is
// done upon a change.
//
// The groups keep one for each kind that they change, beside the operator's own. Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "operator/kube/object_stream.h"
#include "operator/kube/reflector.h"
#include "tests/bench/rig.h"

namespace fairlead::bench {

// An object as it was last seen.
struct Seen {
  std::string resource_version;
  int64_t generation = 0;
  int64_t reported = 0;     // status.observedGeneration of a policy
  bool programmed = false;  // all proxies have acknowledged `reported`
  Time at;                  // when the first byte of the event was there
};

class RawWatch {
 public:
  RawWatch(kube::HttpTransport* transport, Kind kind);
  ~RawWatch();

  bool AwaitSynced();
  // When the version came; nullopt: not within a minute. Each version is kept until it was asked for.
  std::optional<Time> When(const NamespacedName& name, const std::string& resource_version);
  // Waits until the object is so.
  std::optional<Seen> AwaitObject(const NamespacedName& name, const std::function<bool(const Seen&)>& holds);
  bool AwaitAll(const std::function<bool(const Seen&)>& holds,
                std::chrono::seconds limit = std::chrono::minutes(2));
  std::map<NamespacedName, Seen> objects() const;

 private:
  struct Handler;
  struct Memory;
  const std::shared_ptr<Memory> memory_;
  std::unique_ptr<kube::Reflector> reflector_;
};

}  // namespace fairlead::bench
