#include "reconcilers/failover/winner.h"

#include <algorithm>
#include <limits>

namespace fairlead::reconcilers::failover {
namespace {

Candidate RankOf(const api::FailoverPolicy& policy, const std::string& section, Level level) {
  Candidate out;
  out.origin = {level,
                policy.targets.mode == api::Mode::kOverride,
                {Kind::kFailoverPolicy, policy.meta.ns, policy.meta.name},
                policy.meta.generation};
  out.names_section = level == Level::kService && !section.empty();
  out.created = policy.meta.created;
  return out;
}

struct Ranked {
  Ptr<api::FailoverPolicy> policy;
  Candidate rank;
};

// The best at the port but for `except`.
std::optional<Ranked> Best(const std::vector<FailoverAttachments::Attachment>& attachments,
                           const std::string& port_name, const ObjectKey* except) {
  std::optional<Ranked> best;
  for (const FailoverAttachments::Attachment& at : attachments) {
    if (!at.section.empty() && at.section != port_name) continue;
    if (except != nullptr && at.IsOf(*except)) continue;
    Candidate rank = RankOf(*at.policy, at.section, at.level);
    if (!best || Precedes(rank, best->rank)) best = Ranked{at.policy, std::move(rank)};
  }
  return best;
}

}  // namespace

Ptr<api::FailoverPolicy> BestOf(const std::vector<FailoverAttachments::Attachment>& attachments,
                                const std::string& port_name) {
  const std::optional<Ranked> best = Best(attachments, port_name, nullptr);
  return best ? best->policy : nullptr;
}

Ptr<api::FailoverPolicy> WinnerAt(const View& view, const ObjectKey& service, const std::string& port_name) {
  return BestOf(view.failovers.At(service), port_name);
}

std::optional<Rival> RivalAt(const View& view, const api::FailoverPolicy& policy, const Placement& placement,
                             const std::string& port_name) {
  const ObjectKey key{Kind::kFailoverPolicy, policy.meta.ns, policy.meta.name};
  const std::optional<Ranked> best = Best(view.failovers.At(placement.target), port_name, &key);
  if (!best) return std::nullopt;
  Candidate own = RankOf(policy, placement.section, placement.level);
  if (own.created == Timestamp()) own.created.seconds = std::numeric_limits<int64_t>::max();
  if (!Precedes(best->rank, own)) return std::nullopt;
  return Rival{best->policy, ReasonOf(best->rank, own)};
}

std::vector<Stand> StandingAt(const View& view, const ObjectKey& service, const std::string& port_name) {
  std::vector<std::pair<Candidate, Stand>> all;
  for (const FailoverAttachments::Attachment& at : view.failovers.At(service)) {
    if (at.section.empty() || at.section == port_name)
      all.push_back({RankOf(*at.policy, at.section, at.level), {at}});
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return Precedes(a.first, b.first); });
  std::vector<Stand> out;
  for (auto& [rank, stand] : all) {
    // One that stands there twice does so by its best.
    const bool seen = std::any_of(out.begin(), out.end(),
                                  [&](const Stand& other) { return other.at.policy == stand.at.policy; });
    if (seen) continue;
    if (!out.empty()) stand.reason = ReasonOf(all.front().first, rank);
    out.push_back(std::move(stand));
  }
  return out;
}

std::vector<ObjectKey> ServicesWithPolicy(const View& view) {
  std::vector<ObjectKey> out;
  for (const ObjectKey& target : view.failovers.Targets()) {
    if (view.tables.MetaOf(target) != nullptr) out.push_back(target);
  }
  return out;
}

}  // namespace fairlead::reconcilers::failover
