// KeptMetadata: what a record keeps of the metadata of a policy that goes, so that it can be made again
// whole.
//
// Who calls: webhooks/verdict and the operator's ledger, at a deletion; the command line reads it back out of
// the record. Labels and annotations, without what the API server or kubectl keep for themselves, and without
// the reasons of changes that have been. Pure.
//
//   intent.metadata = KeptMetadata(old_object);   // {"annotations":{"a":"b"},"labels":{"team":"shop"}}
#pragma once

#include <string>

#include "crds/base/json.h"
#include "crds/base/meta.h"

namespace fairlead::reconcilers {

// JSON; empty: there are none.
std::string KeptMetadata(const JsonNode& object);
// Of an object that was read: of its annotations only those that Fairlead reads.
std::string KeptMetadata(const ObjectMeta& meta);

}  // namespace fairlead::reconcilers
