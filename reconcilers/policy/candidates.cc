#include "reconcilers/policy/candidates.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace fairlead::reconcilers {
namespace {

ObjectKey KeyOf(const api::WorkspaceSettings& settings) {
  return {Kind::kWorkspaceSettings, settings.meta.ns, settings.meta.name};
}

int Nearness(const Candidate& c) { return static_cast<int>(c.origin.level) * 2 + (c.names_section ? 1 : 0); }

}  // namespace

bool Precedes(const Candidate& a, const Candidate& b) {
  if (a.origin.is_override != b.origin.is_override) return a.origin.is_override;
  const int near_a = Nearness(a), near_b = Nearness(b);
  if (near_a != near_b) return a.origin.is_override ? near_a < near_b : near_a > near_b;
  return std::tie(a.created, a.origin.object.ns, a.origin.object.name) <
         std::tie(b.created, b.origin.object.ns, b.origin.object.name);
}

std::vector<Candidate> CandidatesInOrder(const MergeInput& input) {
  std::vector<Candidate> all;
  for (const Attachment& attachment : input.policies) {
    const api::RetryTimeoutPolicy& policy = *attachment.policy;
    Candidate candidate;
    candidate.origin = {attachment.level, policy.targets.mode == api::Mode::kOverride, attachment.key(),
                        policy.meta.generation};
    candidate.names_section = attachment.level == Level::kService && !attachment.section.empty();
    candidate.created = policy.meta.created;
    candidate.fields = FieldsOf(policy);
    all.push_back(std::move(candidate));
  }
  if (input.inline_rule != nullptr) {
    Candidate own;
    own.origin = {Level::kInline, false, input.route, input.route_generation};
    own.fields = FieldsOf(*input.inline_rule);
    if (own.fields.retries || own.fields.request_timeout || own.fields.per_try_timeout) {
      all.push_back(std::move(own));
    }
  }
  if (input.settings != nullptr && input.settings->defaults.request_timeout) {
    Candidate settings;
    settings.origin = {Level::kDefaults, false, KeyOf(*input.settings), 0};
    settings.fields.request_timeout = input.settings->defaults.request_timeout;
    all.push_back(std::move(settings));
  }
  if (all.size() < 2) return all;
  std::sort(all.begin(), all.end(), Precedes);
  std::set<ObjectKey> seen;
  std::erase_if(all, [&](const Candidate& c) { return !seen.insert(c.origin.object).second; });
  return all;
}

LossReason ReasonOf(const Candidate& winner, const Candidate& loser) {
  if (winner.origin.is_override && !loser.origin.is_override) return LossReason::kOverride;
  if (Nearness(winner) != Nearness(loser)) {
    return winner.origin.is_override ? LossReason::kLessSpecific : LossReason::kMoreSpecific;
  }
  return winner.created < loser.created ? LossReason::kOlder : LossReason::kName;
}

}  // namespace fairlead::reconcilers
