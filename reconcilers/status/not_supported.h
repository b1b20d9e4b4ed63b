// PolicyStatus of a kind that this version accepts and does not carry out. Pure.
#pragma once

#include "crds/api/policy_common.h"

namespace fairlead::reconcilers {

// Accepted by what the parser says, Programmed False with reason NotSupported.
// `invalid`: the newest version cannot be read; null: it can, and its generation is `generation`.
api::PolicyStatus StatusNotSupported(Kind kind, int64_t generation, const Invalid* invalid);

}  // namespace fairlead::reconcilers
