#include "webhooks/certificates/rotation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <string>
#include <utility>

namespace fairlead::webhooks {
namespace {

constexpr Timestamp kNow{1'800'000'000};
Timestamp After(Timestamp t, std::chrono::seconds by) { return {t.seconds + by.count()}; }

RotationRules Rules() { return {.names = {"webhooks.fairlead-system.svc"}}; }

// A state in which there is nothing to do for a while.
RotationState Calm() {
  const RotationRules rules = Rules();
  RotationState s;
  s.ca = CertificateFacts{"a", kNow, After(kNow, rules.ca_lifetime)};
  s.serving = ServingFacts{kNow, After(kNow, rules.serving_lifetime), "a", rules.names};
  s.trusted = {"a"};
  return s;
}

Step StepOf(const RotationState& s, Timestamp now = kNow) { return NextStep(s, Rules(), now).step; }

TEST(NextStep, TheFirstCertificatesAreMadeInOrder) {
  RotationState s;
  EXPECT_EQ(StepOf(s), Step::kMakeCa);
  s.ca = Calm().ca;
  EXPECT_EQ(StepOf(s), Step::kPublish);
  s.trusted = {"a"};
  EXPECT_EQ(StepOf(s), Step::kMakeServing);
  s.serving = Calm().serving;
  EXPECT_EQ(StepOf(s), Step::kWait);
}

TEST(NextStep, WaitsUntilAThirdOfTheTimeIsLeft) {
  const Planned planned = NextStep(Calm(), Rules(), kNow);
  EXPECT_EQ(planned.step, Step::kWait);
  EXPECT_EQ(planned.at, After(kNow, std::chrono::hours(24 * 20)));
  EXPECT_EQ(StepOf(Calm(), planned.at), Step::kMakeServing);
}

TEST(NextStep, OtherNamesNeedAnotherCertificate) {
  RotationState s = Calm();
  s.serving->names = {"old.name.svc"};
  EXPECT_EQ(StepOf(s), Step::kMakeServing);
}

TEST(NextStep, AnEditedBundleIsPutRightFirst) {
  RotationState s = Calm();
  s.surplus = true;
  EXPECT_EQ(StepOf(s), Step::kPublish);
  s = Calm();
  s.trusted.clear();
  s.serving.reset();
  EXPECT_EQ(StepOf(s), Step::kPublish);
}

TEST(NextStep, ANewAuthorityIsTrustedLongBeforeItSigns) {
  RotationState s = Calm();
  const Timestamp late = After(kNow, std::chrono::hours(24 * 300));
  s.serving->from = late;
  s.serving->until = After(late, Rules().serving_lifetime);
  EXPECT_EQ(StepOf(s, late), Step::kMakeNext);
  s.next = CertificateFacts{"b", late, After(late, Rules().ca_lifetime)};
  EXPECT_EQ(StepOf(s, late), Step::kPublish);
  s.trusted = {"a", "b"};
  EXPECT_EQ(StepOf(s, late), Step::kNoteTrusted);
  s.trusted_since = late;
  EXPECT_EQ(StepOf(s, late), Step::kWait);
  EXPECT_EQ(NextStep(s, Rules(), late).at, After(late, Rules().settle));
  EXPECT_EQ(StepOf(s, After(late, Rules().settle)), Step::kPromote);
}

TEST(NextStep, AnOldAuthorityStaysUntilNobodyServesWithIt) {
  RotationState s = Calm();
  s.old = {CertificateFacts{"z", kNow, After(kNow, std::chrono::hours(1000))}};
  s.trusted = {"a", "z"};
  s.switched = kNow;
  EXPECT_EQ(StepOf(s), Step::kWait);
  EXPECT_EQ(StepOf(s, After(kNow, Rules().settle)), Step::kRetire);
}

TEST(NextStep, AnAuthorityThatHasExpiredIsReplacedAtOnce) {
  RotationState s = Calm();
  const Timestamp end = s.ca->until;
  EXPECT_EQ(StepOf(s, end), Step::kMakeCa);
  s.next = CertificateFacts{"b", kNow, After(end, std::chrono::hours(1))};
  EXPECT_EQ(StepOf(s, end), Step::kPromote);
}

// A cluster over years: API servers that learn of a bundle late, replicas that learn of a certificate late, a
// keeper that does one step now and then. After the start, each API server trusts each replica always.
class Cluster {
 public:
  explicit Cluster(uint32_t seed) : random_(seed) {}

  void Run(int rotations) {
    while (promoted_ < rotations && !::testing::Test::HasFailure()) {
      const Planned planned = NextStep(state_, rules_, now_);
      if (planned.step == Step::kWait) {
        Pass(std::max<int64_t>(planned.at.seconds - now_.seconds, 1));
      } else {
        Do(planned.step);
        Pass(static_cast<int64_t>(random_() % 300));
      }
    }
  }
  int checked() const { return checked_; }

 private:
  struct Seen {
    Timestamp at;
    std::set<std::string> bundle;
    ServingFacts serving;
  };
  CertificateFacts Make() { return {"ca" + std::to_string(++made_), now_, After(now_, rules_.ca_lifetime)}; }

  // As rotation.h says of each step.
  void Do(Step step) {
    switch (step) {
      case Step::kWait:
        break;
      case Step::kMakeCa:
        EXPECT_EQ(checked_, 0) << "the authority was lost";
        state_.ca = Make();
        break;
      case Step::kPublish:
        if (state_.next && !state_.trusted.contains(state_.next->id)) state_.trusted_since = {};
        state_.trusted = {state_.ca->id};
        if (state_.next) state_.trusted.insert(state_.next->id);
        for (const auto& old : state_.old) state_.trusted.insert(old.id);
        break;
      case Step::kMakeServing:
        if (!state_.serving || state_.serving->signed_by != state_.ca->id) state_.switched = now_;
        state_.serving =
            ServingFacts{now_, After(now_, rules_.serving_lifetime), state_.ca->id, rules_.names};
        break;
      case Step::kMakeNext:
        state_.next = Make();
        state_.trusted_since = {};
        break;
      case Step::kNoteTrusted:
        state_.trusted_since = now_;
        break;
      case Step::kPromote:
        state_.old.push_back(*state_.ca);
        state_.ca = std::exchange(state_.next, std::nullopt);
        state_.trusted_since = {};
        ++promoted_;
        break;
      case Step::kRetire:
        state_.old.clear();
        break;
    }
    Remember();
  }

  // Whatever was there within the lag may be what somebody still has.
  void Remember() {
    if (state_.serving) history_.push_back({now_, state_.trusted, *state_.serving});
    while (history_.size() > 1 && history_[1].at.seconds <= now_.seconds - kLag) history_.pop_front();
  }

  void Pass(int64_t seconds) {
    now_.seconds += seconds;
    Remember();
    for (const Seen& server : history_) {
      for (const Seen& replica : history_) {
        ++checked_;
        EXPECT_TRUE(server.bundle.contains(replica.serving.signed_by))
            << "an API server of " << server.at.seconds << " does not trust a replica of "
            << replica.at.seconds;
        EXPECT_LT(now_.seconds, replica.serving.until.seconds);
      }
    }
  }

  static constexpr int64_t kLag = 500;  // less than settle, which is 600 s
  const RotationRules rules_ = Rules();
  std::mt19937 random_;
  Timestamp now_ = kNow;
  RotationState state_;
  std::deque<Seen> history_;
  int made_ = 0, promoted_ = 0, checked_ = 0;
};

class RotationOverYears : public ::testing::TestWithParam<uint32_t> {};
TEST_P(RotationOverYears, NoCallFails) {
  Cluster cluster(GetParam());
  cluster.Run(50);
  EXPECT_GT(cluster.checked(), 1000);
}
INSTANTIATE_TEST_SUITE_P(Seeds, RotationOverYears, ::testing::Range(1u, 6u));

}  // namespace
}  // namespace fairlead::webhooks
