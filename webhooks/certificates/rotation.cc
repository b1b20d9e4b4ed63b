#include "webhooks/certificates/rotation.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace fairlead::webhooks {
namespace {

Timestamp Later(Timestamp t, std::chrono::seconds by) { return {t.seconds + by.count()}; }

// When a third of its time is left.
Timestamp DueAt(Timestamp from, Timestamp until) {
  return {until.seconds - (until.seconds - from.seconds) / 3};
}

bool IsTrustRight(const RotationState& s) {
  std::set<std::string> wanted = {s.ca->id};
  if (s.next) wanted.insert(s.next->id);
  for (const CertificateFacts& old : s.old) wanted.insert(old.id);
  return s.trusted == wanted && !s.surplus;
}

bool NeedsServing(const RotationState& s, const RotationRules& rules, Timestamp now) {
  return !s.serving || s.serving->signed_by != s.ca->id || s.serving->names != rules.names ||
         now >= DueAt(s.serving->from, s.serving->until);
}

}  // namespace

std::string_view ToString(Step step) {
  constexpr std::array<std::string_view, 8> kNames = {"Wait",     "MakeCa",      "Publish", "MakeServing",
                                                      "MakeNext", "NoteTrusted", "Promote", "Retire"};
  return kNames[static_cast<size_t>(step)];
}

Planned NextStep(const RotationState& s, const RotationRules& rules, Timestamp now) {
  const auto expired = [&](const CertificateFacts& c) { return now >= c.until; };
  if (!s.ca || expired(*s.ca)) {
    // Nothing that is served is valid any more: there is no call to be kept.
    return {s.next && !expired(*s.next) ? Step::kPromote : Step::kMakeCa, now};
  }
  if (!IsTrustRight(s)) return {Step::kPublish, now};
  if (NeedsServing(s, rules, now)) return {Step::kMakeServing, now};
  Timestamp wake = DueAt(s.serving->from, s.serving->until);
  const auto wait_for = [&](Timestamp t) { wake = std::min(wake, t); };
  if (s.next) {
    if (s.trusted_since.seconds == 0) return {Step::kNoteTrusted, now};
    const Timestamp settled = Later(s.trusted_since, rules.settle);
    if (now >= settled) return {Step::kPromote, now};
    wait_for(settled);
  } else {
    const Timestamp due = DueAt(s.ca->from, s.ca->until);
    if (s.asked || now >= due) return {Step::kMakeNext, now};
    wait_for(due);
  }
  if (!s.old.empty()) {
    const Timestamp settled = Later(s.switched, rules.settle);
    if (now >= settled) return {Step::kRetire, now};
    wait_for(settled);
  }
  return {Step::kWait, wake};
}

}  // namespace fairlead::webhooks
