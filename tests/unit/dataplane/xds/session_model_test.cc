// Model check: random histories of one stream against a client that behaves as Envoy does. After each history
// everything is let run out, and the client has to have what the audience has, but for what it rejected and
// what depends on that.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/dataplane/xds/model_client.h"

namespace fairlead::xds {
namespace {

constexpr std::array<const char*, 4> kNames{"a", "b", "c", "d"};

class Silent final : public SessionObserver {
 public:
  void OnAcked(const ResourcePtr&) override {}
  void OnRemovalAcked(const ResourceName&) override {}
  void OnRejected(const ResourcePtr&, const std::string&) override {}
  void OnHeldBack(const ResourcePtr&) override {}
};

class History {
 public:
  History(uint64_t seed, bool trace)
      : random_(seed), trace_(trace), parts_(Chance(3)), bad_percent_(Chance(2) ? 0 : 15), client_(parts_) {
    limits_.max_unanswered = std::array<size_t, 3>{1, 2, 64}[Below(3)];
    limits_.max_response_bytes = Chance(2) ? 300 : 1u << 20;
    session_ = std::make_unique<Session>(&shelf_, &observer_, limits_);
  }
  ~History() { session_.reset(); }

  // Empty if all went well.
  std::string Run() {
    Publish(6);
    for (const Type type : {Type::kCluster, Type::kListener, Type::kScopedRoute})
      Ask(type, Chance(2) ? "" : "*");
    const size_t steps = 10 + Below(50);
    for (size_t i = 0; i < steps && error_.empty(); ++i) Step();
    Settle();
    CheckEnd();
    if (error_.empty() && Chance(4)) CheckQuietReconnect();
    return error_;
  }
  const std::string& log() const { return log_; }

 private:
  size_t Below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }
  bool Chance(size_t one_in) { return Below(one_in) == 0; }
  std::string Name() { return kNames[Below(kNames.size())]; }
  Type AnyType() { return static_cast<Type>(Below(kTypeCount)); }
  void Log(const std::string& line) {
    if (trace_) log_ += line + "\n";
  }
  void Fail(const std::string& what) {
    if (error_.empty()) error_ = what;
    Log("FAILED: " + what);
  }

  void Step() {
    switch (Below(12)) {
      case 0:
      case 1:
        return Publish(1 + Below(5));
      case 2: {
        const Type type = AnyType();
        return Ask(type, Chance(8) ? "*" : Name());
      }
      case 3: {
        const Type type = AnyType();
        const std::string name = Chance(8) ? "*" : Name();
        Log("unsubscribe " + std::string(ToString(type)) + " " + name);
        if (client_.Of(type).requested) client_.Unsubscribe(type, name);
        return;
      }
      case 4:
      case 5:
        return Send();
      case 6:
      case 7:
        return Deliver();
      case 8:
      case 9:
        return Answer();
      case 10:
        if (Chance(3) && !parts_) return Reconnect();
        return Stale();
      default: {
        const Type type = AnyType();
        const bool paused = !client_.Of(type).paused && Chance(2);
        client_.Pause(type, paused);
        return Follow();
      }
    }
  }

  // As Envoy: endpoints for clusters, routes for scopes.
  void Follow() {
    for (const auto& [name, r] : client_.Of(Type::kCluster).actual) {
      if (!client_.Of(Type::kEndpoints).names.contains(name) && Chance(2)) Ask(Type::kEndpoints, name);
    }
    for (const auto& [name, r] : client_.Of(Type::kScopedRoute).actual) {
      if (!client_.Of(Type::kRoute).names.contains(name) && Chance(2)) Ask(Type::kRoute, name);
    }
  }

  void Ask(Type type, const std::string& name) {
    Log("subscribe " + std::string(ToString(type)) + " '" + name + "'");
    client_.Subscribe(type, name);
  }

  ResourcePtr Make(Type type, const std::string& name) {
    std::vector<ResourceName> needs;
    if (type == Type::kRoute || (type == Type::kListener && Chance(3))) {
      for (size_t i = Below(3); i-- > 0;) {
        const std::string cluster = Name();
        needs.push_back({Type::kCluster, cluster});
        if (Chance(2)) needs.push_back({Type::kEndpoints, cluster});
      }
    }
    // The content includes the needs, as it does in a real resource. Few contents: old ones come back.
    std::string content = Below(100) < bad_percent_ ? "bad" : "good";
    content += std::to_string(Below(4));
    for (const ResourceName& need : needs) content += need.ToString();
    return MakeResource({type, name}, content, std::move(needs), {});
  }

  void Publish(size_t n) {
    std::map<Slot, ResourcePtr> touched;
    for (size_t i = 0; i < n; ++i) {
      const Type type = AnyType();
      const std::string name = Name();
      if (Below(4) == 0) {
        auto [slot, old] = shelf_.Remove({type, name});
        if (!old) continue;
        Log("remove " + ResourceName{type, name}.ToString());
        if (!touched.emplace(slot, old).second) shelf_.Release(slot);
      } else {
        const ResourcePtr resource = Make(type, name);
        std::string line = "put " + resource->name.ToString() + " " + resource->version() +
                           (ModelClient::IsBad(*resource) ? " bad" : "") + " needs";
        for (const ResourceName& need : resource->needs) line += " " + need.ToString();
        Log(line);
        auto [slot, old] = shelf_.Put(resource);
        if (touched.emplace(slot, old).second) shelf_.Retain(slot);
      }
    }
    for (const auto& [slot, old] : touched) session_->OnChange(slot, old);
    for (const auto& [slot, old] : touched) shelf_.Release(slot);
  }

  void Send() {
    std::optional<Response> response = session_->Next();
    if (!response) return;
    std::string line = "send " + std::string(ToString(response->type)) + " nonce " + response->nonce;
    for (const ResourcePtr& r : response->resources) line += " +" + r->name.name.str() + "@" + r->version();
    for (const std::string& name : response->removed) line += " -" + name;
    Log(line);
    if (session_->unanswered() > limits_.max_unanswered * kTypeCount) Fail("too many unanswered responses");
    network_.push_back({std::move(*response), Audience()});
  }

  void Deliver() {
    if (network_.empty()) return;
    const Delivery delivery = std::move(network_.front());
    network_.pop_front();
    Log("deliver " + delivery.response.nonce);
    if (std::string wrong = client_.Receive(delivery); !wrong.empty()) Fail(wrong);
    if (!settling_ && Chance(2)) Follow();
  }

  void Answer() {
    if (client_.requests.empty()) return;
    const Request request = std::move(client_.requests.front());
    client_.requests.pop_front();
    Log("request " + request.type_url.substr(20) + (request.response_nonce.empty() ? "" : " answers ") +
        request.response_nonce + (request.error_detail ? " NACK" : ""));
    if (auto ok = session_->OnRequest(request); !ok) Fail("refused: " + ok.error().message);
  }

  void Stale() {
    Request request;
    request.type_url = TypeUrl(AnyType());
    request.response_nonce = Chance(2) ? "zz" : "ffff";
    if (Chance(2)) request.error_detail = "stale";
    // Only where the type has been asked for: the first request of a type means more.
    Type type;
    TypeFromUrl(request.type_url, &type);
    if (!session_->subscribed(type)) return;
    (void)session_->OnRequest(request);
  }

  void Reconnect() {
    Log("reconnect");
    network_.clear();
    session_ = std::make_unique<Session>(&shelf_, &observer_, limits_);
    client_.Reconnect();
  }

  void Settle() {
    Log("settle");
    settling_ = true;
    for (size_t i = 0; i < kTypeCount; ++i) client_.Pause(static_cast<Type>(i), false);
    for (size_t rounds = 0; error_.empty(); ++rounds) {
      if (rounds > 5000) return Fail("does not come to rest");
      const size_t sent = network_.size();
      Send();
      if (network_.size() == sent && network_.empty() && client_.requests.empty()) return;
      Deliver();
      Answer();
    }
  }

  VersionMap Audience() {
    VersionMap out;
    for (size_t t = 0; t < kTypeCount; ++t) {
      shelf_.ForEach(static_cast<Type>(t), [&](Slot s) {
        if (shelf_.At(s)) out[shelf_.NameOf(s)] = shelf_.At(s)->version();
      });
    }
    return out;
  }

  ResourcePtr Current(const ResourceName& name) {
    const auto slot = shelf_.Find(name.type, name.name.view());
    return slot ? shelf_.At(*slot) : nullptr;
  }
  bool UpToDate(const ResourceName& name) {
    const ResourcePtr current = Current(name);
    const Resource* actual = client_.Actual(name);
    return current && actual && actual->version() == current->version();
  }
  // May the client be without the current version? It said no, or waits for something that it will not get.
  bool Excused(const ResourceName& name) {
    const ResourcePtr current = Current(name);
    if (!client_.Interested(name) || ModelClient::IsBad(*current)) return true;
    for (const ResourceName& need : current->needs) {
      if (!Current(need)) continue;
      if (!client_.Interested(need)) return true;
      if (need.type == Type::kEndpoints && client_.Actual(need)) continue;
      if (!UpToDate(need)) return true;
    }
    return false;
  }

  void CheckEnd() {
    if (!error_.empty()) return;
    const VersionMap audience = Audience();
    bool behind = false;  // something old may stay in force, and with it what it needs
    for (const auto& [name, version] : audience) {
      if (client_.Interested(name) && !UpToDate(name)) {
        behind = true;
        if (!Excused(name)) Fail("not up to date: " + name.ToString());
      }
      const Standing standing = session_->StandingOf(*shelf_.Find(name.type, name.name.view()));
      if ((standing == Standing::kNotWanted) == client_.Interested(name))
        Fail("wrong interest: " + name.ToString());
      if (standing == Standing::kAcknowledged && !UpToDate(name))
        Fail("wrongly acknowledged: " + name.ToString());
      if (client_.Interested(name) && !ModelClient::IsBad(*Current(name)) &&
          standing == Standing::kRejected) {
        Fail("wrongly rejected: " + name.ToString());
      }
      if (client_.Of(name.type).waiting.contains(name.name) && !Excused(name))
        Fail("no word on: " + name.ToString());
    }
    for (size_t t = 0; t < kTypeCount; ++t) {
      for (const auto& [name, resource] : client_.Of(static_cast<Type>(t)).actual) {
        if (!audience.contains(resource->name) && !behind) Fail("not removed: " + resource->name.ToString());
      }
      for (const std::string& name : client_.Of(static_cast<Type>(t)).waiting) {
        if (!audience.contains({static_cast<Type>(t), name}) && !behind)
          Fail("no word on the absent " + ResourceName{static_cast<Type>(t), name}.ToString());
      }
    }
    if (session_->memory_bytes() > 16 * 1024) Fail("the session takes too much memory at rest");
  }

  void CheckQuietReconnect() {
    if (parts_) return;
    bool any_bad = false;
    for (const auto& [name, version] : Audience())
      any_bad = any_bad || (client_.Interested(name) && !UpToDate(name));
    Reconnect();
    Settle();
    if (!any_bad && client_.received > 0)
      Fail("resources were sent again on a reconnect with equal versions");
    CheckEnd();
  }

  std::mt19937_64 random_;
  bool trace_;
  bool parts_;
  size_t bad_percent_;
  SessionLimits limits_;
  Shelf shelf_;
  Silent observer_;
  std::unique_ptr<Session> session_;
  ModelClient client_;
  std::deque<Delivery> network_;
  bool settling_ = false;
  std::string error_;
  std::string log_;
};

void RunSeeds(uint64_t from, uint64_t to) {
  for (uint64_t seed = from; seed < to; ++seed) {
    const std::string error = History(seed, false).Run();
    if (error.empty()) continue;
    History again(seed, true);
    again.Run();
    FAIL() << "seed " << seed << ": " << error << "\n" << again.log();
  }
}

TEST(SessionModelTest, EveryHistoryEndsInTheStateOfTheAudience1) { RunSeeds(0, 10'000); }
TEST(SessionModelTest, EveryHistoryEndsInTheStateOfTheAudience2) { RunSeeds(10'000, 20'000); }
TEST(SessionModelTest, EveryHistoryEndsInTheStateOfTheAudience3) { RunSeeds(20'000, 25'000); }

}  // namespace
}  // namespace fairlead::xds
