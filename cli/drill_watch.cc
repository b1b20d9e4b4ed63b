// fairleadctl failover drill start: follows the drill by a watch of its policy.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "cli/drill.h"
#include "crds/base/duration.h"
#include "operator/kube/object_stream.h"
#include "operator/kube/reflector.h"

namespace fairlead::cli {
namespace {

// After its end the operator has this long to say so.
constexpr int64_t kGrace = 60;

std::string PlaceOf(const api::FailoverSource& source) {
  const api::Locality& from = source.from;
  if (from == api::Locality()) return "";
  std::string out = from.region;
  if (!from.zone.empty()) out += "/" + from.zone;
  if (!from.subzone.empty()) out += "/" + from.subzone;
  return (from.cluster.empty() ? " from " : " from cluster " + from.cluster + " ") + out;
}

std::string SharesText(const api::FailoverStatus& status) {
  std::string out;
  for (const api::FailoverSource& source : status.sources) {
    out += "  " + std::string(ToString(source.kind)) + " " + source.ns + "/" + source.name + PlaceOf(source) +
           ":";
    for (size_t i = 0; i < source.steps.size(); ++i) {
      out +=
          (i == 0 ? " " : ", ") + source.steps[i].to + " " + std::to_string(source.steps[i].percent) + " %";
    }
    if (source.unserved > 0) out += ", nowhere " + std::to_string(source.unserved) + " %";
    out += "\n";
  }
  return out;
}

std::string Head(const api::DrillStatus& drill) {
  std::string out = drill.state + ": " + drill.message;
  if (drill.state == "Running")
    out += "; " + std::to_string(drill.programmed) + " of " + std::to_string(drill.needed) +
           " proxies take part";
  return out;
}

class Follower final : public kube::ObjectSink {
 public:
  Follower(NamespacedName policy, int64_t generation, Timestamp until, const Output& output)
      : policy_(std::move(policy)), generation_(generation), until_(until), output_(output) {}

  void OnReplace(Kind, std::vector<AnyObject> objects) override {
    bool there = false;
    for (const AnyObject& object : objects) there = Take(object) || there;
    if (!there) End("the policy is gone", kExitFindings);
  }
  void OnUpsert(Kind, AnyObject object) override { Take(object); }
  void OnDelete(Kind, AnyObject last) override {
    if (KeyOf(last).nn() == policy_) End("the policy is gone, and the drill with it", kExitFindings);
  }
  void OnSynced(Kind) override {}

  int Await() {
    std::unique_lock lock(mutex_);
    for (bool over = false; !code_;) {
      const int64_t left = until_.seconds + (over ? kGrace : 0) - Clock::System().WallNow().seconds;
      if (left > 0) {
        ended_.wait_for(lock, std::chrono::seconds(left));
      } else if (!std::exchange(over, true)) {
        output_.out << "its time is over: the proxies have ended it by themselves" << std::endl;
      } else {
        output_.out << "no operator has said so\n";
        return kExitFindings;
      }
    }
    output_.out << why_;
    return *code_;
  }

 private:
  bool Take(const AnyObject& object) {
    if (KeyOf(object).nn() != policy_) return false;
    const auto* policy = std::get_if<Ptr<api::FailoverPolicy>>(&object);
    if (policy == nullptr) return true;
    const api::FailoverPolicy& now = **policy;
    if (now.meta.generation >= generation_ && !now.drill) {
      End("stopped: spec.drill was removed", kExitGood);
    } else if (now.status && now.status->observed_generation >= generation_ && now.status->failover.drill) {
      Say(now.status->failover);
    }
    return true;
  }

  void Say(const api::FailoverStatus& status) {
    const std::string text = Head(*status.drill) + "\n" + SharesText(status);
    const std::lock_guard lock(mutex_);
    if (code_ || text == said_) return;
    said_ = text;
    const Timestamp now = Clock::System().WallNow();
    output_.out << now.ToString() << "  " << TimeLeft(status.drill->until, now) << " left  " << text
                << std::flush;
    if (status.drill->state == "Running") return;
    code_ = status.drill->reason == "TimeOver" ? kExitGood : kExitFindings;
    ended_.notify_all();
  }
  void End(const std::string& why, int code) {
    const std::lock_guard lock(mutex_);
    if (code_) return;
    why_ = why + "\n";
    code_ = code;
    ended_.notify_all();
  }

  const NamespacedName policy_;
  const int64_t generation_;
  const Timestamp until_;
  const Output& output_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::string said_, why_;
  std::optional<int> code_;
};

}  // namespace

std::string TimeLeft(Timestamp until, Timestamp now) {
  return Duration::Seconds(std::max<int64_t>(until.seconds - now.seconds, 0)).ToString();
}

std::string DrillText(const api::FailoverPolicy& policy, Timestamp now) {
  if (!policy.drill) return "";
  const std::string name = NamespacedName{policy.meta.ns, policy.meta.name}.ToString();
  const bool current = policy.status && policy.status->observed_generation == policy.meta.generation &&
                       policy.status->failover.drill;
  std::string out = "drill of " + name + ": " + api::DownToString(policy.drill->down) + ", until " +
                    policy.drill->until.ToString();
  if (now.seconds != 0 && now < policy.drill->until)
    out += " (" + TimeLeft(policy.drill->until, now) + " left)";
  if (!current) return out + "\n  no operator has said yet what came of it\n";
  return out + "\n  " + Head(*policy.status->failover.drill) + "\n";
}

int FollowDrill(Cluster& cluster, const NamespacedName& policy, int64_t generation, Timestamp until,
                const Output& output) {
  Follower follower(policy, generation, until, output);
  kube::WatchTarget target = kube::ObjectStream::TargetOf(Kind::kFailoverPolicy, policy.ns);
  target.field_selector = "metadata.name=" + policy.name;
  kube::Reflector reflector(cluster.transport(), std::move(target),
                            std::make_unique<kube::ObjectStream>(Kind::kFailoverPolicy, &follower));
  reflector.Start();
  const int code = follower.Await();
  reflector.Stop();
  return code;
}

}  // namespace fairlead::cli
