#include "reconcilers/status/not_supported.h"

namespace fairlead::reconcilers {

api::PolicyStatus StatusNotSupported(Kind kind, int64_t generation, const Invalid* invalid) {
  api::PolicyStatus status;
  status.observed_generation = invalid == nullptr ? generation : invalid->meta.generation;
  Condition accepted;
  accepted.type = "Accepted";
  accepted.status = invalid == nullptr ? ConditionStatus::kTrue : ConditionStatus::kFalse;
  accepted.reason = invalid == nullptr ? "Accepted" : "Invalid";
  accepted.message =
      invalid == nullptr ? "it is valid; its targets are not looked at" : Join(invalid->errors, 4);
  Condition programmed;
  programmed.type = "Programmed";
  programmed.status = ConditionStatus::kFalse;
  programmed.reason = "NotSupported";
  programmed.message =
      "this version of Fairlead checks a " + std::string(ToString(kind)) + " and does not carry it out";
  for (Condition* condition : {&accepted, &programmed}) {
    condition->observed_generation = status.observed_generation;
    status.conditions.push_back(std::move(*condition));
  }
  return status;
}

}  // namespace fairlead::reconcilers
