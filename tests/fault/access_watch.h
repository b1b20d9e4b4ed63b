// AccessWatch: at no write of the operator is anything open that neither the state before the user's change
// nor the state after it opens; and once the change is through, exactly that is open which the words of the
// Workspaces open.
//
// Who calls: Run. What the user changes is told before it is done, so that what follows from it is judged by
// it. Thread-safe: the operator's writes come on the API server's thread.
#pragma once

#include <json/value.h>

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "crds/base/result.h"
#include "tests/support/apiserver/store.h"
#include "tests/support/tenancy/cluster_access.h"

namespace fairlead::fault {

class AccessWatch {
 public:
  // The user applies these, one after the other, and then deletes those: each makes one more state.
  Result<void> Announce(const std::string& yaml, const std::vector<std::string>& removed = {});
  // Only the state that there is now is allowed from here on.
  void Settle();

  // What is open too much: one line each, "" if nothing is.
  std::string Beyond(const apiserver::Store& store) const;
  // What is open too much, and what should be open and is not, now that all is through.
  std::string Difference(const apiserver::Store& store) const;

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // kind, namespace, name
  void AddState();
  const testing::Access& Now(const apiserver::Store& store) const;

  mutable std::mutex mutex_;  // guards all below
  std::map<Key, Json::Value> users_;
  std::set<Key> known_;                             // that there were at some time
  std::vector<testing::Access> allowed_;            // the last one is the state of users_
  mutable std::vector<apiserver::ObjectPtr> seen_;  // what now_ was found from
  mutable testing::Access now_;
};

}  // namespace fairlead::fault
