// A rehearsal as a picture (SVG 1.1): for each service, where requests go now beside where they would go
// then.
//
// On the left of each half stand the places that requests come from, on the right those of the endpoints; the
// bands between them are as wide as the share. Bounded: of many services and places those that change the
// most, the rest counted. Who calls: `fairleadctl failover simulate -o svg`. Pure; equal rehearsals give
// equal bytes.
#pragma once

#include <string>

#include "reconcilers/failover/rehearsal.h"

namespace fairlead::reconcilers::preview {

std::string ToSvg(const failover::Rehearsal& rehearsal);

}  // namespace fairlead::reconcilers::preview
