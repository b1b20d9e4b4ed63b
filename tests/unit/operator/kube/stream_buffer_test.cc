#include "operator/kube/stream_buffer.h"

#include <gtest/gtest.h>

#include "operator/kube/cpprest_stream.h"

namespace fairlead::kube {
namespace {

using Type = StreamEvent::Type;

class StreamBufferTest : public ::testing::Test {
 protected:
  // What is there now: a deadline that has passed waits for nothing.
  StreamEvent Now() { return buffer.Next(Clock::TimePoint(), {}); }
  void Write(const std::string& bytes) { last = buffer.Write(bytes.data(), bytes.size()); }

  StreamBuffer buffer;
  pplx::task<size_t> last;
};

TEST_F(StreamBufferTest, HeadersComeFirstThoughTheBytesWereThereBefore) {
  Write("{}");
  EXPECT_EQ(Now().type, Type::kTimeout);
  buffer.Headers(200, {});
  const StreamEvent headers = Now();
  EXPECT_EQ(headers.type, Type::kHeaders);
  EXPECT_EQ(headers.status, 200);
  EXPECT_EQ(Now().bytes, "{}");
  buffer.End({});
  EXPECT_EQ(Now().type, Type::kEnd);
}

TEST_F(StreamBufferTest, TheEndComesAfterTheBytes) {
  buffer.Headers(200, {});
  Write("a");
  buffer.End({});
  EXPECT_EQ(Now().type, Type::kHeaders);
  EXPECT_EQ(Now().bytes, "a");
  const StreamEvent end = Now();
  EXPECT_EQ(end.type, Type::kEnd);
  EXPECT_TRUE(end.error);
}

TEST_F(StreamBufferTest, ARequestThatFailedBeforeItsHeadersOnlyEnds) {
  Write("half");
  buffer.End(Unexpected(Error{ErrorClass::kTransient, "reset"}));
  const StreamEvent end = Now();
  EXPECT_EQ(end.type, Type::kEnd);
  EXPECT_EQ(end.error.error().message, "reset");
}

TEST_F(StreamBufferTest, AWriterThatIsAheadWaitsForTheReader) {
  buffer.Headers(200, {});
  Write(std::string(StreamBuffer::kHighWater + 1, 'x'));
  EXPECT_FALSE(last.is_done());
  EXPECT_EQ(Now().type, Type::kHeaders);
  EXPECT_EQ(Now().bytes.size(), StreamBuffer::kHighWater + 1);
  EXPECT_EQ(last.get(), StreamBuffer::kHighWater + 1);
}

TEST_F(StreamBufferTest, NobodyWritesToAnAbandonedBuffer) {
  Write(std::string(StreamBuffer::kHighWater + 1, 'x'));
  buffer.Abandon();
  EXPECT_THROW(last.get(), std::runtime_error);
  Write("more");
  EXPECT_THROW(last.get(), std::runtime_error);
}

// The library waits for it on the thread that wrote, of which it has four.
TEST(ReplyBufferTest, IsClosedWithoutAnotherThread) {
  const auto sink = std::make_shared<StreamBuffer>();
  const auto stream = std::make_shared<ReplyBuffer>(sink);
  sink->Abandon();
  const uint8_t byte = 'x';
  EXPECT_THROW(stream->putn_nocopy(&byte, 1).get(), std::runtime_error);
  EXPECT_FALSE(stream->can_write());
  const auto again = std::make_shared<ReplyBuffer>(sink);
  EXPECT_TRUE(
      again->close(std::ios_base::out, std::make_exception_ptr(std::runtime_error("cancelled"))).is_done());
  EXPECT_FALSE(again->can_write());
}

TEST_F(StreamBufferTest, AReaderIsStopped) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(buffer.Next(Clock::TimePoint::max(), stop.get_token()).type, Type::kStopped);
}

}  // namespace
}  // namespace fairlead::kube
