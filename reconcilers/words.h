// Matches and backends of the effective model in words; and of selectors; for explain, render and messages.
// Pure.
#pragma once

#include <string>

#include "crds/base/labels.h"
#include "reconcilers/model/service.h"

namespace fairlead::reconcilers {

std::string InWords(const EffectiveMatch& match);     // "GET /api/* header x-user=7"
std::string InWords(const Backend& backend);          // "Service shop/reviews-v1:8080 90"
std::string InWords(const Destination& destination);  // "Service shop/reviews-v1:8080"
std::string InWords(const LabelSelector& selector);   // "tier=web, team in (a, b), !legacy"; as kubectl's -l
std::string InWords(const gateway::HttpFilter& filter);  // "redirect to https, 301"

}  // namespace fairlead::reconcilers
