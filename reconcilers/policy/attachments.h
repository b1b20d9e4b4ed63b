// Attachments: which policies stand at which targets, and at which level.
//
// World resolves a policy's targetRefs and targetSelectors to targets (resolver.h) and keeps the result here,
// so that lowering a service asks only for the policies at that service and at its routes. One index a kind
// of policy. Not thread-safe.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "crds/api/failover_policy.h"
#include "crds/api/retry_timeout_policy.h"
#include "crds/object/any_object.h"
#include "reconcilers/model/policy.h"

namespace fairlead::reconcilers {

template <class P>
struct AttachmentOf {
  Ptr<P> policy;
  std::string section;  // of the targetRef: a rule's name or a port's name; empty: all
  Level level = Level::kService;

  ObjectKey key() const { return {P::kKind, policy->meta.ns, policy->meta.name}; }
  bool IsOf(const ObjectKey& key) const { return policy->meta.name == key.name && policy->meta.ns == key.ns; }
};

struct Placement {
  ObjectKey target;
  std::string section;
  Level level = Level::kService;
  friend auto operator<=>(const Placement&, const Placement&) = default;
};

template <class P>
class AttachmentsOf {
 public:
  using Attachment = AttachmentOf<P>;

  AttachmentsOf() = default;
  // What `base` has without this policy, to which other placements of it can be added: a picture for as long
  // as the base stands still. Only the policy's own targets are copied.
  AttachmentsOf(const AttachmentsOf* base, const ObjectKey& without);

  // Replaces all of the policy's; a null policy with no placements: it is gone. The targets that the policy
  // stood at or stands at now.
  std::set<ObjectKey> Set(const ObjectKey& key, const Ptr<P>& policy,
                          const std::vector<Placement>& placements);
  // The policy stands where it stood, with new content.
  void Renew(const ObjectKey& key, const Ptr<P>& policy);
  // One placement; false: nothing changed.
  bool Add(const Ptr<P>& policy, const Placement& placement);
  bool Remove(const ObjectKey& key, const Placement& placement);

  bool empty() const { return by_target_.empty(); }
  std::set<ObjectKey> Targets() const;  // at which a policy stands; of an index without a base
  // Sorted by policy, then level, then section.
  const std::vector<Attachment>& At(const ObjectKey& target) const;
  const std::set<Placement>& Of(const ObjectKey& policy) const;
  std::vector<Placement> Of(const ObjectKey& policy, const ObjectKey& target) const;

 private:
  std::vector<Attachment>& Here(const ObjectKey& target);

  const AttachmentsOf* base_ = nullptr;
  ObjectKey without_;
  std::map<ObjectKey, std::vector<Attachment>> by_target_;  // over a base: of targets that differ from it
  std::map<ObjectKey, std::set<Placement>> by_policy_;
};

extern template class AttachmentsOf<api::RetryTimeoutPolicy>;
extern template class AttachmentsOf<api::FailoverPolicy>;
using Attachment = AttachmentOf<api::RetryTimeoutPolicy>;
using Attachments = AttachmentsOf<api::RetryTimeoutPolicy>;
using FailoverAttachments = AttachmentsOf<api::FailoverPolicy>;

}  // namespace fairlead::reconcilers
