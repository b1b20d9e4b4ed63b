// Connection: what is read of one cluster: a client and watches of its own, so that nothing of it waits for
// any other cluster.
//
// Who calls: the registry. The sink is called on the threads of the watches, one a kind, and may block.
// After Stop it is not called any more.
//
//   Result<std::unique_ptr<Connection>> west = Connection::Make("west", config, {}, &sink, &clock);
//   (*west)->Start();
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "operator/kube/config.h"
#include "operator/kube/object_stream.h"
#include "operator/kube/reflector.h"

namespace fairlead::clusters {

class ConnectionSink {
 public:
  virtual ~ConnectionSink() = default;
  virtual void OnList(const std::string& cluster, Kind kind, std::vector<AnyObject> objects) = 0;
  virtual void OnObject(const std::string& cluster, AnyObject object) = 0;
  virtual void OnObjectGone(const std::string& cluster, const ObjectKey& key) = 0;
  virtual void OnWatch(const std::string& cluster, Kind kind, const kube::WatchStatus& status) = 0;
};

class Connection final : private kube::ObjectSink {
 public:
  static std::set<Kind> Kinds();     // that are read, and that every cluster has
  static std::set<Kind> Optional();  // that are read where they are served and may be

  // An error: the configuration cannot be used. Connects to nothing yet.
  static Result<std::unique_ptr<Connection>> Make(std::string cluster, const kube::ClusterConfig& config,
                                                  const kube::WatcherOptions& watches, ConnectionSink* sink,
                                                  const Clock* clock);
  ~Connection() override;

  void Start();
  void Stop();
  std::map<Kind, kube::WatchStatus> status() const;

 private:
  Connection(std::string cluster, std::unique_ptr<kube::HttpTransport> transport,
             const kube::WatcherOptions& watches, ConnectionSink* sink, const Clock* clock);

  AnyObject OnListed(Kind kind, AnyObject object) override;
  void OnReplace(Kind kind, std::vector<AnyObject> objects) override;
  void OnUpsert(Kind kind, AnyObject object) override;
  void OnDelete(Kind kind, AnyObject last) override;
  void OnSynced(Kind) override {}
  void OnStatus(Kind kind, const kube::WatchStatus& status) override;
  bool Recovered(Kind kind, const kube::WatchStatus& status);

  const std::string cluster_;
  const std::unique_ptr<kube::HttpTransport> transport_;
  ConnectionSink* const sink_;
  std::map<Kind, std::unique_ptr<kube::Reflector>> reflectors_;

  std::mutex mutex_;         // guards the next
  std::set<Kind> troubled_;  // watches that wait since a failure
};

}  // namespace fairlead::clusters
