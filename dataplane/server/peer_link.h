// PeerLink: the client's end of a stream of reports to the replica that leads (dataplane/xds/peer_book.h).
//
// Who calls: the operator's PeerReporter makes one for each leader and drops it when the leader changes or
// the link has ended. One message is under way at a time: what happens meanwhile is told in the next.
// Thread-safe.
//
//   PeerLink link({.address = "10.0.0.7:15012"}, [&] { Wake(); });
//   if (link.CanSend()) link.Send(PeerReportJson(report));
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace fairlead::xds {

struct PeerLinkOptions {
  std::string address;
  // PEM files; empty: without TLS. The authority of the proxies' certificates signs ours as well.
  std::string tls_certificate, tls_key, tls_ca;
};

class PeerLink {
 public:
  // `changed`: from gRPC's threads, without locks, when it can send or has ended; not after the destructor.
  PeerLink(const PeerLinkOptions& options, std::function<void()> changed);
  ~PeerLink();  // cancels, and waits for the end

  bool CanSend() const;
  void Send(std::string message);  // where CanSend
  bool ended() const;
  std::string why() const;  // it ended

 private:
  class Call;
  std::shared_ptr<Call> call_;
};

}  // namespace fairlead::xds
