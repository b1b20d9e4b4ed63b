// Reader: get, list (selectors, pages, old revisions) and watch.
//
// Who calls: Api, holding Core::mutex. The stream of a watch takes the lock itself when a frame is made.
#pragma once

#include "tests/support/apiserver/codec.h"
#include "tests/support/apiserver/core.h"
#include "tests/support/apiserver/selectors.h"

namespace fairlead::apiserver {

struct Selection {
  LabelQuery labels;
  FieldQuery fields;
  bool Matches(const Value& object) const { return labels.Matches(object) && fields.Matches(object); }
};
Outcome<Selection> ParseSelection(const RequestInfo& info, const Resource& resource);

class Reader {
 public:
  Reader(Core& core, ResourcePtr resource, const RequestInfo& info, const Request& request)
      : core_(core), resource_(std::move(resource)), info_(info), request_(request) {}

  Outcome<Response> Get();
  Outcome<Response> List();
  Outcome<Response> Watch();

 private:
  Outcome<Store::Listing> Snapshot(std::string* start) const;
  std::string Namespace() const { return resource_->namespaced ? info_.ns : ""; }

  Core& core_;
  const ResourcePtr resource_;
  const RequestInfo& info_;
  const Request& request_;
};

}  // namespace fairlead::apiserver
