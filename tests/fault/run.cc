#include "tests/fault/run.h"

#include "tests/support/kube/http_call.h"

namespace fairlead::fault {
namespace {

constexpr std::chrono::seconds kPatience{120};  // a step may hold a restart, and the machine be busy
// One crash hits at most each of the four status workers in the middle of its work: an Event and a status.
constexpr int kWritesOfACrash = 8;

Unexpected<Error> Failure(const std::string& what) { return Unexpected(Error{ErrorClass::kFatal, what}); }

std::string MoreThan(const std::map<std::string, int>& expected, const std::map<std::string, int>& seen,
                     const std::set<std::string>& raced) {
  std::string out;
  for (const auto& [object, count] : seen) {
    const auto at = expected.find(object);
    const int wanted = at == expected.end() ? 0 : at->second;
    if (count != wanted && !raced.contains(object))
      out +=
          "  " + object + ": " + std::to_string(count) + " times instead of " + std::to_string(wanted) + "\n";
  }
  return out;
}

}  // namespace

Run::Run(Cluster* cluster, const Workload& workload, Plan plan, std::string program,
         const Reference* reference)
    : cluster_(cluster),
      workload_(workload),
      plan_(std::move(plan)),
      program_(std::move(program)),
      reference_(reference) {}

// Nothing of the run is under way in the API server when it has ended, be it a request that a killed operator
// had sent.
Run::~Run() {
  proxy_.reset();
  replicas_.clear();
  cluster_->server().faults().OnWrite(nullptr);
  cluster_->server().audit().OnRecord(nullptr);
  cluster_->server().DropConnections();
  testing::HttpCall({.port = cluster_->server().port(), .path = "/version", .token = "user"});
}

Result<Outcome> Run::Carry() {
  if (Result<void> r = Begin(); !r) return Unexpected(r.error());
  for (const Step& step : workload_.steps) {
    if (Result<void> r = Carry(step); !r) {
      std::string text = "step \"" + step.name + "\": " + r.error().message + "\n";
      for (const auto& replica : replicas_)
        text += "--- end of the log of " + replica->name() + "\n" + replica->Log();
      return Failure(text);
    }
  }
  if (Result<void> r = End(); !r) return Unexpected(r.error());
  return outcome_;
}

Result<void> Run::Begin() {
  cluster_->Reset();
  const Step& first = workload_.steps.front();
  if (workload_.access) {
    if (Result<void> r = access_.Announce(ShopYaml() + first.apply); !r) return r;
  }
  // What the first step brings is there before the operator is.
  if (Result<void> r = cluster_->ApplyWest(first.apply_west); !r) return r;
  if (Result<void> r = cluster_->Apply(ShopYaml() + first.apply); !r) return r;
  cluster_->server().faults().OnWrite(
      [this](apiserver::WritePoint point, const apiserver::RequestInfo& info,
             const apiserver::Request& request) { return OnWrite(point, info, request); });
  cluster_->server().audit().OnRecord([this](const apiserver::AuditRecord& record) {
    Note(record);
    Ring();
  });
  for (int i = 0; i < workload_.replicas; ++i) {
    ReplicaOptions options{program_, std::string(1, static_cast<char>('a' + i)), "", workload_.arguments,
                           directory_.path()};
    options.kubeconfig = directory_ / (options.name + ".kubeconfig");
    testing::WriteFile(options.kubeconfig, cluster_->KubeconfigOf(options.name));
    if (workload_.replicas > 1) {
      for (const char* argument :
           {"--leader-elect", "--leader-elect-lease-duration=1s", "--leader-elect-renew-deadline=800ms",
            "--leader-elect-retry-period=100ms"})
        options.arguments.push_back(argument);
      options.arguments.push_back("--leader-elect-identity=" + options.name);
    }
    replicas_.push_back(std::make_unique<Replica>(std::move(options)));
  }
  for (const auto& replica : replicas_) {
    if (Result<void> r = replica->Start(); !r) return r;
  }
  return {};
}

Result<void> Run::Carry(const Step& step) {
  const size_t index = static_cast<size_t>(&step - workload_.steps.data());
  proxy_before_ = Take().proxy;
  if (reference_ != nullptr && index > 0) {
    const std::lock_guard lock(mutex_);
    kept_.clear();
    const auto &before = reference_->steps[index - 1].proxy, &after = reference_->steps[index].proxy;
    for (const auto& [name, version] : before) {
      if (after.contains(name)) kept_.insert(name);
    }
    if (workload_.steady) {
      expected_.clear();
      for (const auto* versions : {&before, &after}) {
        for (const auto& [name, version] : *versions) expected_[name].insert(version);
      }
    }
  }
  if (workload_.access && index > 0) {
    access_.Settle();
    if (Result<void> r = access_.Announce(step.apply, step.remove); !r) return r;
  }
  if (index > 0) {
    if (Result<void> r = cluster_->ApplyWest(step.apply_west); !r) return r;
    if (Result<void> r = cluster_->Apply(step.apply); !r) return r;
  }
  for (const std::string& gateway : step.programmed) {
    if (Result<void> r = cluster_->SetProgrammed(gateway); !r) return r;
  }
  for (const std::string& path : step.remove) {
    if (Result<void> r = cluster_->Remove(path); !r) return r;
  }
  // For the moment that the operator needs, or is dead, what it wrote before must do.
  if (workload_.access) CheckAccess("what the user did");
  if (Result<void> r = Await(step); !r) return r;
  outcome_.seen.steps.push_back(Take());
  return {};
}

Result<void> Run::Await(const Step& step) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = rings_;
      if (!failure_.empty()) return Failure(failure_);
    }
    if (Result<void> r = Tend(); !r) return r;
    if (Arrived(step)) return {};
    std::unique_lock lock(mutex_);
    // Everything that counts rings; the short wait is for what cannot: a child that ends.
    rang_.wait_for(lock, std::chrono::milliseconds(250), [&] { return rings_ != seen; });
    if (std::chrono::steady_clock::now() < deadline) continue;
    lock.unlock();
    return Failure("did not come to its end:\n" + Missing(step) + LastDeed());
  }
}

bool Run::Arrived(const Step& step) {
  if (reference_ != nullptr) {
    const size_t index = static_cast<size_t>(&step - workload_.steps.data());
    return Take() == reference_->steps[index];
  }
  return Missing(step).empty();
}

std::string Run::Missing(const Step& step) {
  const Snapshot now = Take();
  if (reference_ != nullptr) {
    return Difference(reference_->steps[static_cast<size_t>(&step - workload_.steps.data())], now);
  }
  std::string out;
  for (const auto& [policy, reasons] : step.policies) {
    if (!cluster_->HasReasons(policy, reasons)) {
      out += "  policy " + policy + " is not " + reasons.accepted + ", " + reasons.programmed + ": " +
             cluster_->ReasonsOf(policy) + "\n";
    }
  }
  for (const std::string& object : step.present) {
    if (!cluster_->Has(object)) out += "  " + object + " is not there\n";
  }
  for (const std::string& object : step.absent) {
    if (cluster_->Has(object)) out += "  " + object + " is there\n";
  }
  if (workload_.access) out += access_.Difference(cluster_->server().store());
  for (const std::string& resource : step.pushed) {
    const auto before = proxy_before_.find(resource);
    const auto after = now.proxy.find(resource);
    const std::string was = before == proxy_before_.end() ? "" : before->second;
    if (was == (after == now.proxy.end() ? "" : after->second)) {
      out += "  the proxy has " + resource + " as before; it has:";
      for (const auto& [name, version] : now.proxy) out += " \"" + name + "\"";
      out += "\n";
    }
  }
  return out;
}

Result<void> Run::End() {
  for (const auto& replica : replicas_) {
    if (Result<void> r = replica->Stop(); !r) return r;
  }
  outcome_.seen.deeds = cluster_->DeedsOfOperator();
  if (const size_t writes = cluster_->WritesToWest(); writes > 0)
    return Failure("the operator wrote " + std::to_string(writes) + " times to the other cluster");
  {
    const std::lock_guard lock(mutex_);
    if (!failure_.empty()) return Failure(failure_);
    outcome_.reached = plan_.fault == Fault::kNone || count_ >= plan_.write;
  }
  if (reference_ == nullptr) return {};
  Snapshot last = Take();
  last.proxy = reference_->steps.back().proxy;  // it is cut off by now
  if (const std::string difference = Difference(reference_->steps.back(), last); !difference.empty())
    return Failure("written after the last step had come to its end:\n" + difference);
  return CheckDeeds(outcome_.seen.deeds);
}

Result<void> Run::CheckDeeds(const Deeds& deeds) const {
  const Deeds& expected = reference_->deeds;
  if (const std::string more = MoreThan(expected.created, deeds.created, workload_.raced); !more.empty())
    return Failure("objects were created\n" + more);
  if (const std::string more = MoreThan(expected.deleted, deeds.deleted, workload_.raced); !more.empty())
    return Failure("objects were deleted\n" + more);
  // Whoever was started anew does not know when an Event was last written, and so tells once more that it
  // came again.
  const int limit = expected.stored + kWritesOfACrash + 2 * slow_ + deeds.series;
  if (deeds.stored > limit) {
    return Failure(std::to_string(deeds.stored) + " writes, undisturbed " + std::to_string(expected.stored) +
                   ": more than " + std::to_string(limit));
  }
  return {};
}

Snapshot Run::Take() {
  return {projector_.ObjectsOf(cluster_->server().store()),
          proxy_ ? ProxyStateOf(proxy_->versions()) : std::map<std::string, std::string>()};
}

Replica* Run::Named(const std::string& name) {
  for (const auto& replica : replicas_) {
    if (replica->name() == name) return replica.get();
  }
  return nullptr;
}

void Run::Note(const apiserver::AuditRecord& record) {
  if (!record.user_agent.starts_with(kOperator) || record.resource == "leases") return;
  const std::lock_guard lock(mutex_);
  last_deed_ = record.verb + " " + record.path + " → " + std::to_string(record.code);
  last_deed_at_ = std::chrono::steady_clock::now();
}

// Long ago, and the operator waits for an event that does not come; just now, and it is slow, or does the
// same again and again.
std::string Run::LastDeed() {
  const std::lock_guard lock(mutex_);
  const std::chrono::duration<double> ago = std::chrono::steady_clock::now() - last_deed_at_;
  return "the operator's last request, " + std::to_string(ago.count()) + " s ago: " + last_deed_ + "; " +
         std::to_string(count_) + " of the plan's writes were made\n";
}

void Run::Ring() {
  const std::lock_guard lock(mutex_);
  ++rings_;
  rang_.notify_all();
}

void Run::Fail(const std::string& what) {
  const std::lock_guard lock(mutex_);
  if (failure_.empty()) failure_ = what;
}

}  // namespace fairlead::fault
