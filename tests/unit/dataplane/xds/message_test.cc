#include "dataplane/xds/message.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

namespace fairlead::xds {
namespace {

std::string Repeated(size_t size) {
  std::string out;
  while (out.size() < size)
    out += "connect-failure,refused-stream,gateway-error " + std::to_string(out.size());
  return out;
}

std::string Noise(size_t size) {
  std::mt19937 random(7);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

TEST(MessageTest, ComesBackAsItWas) {
  for (const size_t size : {0u, 1u, 100u, 1023u, 1024u, 6'600u, 8'192u, 100'000u, 5'000'000u}) {
    for (const std::string& bytes : {Repeated(size), Noise(size), std::string(size, 'x')}) {
      const Message message(bytes);
      EXPECT_EQ(message.size(), bytes.size());
      EXPECT_TRUE(message.Get().bytes == bytes) << size;
    }
  }
}

TEST(MessageTest, WhoAsksWhileAnotherHoldsItSharesIt) {
  const Message message(Repeated(6'600));
  const Message::Whole first = message.Get();
  ASSERT_TRUE(first.keeper);
  EXPECT_EQ(first.bytes.data(), message.Get().bytes.data());
}

TEST(MessageTest, ManyThreads) {
  const std::string bytes = Repeated(6'600);
  const Message message(bytes);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) EXPECT_TRUE(message.Get().bytes == bytes);
    });
  }
}

}  // namespace
}  // namespace fairlead::xds
