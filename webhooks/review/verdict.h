// Verdict: what is answered to an AdmissionReview, and its form on the wire.
//
// Who calls: the rules of webhooks/verdict make it, the webhook's way prints it. What is printed keeps the
// limits of the API server: warnings that it would cut or refuse are cut here, at a character, and say so.
// Pure; the same verdict gives the same bytes.
//
//   Verdict verdict = Judge(*review, view);
//   reply.body = PrintVerdict(*review, verdict);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crds/base/field_errors.h"
#include "webhooks/review/review.h"

namespace fairlead::webhooks {

// Of warnings: the API server cuts each to 256 characters once there are more than 4,096 in all.
inline constexpr size_t kMaxWarning = 256;
inline constexpr size_t kMaxWarnings = 4096;
inline constexpr size_t kMaxMessage = 4096;

struct Verdict {
  bool allowed = true;
  std::string rule;     // stable name of the rule that decided; the audit annotation `rule` carries it
  int code = 0;         // of a refusal, as an HTTP status: 400, 403, 422
  std::string reason;   // of a refusal, as metav1.StatusReason: "Invalid"
  std::string message;  // of a refusal: what is wrong and what to do, for a person
  std::vector<FieldError> causes;  // of a refusal: the same by field, for machines
  std::vector<std::string> warnings;
  std::string
      broken_glass;  // the reason that an administrator gave; the audit annotation `break-glass` carries it
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// The whole AdmissionReview of the reply.
std::string PrintVerdict(const Review& review, const Verdict& verdict);
// Refuses with 400. Without a UID the API server cannot match it, and takes the call as failed.
std::string PrintMalformed(const Malformed& malformed);

// At most `max` bytes, cut before a character, with "..." for what was left out.
std::string Bounded(std::string_view text, size_t max);
// One line each without control characters, no repetitions, within the limits.
std::vector<std::string> BoundedWarnings(const std::vector<std::string>& warnings);

}  // namespace fairlead::webhooks
