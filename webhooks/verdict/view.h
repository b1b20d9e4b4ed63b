// View: what a verdict may ask about other objects.
//
// Who calls: the rules, for warnings; implemented over the operator's World, and by NoView where nothing is
// known. What it answers never decides: the order in which objects are created is free, so what depends on
// others is a warning now and a condition later. An answer must be quick, since a user waits for it; one that
// cannot be is empty.
#pragma once

#include <string>
#include <vector>

#include "crds/object/any_object.h"

namespace fairlead::webhooks {

// A finding as `fairleadctl lint` has it.
struct Advice {
  std::string code;     // "FL002"
  std::string field;    // "spec.targetRefs[0]"; empty: the object as a whole
  std::string message;  // what is wrong
  std::string fix;      // what to do about it; may be empty
  std::string ToString() const;
};

class View {
 public:
  virtual ~View() = default;
  // What would be found at the object, were it stored as it is. Sorted.
  virtual std::vector<Advice> AdviceOn(const AnyObject& object) const = 0;
};

class NoView final : public View {
 public:
  std::vector<Advice> AdviceOn(const AnyObject&) const override { return {}; }
};

}  // namespace fairlead::webhooks
