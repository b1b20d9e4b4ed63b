// OwnedWriter: carries planned writes of objects of ours out, as one field manager.
//
// Who calls: the loops of the leader (IstioLoop, TenancyLoop). A create takes no field over from anybody; an
// apply is made over the version that the plan saw; a delete is of exactly that object and version. Where
// another manager's fields stay in the way of what an apply wished for, the object is replaced as a whole, if
// asked: for access, a field more may open what should be closed. Thread-safe.
//
//   OwnedWriter writer(&client, "fairlead/istio");
//   Result<Json::Value> now = writer.Write(resource, planned, version);
#pragma once

#include <json/value.h>

#include <chrono>
#include <string>

#include "operator/kube/client.h"
#include "reconcilers/plan.h"
#include "reconcilers/tenancy/owned_object.h"

namespace fairlead::app {

// A name that is taken by somebody else's object is looked at again, though no event tells that it is free.
inline constexpr std::chrono::minutes kTaken{1};

class OwnedWriter {
 public:
  enum class Foreign : unsigned char { kLeft, kReplaced };  // fields of other managers

  OwnedWriter(kube::Client* client, std::string manager, Foreign foreign = Foreign::kLeft)
      : client_(client), manager_(std::move(manager)), foreign_(foreign) {}

  // A create or apply. `version`: of the live object, "" where there is none. Gives the object as it is now.
  Result<Json::Value> Write(const kube::Resource& resource, const reconcilers::PlannedWrite& write,
                            const std::string& version);
  // Whether the object was applied by this manager, so that it is ours though somebody took its label.
  // `object` has its managedFields.
  bool HasApplied(const Json::Value& object) const;
  // Well, too, where it is gone already.
  Result<void> Delete(const kube::Resource& resource, const Json::Value& object);

 private:
  Result<Json::Value> Replace(const kube::ObjectName& name, Json::Value desired, const Json::Value& live);

  kube::Client* const client_;
  const std::string manager_;
  const Foreign foreign_;
};

// A live object as it would be wished: without status, and what the API server says of it.
reconcilers::OwnedObject Owned(const Json::Value& live);

// "" where it has none.
std::string VersionOf(const Json::Value& object);

}  // namespace fairlead::app
