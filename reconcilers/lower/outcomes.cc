#include "reconcilers/lower/outcomes.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace fairlead::reconcilers {
namespace {

auto Tie(const Origin& o) { return std::tie(o.level, o.is_override, o.object, o.generation); }

void Tell(const Verdict& verdict, Outcome* outcome) {
  const uint32_t bit = 1u << static_cast<unsigned>(verdict.field);
  outcome->set |= bit;
  if (verdict.won) {
    outcome->won |= bit;
    return;
  }
  outcome->lost |= bit;
  const auto same = std::find_if(outcome->losses.begin(), outcome->losses.end(), [&](const Loss& loss) {
    return loss.reason == verdict.reason && loss.winner == verdict.winner;
  });
  if (same != outcome->losses.end()) {
    same->fields |= bit;
  } else {
    outcome->losses.push_back({verdict.winner, verdict.reason, bit});
  }
}

void NoteAdvice(const Note& note, Outcome* outcome) {
  auto at = std::lower_bound(outcome->advice.begin(), outcome->advice.end(), note);
  if (at == outcome->advice.end() || *at != note) outcome->advice.insert(at, note);
}

}  // namespace

void OutcomeCollector::Add(const std::vector<Standing>& standing, const MergeResult& result) {
  for (const Standing& at : standing) {
    const ObjectKey policy = at.attachment->key();
    Outcome& outcome = outcomes_[{policy, *at.target, at.attachment->section}];
    if (outcome.rules++ == 0) {
      outcome.policy = policy;
      outcome.target = *at.target;
      outcome.section = at.attachment->section;
    }
    for (const Verdict& verdict : result.verdicts) {
      if (verdict.policy == policy) Tell(verdict, &outcome);
    }
    for (const Advice& advice : result.advice) {
      if (advice.policy == policy) NoteAdvice(advice.note, &outcome);
    }
  }
}

std::vector<Outcome> OutcomeCollector::Take() {
  std::vector<Outcome> all;
  all.reserve(outcomes_.size());
  for (auto& [key, outcome] : outcomes_) {
    std::sort(outcome.losses.begin(), outcome.losses.end(), [](const Loss& a, const Loss& b) {
      return std::make_tuple(Tie(a.winner), a.reason) < std::make_tuple(Tie(b.winner), b.reason);
    });
    outcome.losses.shrink_to_fit();
    all.push_back(std::move(outcome));
  }
  outcomes_.clear();
  return all;
}

std::vector<ObjectKey> OutcomeCollector::Winners() const {
  std::vector<ObjectKey> winners;
  for (const auto& [key, outcome] : outcomes_) {
    if (outcome.won != 0 && (winners.empty() || winners.back() != outcome.policy))
      winners.push_back(outcome.policy);
  }
  return winners;
}

}  // namespace fairlead::reconcilers
