// ChangeOf: a policy's change as the rights judge it, made from the objects before and after.
//
// Who calls: admission, fairleadctl can-i. Pure.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "crds/object/any_object.h"
#include "reconcilers/rights/rights.h"

namespace fairlead::reconcilers {

// The labels of an object that a policy may name; nullopt: it does not exist.
using LabelsOf = std::function<std::optional<Labels>(const ObjectKey&)>;

// The kinds whose fields roles can grant.
bool HasRights(Kind kind);

// What a policy names as its targets; nothing of other kinds.
void AddNamedTargets(const AnyObject& object, std::vector<ObjectKey>* out);

// Null: there is none, of the same kind and name as the other. Both must be readable and of a kind with
// rights.
PolicyChange ChangeOf(const AnyObject* before, const AnyObject* after, const LabelsOf& labels_of);

}  // namespace fairlead::reconcilers
