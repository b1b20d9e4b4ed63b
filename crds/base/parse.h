// The parsers' common parts: ObjectMeta from JSON.
//
// Who calls: every Parse of crds/. Pure.
#pragma once

#include "crds/base/json.h"
#include "crds/base/meta.h"

namespace fairlead {

// Reads metadata leniently (the API server has checked it). Annotations are filtered, see ObjectMeta.
ObjectMeta ParseMeta(const JsonNode& object);

// Whether an annotation is one of those that ObjectMeta keeps.
bool KeepsAnnotation(std::string_view annotation);

}  // namespace fairlead
