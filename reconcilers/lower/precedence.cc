#include "reconcilers/lower/precedence.h"

#include <algorithm>
#include <tuple>

namespace fairlead::reconcilers {
namespace {

// Smaller is tried earlier. Lengths are negated: longer first.
using Rank = std::tuple<int, int64_t, int64_t, int64_t, int64_t>;

int64_t More(size_t n) { return -static_cast<int64_t>(n); }

Rank HttpRank(const gateway::HttpMatch& match) {
  int type = 0;
  size_t length = match.path.size();
  switch (match.path_type) {
    case gateway::PathMatchType::kExact:
      type = 0;
      length = 0;  // two exact paths never match the same request unless they are equal
      break;
    case gateway::PathMatchType::kPrefix:
      // "/foo/" and "/foo" are the same prefix.
      if (length > 1 && match.path.back() == '/') --length;
      type = length <= 1 ? 3 : 1;
      break;
    case gateway::PathMatchType::kRegex:
      type = 2;
      break;
  }
  return {type, More(length), match.method.empty() ? 1 : 0, More(match.headers.size()),
          More(match.query.size())};
}

Rank GrpcRank(const EffectiveMatch& match) {
  const int type = match.grpc->type == gateway::StringMatchType::kExact ? 0 : 1;
  return {type, More(match.grpc->service.size()), More(match.grpc->method.size()),
          More(match.http.headers.size()), 0};
}

// A match with neither service nor method takes any call, whatever its type says.
Rank RankOf(const EffectiveMatch& match) {
  if (!match.grpc) return HttpRank(match.http);
  Rank rank = GrpcRank(match);
  if (match.grpc->service.empty() && match.grpc->method.empty()) std::get<0>(rank) = 2;
  return rank;
}

}  // namespace

void SortByPrecedence(std::vector<RankedEntry>* entries) {
  std::stable_sort(entries->begin(), entries->end(), [](const RankedEntry& a, const RankedEntry& b) {
    const Rank rank_a = RankOf(a.entry.match), rank_b = RankOf(b.entry.match);
    return std::tie(rank_a, a.created, a.route, a.rule_in_route, a.match_in_rule) <
           std::tie(rank_b, b.created, b.route, b.rule_in_route, b.match_in_rule);
  });
}

}  // namespace fairlead::reconcilers
