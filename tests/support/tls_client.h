// TlsClient: one TLS connection to a server on loopback, driven step by step: what is sent, and when, is the
// test's.
//
// Who calls: tests of servers. By OpenSSL alone; blocking, and every wait ends after a minute. One thread.
//
//   TlsClient client({.port = port, .ca_pem = ca.certificate_pem()});
//   ASSERT_EQ(client.problem(), "");
//   client.Send("POST /validate HTTP/1.1\r\n…");
//   TlsReply reply = client.Read();
#pragma once

#include <memory>
#include <string>

namespace fairlead::testing {

struct TlsClientOptions {
  int port = 0;
  std::string ca_pem;
  std::string server_name = "localhost";           // checked against the certificate
  std::string certificate_pem = {}, key_pem = {};  // of the client; empty: none
  int max_version = 0;                             // TLS1_1_VERSION, …; 0: the newest
};

struct TlsReply {
  int status = 0;  // 0: the connection ended, or broke, before a whole reply
  std::string head;
  std::string body;
};

class TlsClient {
 public:
  explicit TlsClient(const TlsClientOptions& options);  // connects and shakes hands
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  const std::string& problem() const { return problem_; }  // why there is no connection; "": there is
  std::string version() const;                             // "TLSv1.3"
  std::string peer_serial() const;                         // of the server's certificate
  bool Send(const std::string& bytes);
  TlsReply Read();  // one reply with Content-Length
  // A POST of JSON, and its reply; the connection is kept. `token`: bearer; empty: none.
  TlsReply Post(const std::string& path, const std::string& body, const std::string& token = "");
  bool
  Ended();  // waits until the server ends the connection; false: it sent something, or nothing for a minute

 private:
  bool Fill();

  struct Handles;
  std::unique_ptr<Handles> handles_;
  std::string problem_;
  std::string buffer_;
};

// A TCP connection to loopback, blocking, every wait at most a minute; -1: none.
int ConnectLoopback(int port);

}  // namespace fairlead::testing
