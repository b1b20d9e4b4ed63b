// ObjectWatch: one object by its name, as JSON: how it is now, each time that it changes.
//
// Who calls: parts of the composition root that live by a single object (a Secret, a webhook configuration).
// By a field selector, so that a right to that one name is enough. The callback comes from a thread of the
// watch's own, for the first time after the first list.
//
//   ObjectWatch watch(&transport, {{"", "v1", "secrets"}, "fairlead-system", "fairlead-webhooks"}, seen,
//   clock); watch.Start();
#pragma once

#include <json/value.h>

#include <functional>
#include <memory>

#include "operator/kube/client.h"
#include "operator/kube/reflector.h"

namespace fairlead::app {

class ObjectWatch {
 public:
  using Seen = std::function<void(const Json::Value* object)>;     // null: it is not there
  using Trouble = std::function<void(const std::string& reason)>;  // it cannot be listed; may be empty
  ObjectWatch(kube::HttpTransport* transport, const kube::ObjectName& name, Seen seen, Trouble trouble,
              const Clock* clock);

  void Start() { reflector_.Start(); }
  void Stop() { reflector_.Stop(); }

 private:
  kube::Reflector reflector_;
};

}  // namespace fairlead::app
