// Health: how sure we are of what was read of one cluster, from the states of its watches.
//
// Who calls: the registry, under its lock. Pure but for the clock. Connecting until all kinds were listed;
// then fresh while every watch is open; stale from the first that is not; expired once that has lasted for
// the limit. Of kinds that it is not asked about, which not every cluster has, only why they are not read.
// What an operator before has kept of it counts as stale, or expired, since it was heard, until all was
// listed.
//
//   Health health({Kind::kService, …}, std::chrono::minutes(15), &clock);
//   health.OnListed(Kind::kService); …
//   health.status();   // has it changed? tell World
#pragma once

#include <chrono>
#include <map>
#include <set>

#include "crds/base/clock.h"
#include "operator/kube/watcher.h"
#include "reconcilers/store/remotes.h"

namespace fairlead::clusters {

class Health {
 public:
  Health(std::set<Kind> kinds, std::chrono::milliseconds stale_limit, const Clock* clock);

  void OnListed(Kind kind);
  void OnStatus(Kind kind, const kube::WatchStatus& status);
  void OnTimer();  // deadline() has come
  // Other credentials: what is known stays in force, but is stale until all was listed by the new ones.
  void Reconnect();
  // Something is known from before the start, heard of at that time. False: all was listed by now.
  bool Remember(Timestamp heard);

  const reconcilers::RemoteStatus& status() const { return status_; }
  bool listed() const { return unlisted_.empty(); }  // all, by the credentials of now
  Clock::TimePoint deadline() const;                 // of the limit; max where none is running

 private:
  void Judge();
  void Enter(reconcilers::RemoteState state);
  std::string Reason() const;

  const std::set<Kind> kinds_;
  const std::chrono::milliseconds stale_limit_;
  const Clock* const clock_;
  std::set<Kind> unlisted_;
  std::map<Kind, std::string> troubles_;  // why the watch is not open
  bool complete_ = false;                 // all was listed once, or is known from before
  Clock::TimePoint stale_since_;
  reconcilers::RemoteStatus status_;
};

}  // namespace fairlead::clusters
