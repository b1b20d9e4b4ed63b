// Peers that a plain backend cannot be: a port that never answers a connect, and a HTTP/2 server that refuses
// streams or answers with gRPC statuses.
//
// Who calls: traffic tests of retry conditions. Http2Peer has a thread of its own; its counters may be read
// anywhere.
//
//   Http2Peer peer({.refuse_first = 1});
//   … one request over HTTP/2 to peer.port() …
//   EXPECT_EQ(peer.streams(), 2);
#pragma once

#include <atomic>
#include <list>
#include <mutex>
#include <thread>

namespace fairlead::testing {

// A port on 127.0.0.1 where no connection is ever established: its queue is full, so SYNs are dropped.
class SilentPort {
 public:
  SilentPort();
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  ~SilentPort();
  int port() const { return port_; }

 private:
  int listener_ = -1;
  std::list<int> fillers_;
  int port_ = 0;
};

struct Http2PeerOptions {
  int refuse_first = 0;   // so many streams are reset with REFUSED_STREAM
  int grpc_status = -1;   // >= 0: answered as gRPC with this status, in the response's headers
  int grpc_ok_after = 0;  // so many times; then with status 0
};

// Counts streams (requests), and answers each as soon as its headers have come.
class Http2Peer {
 public:
  explicit Http2Peer(Http2PeerOptions options);
  Http2Peer(const Http2Peer&) = delete;
  Http2Peer& operator=(const Http2Peer&) = delete;
  ~Http2Peer();

  int port() const { return port_; }
  int streams() const { return streams_; }

 private:
  struct Connection {
    int fd;
    std::jthread thread;
  };
  void Accept();
  void Serve(int fd);
  void Answer(int fd, const unsigned char* stream_id);

  const Http2PeerOptions options_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> streams_{0};
  std::mutex mutex_;
  std::list<Connection> connections_;
  std::jthread acceptor_;
};

}  // namespace fairlead::testing
