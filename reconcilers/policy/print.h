// Values of policy fields as a user writes them; for messages, explain and render. Pure.
#pragma once

#include <string>
#include <vector>

#include "crds/api/retry_timeout_policy.h"
#include "crds/base/duration.h"
#include "reconcilers/model/policy.h"

namespace fairlead::reconcilers {

std::string Print(Duration value);
std::string Print(int value);
std::string Print(bool value);
std::string Print(const std::vector<api::RetryOn>& value);
std::string Print(const std::vector<int>& value);
std::string Print(const api::RetryMethods& value);

// "RetryTimeoutPolicy shop/ratings"; "the default" where no object said so.
std::string Describe(const Origin& origin);

}  // namespace fairlead::reconcilers
