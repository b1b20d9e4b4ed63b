// AppendObjects: what is known of a cluster as the JSON of Kubernetes, so that the parsers of crds/ read it.
//
// Who calls: kept_copy.h. Written straight into the text: dynamic values would take ten times as long, and
// this is done when a cluster has just been lost. Fields that were trimmed away or are defaults are left out.
// Sorted as its input; pure.
#pragma once

#include <string>

#include "reconcilers/store/known.h"

namespace fairlead::clusters {

// {"services":[…],"endpointslices":[…],…}: by the plural names of the kinds.
void AppendObjects(const reconcilers::Known& known, std::string* out);

}  // namespace fairlead::clusters
