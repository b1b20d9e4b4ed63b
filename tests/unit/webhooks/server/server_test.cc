#include "webhooks/server/server.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <thread>

#include "tests/unit/webhooks/server/server_fixture.h"

namespace fairlead::webhooks {
namespace {

using std::chrono::milliseconds;
using testing::ConnectLoopback;
using ::testing::HasSubstr;
using testing::Request;
using testing::TlsClient;
using testing::TlsReply;

TEST_F(ServerTest, AnswersOverAKeptConnection) {
  Start();
  TlsClient client(To());
  ASSERT_EQ(client.problem(), "");
  for (const char* spec : {testing::kGood, testing::kBad, testing::kGood}) {
    ASSERT_TRUE(client.Send(Post(Request{.object = testing::Policy(spec)}.Body())));
    const TlsReply reply = client.Read();
    EXPECT_EQ(reply.status, 200);
    EXPECT_THAT(reply.head, HasSubstr("Content-Type: application/json"));
    EXPECT_THAT(reply.body, HasSubstr(spec == testing::kBad ? R"("allowed":false)" : R"("allowed":true)"));
  }
  EXPECT_EQ(metrics_.Of("RetryTimeoutPolicy CREATE allowed"), 2);
  EXPECT_EQ(metrics_.Of("RetryTimeoutPolicy CREATE refused"), 1);
}

TEST_F(ServerTest, AnswersRequestsThatCameTogether) {
  Start();
  TlsClient client(To());
  ASSERT_TRUE(client.Send(Post(Good()) + Post("{") + Post(Good())));
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_EQ(client.Read().status, 400);
  EXPECT_EQ(client.Read().status, 200);
}

TEST_F(ServerTest, TakesAReviewOfTheLargestObjects) {
  Start();
  const std::string label = R"("annotations":{"a":")" + std::string(3u << 20, 'x') + "\"}";
  const std::string object = testing::Policy(testing::kGood, label);
  EXPECT_EQ(Call(Post(Request{.operation = "UPDATE", .object = object, .old_object = object}.Body())).status,
            200);
}

struct BadRequest {
  std::string name;
  std::string bytes;
  int status;
  std::string refusal;
};
void PrintTo(const BadRequest& bad, std::ostream* os) { *os << bad.name; }

class ServerBadRequest : public ServerTest, public ::testing::WithParamInterface<BadRequest> {
 public:
  static std::vector<BadRequest> All() {
    const std::string json = "Content-Type: application/json\r\n";
    return {
        {"OtherPath", Post("{}", "/elsewhere"), 404, "not_found"},
        {"Get", "GET /validate HTTP/1.1\r\nHost: x\r\n\r\n", 405, "not_found"},
        {"OtherType", "POST /validate HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}",
         415, "not_found"},
        {"NoHttp", "hello there\r\n\r\n", 400, "malformed"},
        {"LongHeaders", Post("{}", "/validate", "X: " + std::string(20'000, 'x') + "\r\n"), 431, "too_large"},
        {"LongBody", "POST /validate HTTP/1.1\r\n" + json + "Content-Length: 9000000\r\n\r\n{", 413,
         "too_large"},
        {"LongChunk",
         "POST /validate HTTP/1.1\r\n" + json + "Transfer-Encoding: chunked\r\n\r\n7ffffff0\r\n{", 413,
         "too_large"},
        {"NegativeChunk",
         "POST /validate HTTP/1.1\r\n" + json + "Transfer-Encoding: chunked\r\n\r\n-1\r\n{\r\n", 400,
         "malformed"},
        {"NegativeLength", "POST /validate HTTP/1.1\r\n" + json + "Content-Length: -1\r\n\r\n{", 400,
         "malformed"},
    };
  }
};
TEST_P(ServerBadRequest, IsRefusedAndTheNextIsAnswered) {
  Start();
  TlsClient client(To());
  ASSERT_TRUE(client.Send(GetParam().bytes));
  const TlsReply reply = client.Read();
  EXPECT_EQ(reply.status, GetParam().status) << reply.body;
  EXPECT_THAT(reply.head, HasSubstr("Connection: close"));
  EXPECT_EQ(metrics_.Of("refused " + GetParam().refusal), 1);
  EXPECT_EQ(Call(Post(Good())).status, 200);
}
INSTANTIATE_TEST_SUITE_P(Requests, ServerBadRequest, ::testing::ValuesIn(ServerBadRequest::All()),
                         [](const auto& info) { return info.param.name; });

TEST_F(ServerTest, AHandlerThatThrowsIs500AndNoEnd) {
  Start();
  TlsClient client(To());
  ASSERT_TRUE(client.Send(Post("{}", "/throw")));
  EXPECT_EQ(client.Read().status, 500);
  ASSERT_TRUE(client.Send(Post(Good())));
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_EQ(metrics_.Of("refused exception"), 1);
}

// A worker that is held up holds up nobody who needs none.
TEST_F(ServerTest, WhatIsQuickNeedsNoWorker) {
  Start({.workers = 1});
  TlsClient waiting(To()), client(To());
  ASSERT_TRUE(waiting.Send(Post(Good(), "/wait")));
  arrived_.wait();
  ASSERT_TRUE(client.Send(Post(Good(), "/quick") + Post("{", "/quick")));
  EXPECT_THAT(client.Read().body, HasSubstr(R"("allowed":true)"));
  EXPECT_EQ(client.Read().status, 400);
  Release();
  EXPECT_EQ(waiting.Read().status, 200);
}

TEST_F(ServerTest, WhatIsNotQuickIsAnsweredByAWorker) {
  Start();
  const std::string workspace =
      R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"Workspace","metadata":{"name":"a"},"spec":{}})";
  const TlsReply reply = Call(Post(Request{.kind = Kind::kWorkspace, .object = workspace}.Body(), "/quick"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr("\"allowed\":"));
  EXPECT_EQ(metrics_.Of("refused exception"), 0);
}

// A flood of what is no review waits, and nothing else does.
TEST_F(ServerTest, WhatIsNoReviewIsAnsweredAfterAPause) {
  Start({.max_requests = 1, .malformed_pause = std::chrono::hours(1)});
  TlsClient bad(To());
  ASSERT_TRUE(bad.Send(Post("{", "/quick")));
  ASSERT_TRUE(metrics_.Await("other none malformed", 1));
  EXPECT_EQ(Call(Post(Good(), "/quick")).status, 200);
  server_->Drain({});  // ends it at once
  EXPECT_EQ(bad.Read().status, 0);
}

TEST_F(ServerTest, AQuickHandlerThatThrowsIs500AndNoEnd) {
  Start();
  TlsClient client(To());
  ASSERT_TRUE(client.Send(Post("{}", "/quick-throw")));
  EXPECT_EQ(client.Read().status, 500);
  ASSERT_TRUE(client.Send(Post(Good(), "/quick")));
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_EQ(metrics_.Of("refused exception"), 1);
}

// However a request is cut into records.
TEST_F(ServerTest, TakesRequestsInPieces) {
  Start();
  TlsClient client(To());
  const std::string request = Post(Good(), "/quick") + Post(Good());
  for (size_t piece : {1, 7, 100, 1000}) {
    for (size_t at = 0; at < request.size(); at += piece) {
      ASSERT_TRUE(client.Send(request.substr(at, piece)));
    }
    EXPECT_EQ(client.Read().status, 200) << piece;
    EXPECT_EQ(client.Read().status, 200) << piece;
  }
}

TEST_F(ServerTest, SlowPeersEnd) {
  Start({.handshake_timeout = milliseconds(50), .idle_timeout = milliseconds(50)});
  const int fd = ConnectLoopback(server_->port());
  ASSERT_GE(fd, 0);
  char byte;
  EXPECT_EQ(read(fd, &byte, 1), 0);  // waits for the server to close
  close(fd);
  EXPECT_TRUE(metrics_.Await("refused slow", 1));
}

TEST_F(ServerTest, SlowHeadersEnd) {
  Start({.header_timeout = milliseconds(50)});
  TlsClient client(To());
  ASSERT_EQ(client.problem(), "");
  ASSERT_TRUE(client.Send("POST /validate HTTP/1.1\r\nX-Slow: "));
  EXPECT_TRUE(client.Ended());
  EXPECT_TRUE(metrics_.Await("refused slow", 1));
}

TEST_F(ServerTest, SlowBodiesEnd) {
  Start({.body_timeout = milliseconds(50)});
  TlsClient client(To());
  ASSERT_EQ(client.problem(), "");
  std::string half = Post(Good());
  half.resize(half.size() - 10);
  ASSERT_TRUE(client.Send(half));
  EXPECT_TRUE(client.Ended());
  EXPECT_TRUE(metrics_.Await("refused slow", 1));
}

TEST_F(ServerTest, IdlePeersEndWithoutAWord) {
  Start({.idle_timeout = milliseconds(50)});
  TlsClient client(To());
  ASSERT_EQ(client.problem(), "");
  EXPECT_TRUE(client.Ended());
  EXPECT_TRUE(metrics_.AwaitOpen(0));
}

TEST_F(ServerTest, PeersThatGoAwayLeaveNothing) {
  Start();
  for (int i = 0; i < 50; ++i) close(ConnectLoopback(server_->port()));
  for (int i = 0; i < 5; ++i) {
    TlsClient client(To());
    client.Send("POST /validate HTT");
  }
  EXPECT_EQ(Call(Post(Good())).status, 200);
  EXPECT_TRUE(metrics_.AwaitOpen(0));
}

TEST_F(ServerTest, WhoWasNeverServedMakesRoom) {
  Start({.max_connections = 3});
  TlsClient served(To());
  ASSERT_TRUE(served.Send(Post(Good())));
  ASSERT_EQ(served.Read().status, 200);
  TlsClient first(To());
  ASSERT_EQ(first.problem(), "");
  const int bare = ConnectLoopback(server_->port());
  TlsClient last(To());  // one of the two idle ones is gone, and `served` is not
  ASSERT_EQ(last.problem(), "");
  ASSERT_TRUE(last.Send(Post(Good())));
  EXPECT_EQ(last.Read().status, 200);
  ASSERT_TRUE(served.Send(Post(Good())));
  EXPECT_EQ(served.Read().status, 200);
  EXPECT_EQ(metrics_.Of("refused evicted"), 1);
  close(bare);
}

TEST_F(ServerTest, NobodyMakesRoomWhoIsBeingServed) {
  Start({.max_connections = 1});
  TlsClient busy(To());
  ASSERT_TRUE(busy.Send(Post(Good(), "/wait")));
  arrived_.wait();
  TlsClient other(To());
  EXPECT_NE(other.problem(), "");
  EXPECT_TRUE(metrics_.Await("refused busy", 1));
  Release();
  EXPECT_EQ(busy.Read().status, 200);
}

TEST_F(ServerTest, TooManyAtOnceAreToldSo) {
  Start({.max_requests = 1});
  TlsClient busy(To());
  ASSERT_TRUE(busy.Send(Post(Good(), "/wait")));
  arrived_.wait();
  EXPECT_EQ(Call(Post(Good())).status, 503);
  Release();
  EXPECT_EQ(busy.Read().status, 200);
  EXPECT_EQ(Call(Post(Good())).status, 200);
}

TEST_F(ServerTest, LongRequestsDoNotCrowdOutShortOnes) {
  Start({.max_large = 1, .small_body = 100});
  TlsClient busy(To());
  ASSERT_TRUE(busy.Send(Post(Good(), "/wait")));
  arrived_.wait();
  EXPECT_EQ(Call(Post(Good())).status, 503);
  EXPECT_EQ(Call(Post("{}")).status, 400);  // judged: it has no UID
  Release();
  EXPECT_EQ(busy.Read().status, 200);
  EXPECT_EQ(Call(Post(Good())).status, 200);
}

TEST_F(ServerTest, DrainAnswersWhatIsUnderWay) {
  Start();
  TlsClient busy(To()), idle(To());
  ASSERT_EQ(idle.problem(), "");
  ASSERT_TRUE(busy.Send(Post(Good(), "/wait")));
  arrived_.wait();
  std::thread drain([&] { server_->Drain({.finish = std::chrono::seconds(60)}); });
  EXPECT_TRUE(idle.Ended());
  EXPECT_LT(ConnectLoopback(server_->port()), 0);
  Release();
  const TlsReply reply = busy.Read();
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.head, HasSubstr("Connection: close"));
  EXPECT_TRUE(busy.Ended());
  drain.join();
}

// Whoever has not heard of the end yet is answered, over a connection of before or a new one, and told to
// come with another next time.
TEST_F(ServerTest, DrainServesOnAndEndsConnectionsByTheirReplies) {
  Start();
  TlsClient kept(To()), idle(To());
  std::thread drain(
      [&] { server_->Drain({.serve = std::chrono::minutes(10), .finish = std::chrono::seconds(60)}); });
  TlsReply reply;
  do {  // it has not begun at once
    ASSERT_TRUE(kept.Send(Post(Good())));
    reply = kept.Read();
    ASSERT_EQ(reply.status, 200);
  } while (reply.head.find("Connection: close") == std::string::npos);
  EXPECT_TRUE(kept.Ended());
  reply = Call(Post(Good()));
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.head, HasSubstr("Connection: close"));
  ASSERT_TRUE(idle.Send(Post(Good())));
  EXPECT_EQ(idle.Read().status, 200);
  TlsClient late(To());
  ASSERT_EQ(late.problem(), "");
  server_->Hurry();
  EXPECT_TRUE(late.Ended());
  drain.join();
  EXPECT_LT(ConnectLoopback(server_->port()), 0);
}

TEST_F(ServerTest, RefusesWhoComesBeforeTheCertificate) {
  auto server = Server::Listen(
      {.host = "127.0.0.1"},
      {{"/validate", {[](std::string_view body) { return AnswerReview(body, NoView()); }}}}, &metrics_);
  ASSERT_TRUE(server) << server.error().message;
  server_ = std::move(*server);
  EXPECT_NE(TlsClient(To()).problem(), "");
  ASSERT_TRUE(server_->SetTls(Issue(ca_)));
  EXPECT_EQ(Call(Post(Good())).status, 200);
}

TEST_F(ServerTest, AnAddressThatIsTakenIsAnError) {
  Start();
  const auto second = Server::Start({.host = "127.0.0.1", .port = static_cast<uint16_t>(server_->port())},
                                    Issue(ca_), {}, &metrics_);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("cannot listen at 127.0.0.1:"));
}

}  // namespace
}  // namespace fairlead::webhooks
