#include "reconcilers/policy/attachments.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace fairlead::reconcilers {
namespace {

template <class P>
bool Before(const AttachmentOf<P>& a, const AttachmentOf<P>& b) {
  return std::tie(a.policy->meta.ns, a.policy->meta.name, a.level, a.section) <
         std::tie(b.policy->meta.ns, b.policy->meta.name, b.level, b.section);
}

}  // namespace

template <class P>
AttachmentsOf<P>::AttachmentsOf(const AttachmentsOf* base, const ObjectKey& without)
    : base_(base), without_(without) {
  for (const Placement& placement : base->Of(without)) Here(placement.target);
}

template <class P>
std::vector<AttachmentOf<P>>& AttachmentsOf<P>::Here(const ObjectKey& target) {
  const auto [at, added] = by_target_.try_emplace(target);
  if (added && base_ != nullptr) {
    const std::vector<Attachment>& below = base_->At(target);
    at->second.reserve(below.size() + 1);
    std::copy_if(below.begin(), below.end(), std::back_inserter(at->second),
                 [this](const Attachment& a) { return !a.IsOf(without_); });
  }
  return at->second;
}

template <class P>
bool AttachmentsOf<P>::Add(const Ptr<P>& policy, const Placement& placement) {
  const ObjectKey key{P::kKind, policy->meta.ns, policy->meta.name};
  if (!by_policy_[key].insert(placement).second) return false;
  std::vector<Attachment>& here = Here(placement.target);
  const Attachment attachment{policy, placement.section, placement.level};
  here.insert(std::upper_bound(here.begin(), here.end(), attachment, Before<P>), attachment);
  return true;
}

template <class P>
bool AttachmentsOf<P>::Remove(const ObjectKey& key, const Placement& placement) {
  auto own = by_policy_.find(key);
  if (own == by_policy_.end() || own->second.erase(placement) == 0) return false;
  if (own->second.empty()) by_policy_.erase(own);
  auto here = by_target_.find(placement.target);
  std::erase_if(here->second, [&](const Attachment& a) {
    return a.section == placement.section && a.level == placement.level && a.IsOf(key);
  });
  if (here->second.empty()) by_target_.erase(here);
  return true;
}

template <class P>
std::set<ObjectKey> AttachmentsOf<P>::Set(const ObjectKey& key, const Ptr<P>& policy,
                                          const std::vector<Placement>& placements) {
  std::set<ObjectKey> touched;
  const std::set<Placement> old = Of(key);
  for (const Placement& placement : old) {
    touched.insert(placement.target);
    Remove(key, placement);
  }
  for (const Placement& placement : placements) {
    touched.insert(placement.target);
    Add(policy, placement);
  }
  return touched;
}

template <class P>
void AttachmentsOf<P>::Renew(const ObjectKey& key, const Ptr<P>& policy) {
  for (const Placement& placement : Of(key)) {
    for (Attachment& attachment : by_target_[placement.target]) {
      if (attachment.IsOf(key)) attachment.policy = policy;
    }
  }
}

template <class P>
const std::vector<AttachmentOf<P>>& AttachmentsOf<P>::At(const ObjectKey& target) const {
  static const std::vector<Attachment> kNone;
  auto at = by_target_.find(target);
  if (at != by_target_.end()) return at->second;
  return base_ == nullptr ? kNone : base_->At(target);
}

template <class P>
const std::set<Placement>& AttachmentsOf<P>::Of(const ObjectKey& policy) const {
  static const std::set<Placement> kNone;
  auto at = by_policy_.find(policy);
  if (at != by_policy_.end()) return at->second;
  return base_ == nullptr || policy == without_ ? kNone : base_->Of(policy);
}

template <class P>
std::vector<Placement> AttachmentsOf<P>::Of(const ObjectKey& policy, const ObjectKey& target) const {
  std::vector<Placement> found;
  const std::set<Placement>& all = Of(policy);
  for (auto at = all.lower_bound({target, "", Level::kBuiltIn}); at != all.end() && at->target == target;
       ++at) {
    found.push_back(*at);
  }
  return found;
}

template <class P>
std::set<ObjectKey> AttachmentsOf<P>::Targets() const {
  std::set<ObjectKey> out;
  for (const auto& [target, here] : by_target_) out.insert(out.end(), target);
  return out;
}

template class AttachmentsOf<api::RetryTimeoutPolicy>;
template class AttachmentsOf<api::FailoverPolicy>;

}  // namespace fairlead::reconcilers
