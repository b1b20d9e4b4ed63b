#include "operator/runtime/events.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace fairlead::runtime {
namespace {

using std::chrono::seconds;

EventNote Note(const std::string& name, const std::string& text) {
  return {.regarding = {"fairlead.dev/v1alpha1", "RetryTimeoutPolicy", "shop", name, "uid"},
          .reason = "PolicyConflict",
          .action = "Lower",
          .note = text,
          .warning = true};
}

class EventBookTest : public ::testing::Test {
 protected:
  testing::FakeClock clock;
  EventBook book{{}, &clock};
};

TEST_F(EventBookTest, RepeatsBecomeASeries) {
  const std::optional<EventWrite> first = book.Add(Note("a", "x"));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->count, 1);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(book.Add(Note("a", "x")));
  clock.Advance(seconds(60));
  const std::optional<EventWrite> later = book.Add(Note("a", "x"));
  ASSERT_TRUE(later);
  EXPECT_EQ(later->count, 102);
  EXPECT_EQ(later->name, first->name);
}

TEST_F(EventBookTest, WhoeverSaysItAgainGivesItTheSameName) {
  const std::string name = book.Add(Note("a", "x"))->name;
  clock.Advance(seconds(5));
  EventBook after_a_crash({}, &clock);
  EXPECT_EQ(after_a_crash.Add(Note("a", "x"))->name, name);
  EXPECT_NE(after_a_crash.Add(Note("a", "y"))->name, name);
}

TEST_F(EventBookTest, WhatCouldNotBeWrittenIsWrittenWhenItIsSaidAgain) {
  const std::optional<EventWrite> first = book.Add(Note("a", "x"));
  ASSERT_TRUE(first);
  book.Forget(*first);
  const std::optional<EventWrite> again = book.Add(Note("a", "x"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->count, 1);
  EXPECT_EQ(again->name, first->name);
}

TEST_F(EventBookTest, OneObjectCannotFloodOthersOut) {
  int written = 0;
  for (int i = 0; i < 1000; ++i) written += book.Add(Note("noisy", std::to_string(i))).has_value() ? 1 : 0;
  EXPECT_EQ(written, 25);
  EXPECT_EQ(book.dropped(), 975u);
  EXPECT_TRUE(book.Add(Note("quiet", "x")));
  clock.Advance(seconds(300));
  EXPECT_TRUE(book.Add(Note("noisy", "again")));
}

TEST_F(EventBookTest, AnOldEventBeginsAnew) {
  const std::string first = book.Add(Note("a", "x"))->name;
  clock.Advance(seconds(3600));
  const std::optional<EventWrite> again = book.Add(Note("a", "x"));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->count, 1);
  EXPECT_EQ(again->name, first);  // the API server forgets Events as well; if not, the series goes on
}

TEST_F(EventBookTest, LongTextsAreCutBetweenCharacters) {
  std::string text(1023, 'x');
  text += "é";
  EXPECT_EQ(book.Add(Note("a", text))->note.note, std::string(1023, 'x'));
}

TEST_F(EventBookTest, WhatIsRememberedIsBounded) {
  EventBook small({.max_events = 10}, &clock);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(small.Add(Note("o" + std::to_string(i), "x")));
}

}  // namespace
}  // namespace fairlead::runtime
