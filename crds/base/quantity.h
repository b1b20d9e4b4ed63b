// Kubernetes quantities ("250m", "1.5Gi", "2"), as resources have them: checked and compared, kept as text.
//
// Who calls: the parser of DataPlane, manifests of pods. Not negative. Pure.
#pragma once

#include <optional>
#include <string_view>

namespace fairlead {

// The value in units; nullopt: not a quantity. Exact enough to compare what is written with at most 15
// digits.
std::optional<long double> ParseQuantity(std::string_view text);

}  // namespace fairlead
