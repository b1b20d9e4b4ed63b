// Remover: DELETE of one object or of a collection, with preconditions, finalizers and grace.
//
// Who calls: Api, holding Core::mutex. What follows a deletion (dependents, the content of a namespace) is
// the lifecycle's part.
#pragma once

#include <optional>

#include "tests/support/apiserver/core.h"
#include "tests/support/apiserver/request.h"

namespace fairlead::apiserver {

struct DeleteOptions {
  bool dry_run = false;
  std::string propagation;  // "", "Background", "Foreground", "Orphan"
  std::optional<int64_t> grace_seconds;
  std::string uid;  // preconditions, "" for none
  std::string resource_version;
};

Outcome<DeleteOptions> ParseDeleteOptions(const RequestInfo& info, const Request& request);

struct Removed {
  Value object;       // as it is now, or was
  bool gone = false;  // false: it waits for its finalizers or its grace period
};

Outcome<Removed> RemoveObject(Core& core, const Resource& resource, const StoreKey& key,
                              const DeleteOptions& options);
Value DeletedStatus(const Resource& resource, const Value& object);

}  // namespace fairlead::apiserver
