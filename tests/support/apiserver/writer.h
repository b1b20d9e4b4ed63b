// Writer: create, update and patch, in the order of the real server: decode, prune, default, track fields,
// validate, store.
//
// Who calls: Api, holding Core::mutex. Answers the object as it was stored (or would have been, with
// dryRun=All).
#pragma once

#include "tests/support/apiserver/core.h"
#include "tests/support/apiserver/decode.h"
#include "tests/support/apiserver/field_manager.h"

namespace fairlead::apiserver {

struct Written {
  Value object;
  bool created = false;
  bool deleted = false;  // the last finalizer went with this write
  std::vector<std::string> warnings;
};

class Writer {
 public:
  Writer(Core& core, const Resource& resource, const RequestInfo& info, const Request& request)
      : core_(core), resource_(resource), info_(info), request_(request) {}

  Outcome<Written> Create();
  Outcome<Written> Update();
  Outcome<Written> Patch();

 private:
  Outcome<Written> StoreNew(Value object, bool applied);
  Outcome<Written> StoreChange(const Value& old, Value object, bool applied);
  Outcome<Value> PatchedText(const Value& old, BodyKind kind);
  Outcome<Written> Apply(const ObjectPtr& old);
  Outcome<void> NamespaceAllows(const std::string& ns, const std::string& name) const;
  Outcome<void> MatchesTarget(Value* object) const;
  std::string PreconditionText(const std::string& wanted, const std::string& have) const;
  Outcome<void> CheckVersion(const Value& old, const Value& object, bool patch) const;
  void CarryOver(const Value& old, Value* object) const;
  void KeepOtherHalf(const Value& old, Value* object) const;
  Value Counted(const Value& object) const;
  void Complete(const Value* old, Value* object);
  void Faults(const Value* old, const Value& object, FieldFaults* faults) const;
  void Warn(const Value* old, const Value& object);
  FieldWrite Fields() const;
  Outcome<Written> Commit(const Value* old, Value object);
  StoreKey Target() const;
  Failure Missing() const;

  Core& core_;
  const Resource& resource_;
  const RequestInfo& info_;
  const Request& request_;
  WriteOptions options_;
};

}  // namespace fairlead::apiserver
