#include "dataplane/server/peer_stream.h"

#include <grpcpp/support/slice.h>

#include <fstream>
#include <sstream>

namespace fairlead::xds {
namespace {

// The first certificate of a PEM text, without white space.
std::string FirstCertificate(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  const size_t begin = pem.find(kBegin);
  if (begin == std::string_view::npos) return "";
  pem.remove_prefix(begin + kBegin.size());
  std::string out;
  for (const char c : pem.substr(0, pem.find("-----END"))) {
    if (c > ' ') out += c;
  }
  return out;
}

}  // namespace

bool IsSameCertificate(std::string_view pem, const std::string& own_certificate_file) {
  std::ostringstream own;
  own << std::ifstream(own_certificate_file).rdbuf();
  const std::string wanted = FirstCertificate(own.str());
  return !wanted.empty() && FirstCertificate(pem) == wanted;
}

bool IsReplica(const grpc::AuthContext& caller, const std::string& own_certificate_file) {
  if (!caller.IsPeerAuthenticated()) {
    const std::vector<grpc::string_ref> security = caller.FindPropertyValues("transport_security_type");
    return security.empty() || security.front() != "ssl";
  }
  const std::vector<grpc::string_ref> shown = caller.FindPropertyValues("x509_pem_cert");
  return !shown.empty() &&
         IsSameCertificate({shown.front().data(), shown.front().size()}, own_certificate_file);
}

PeerStream::PeerStream(grpc::GenericCallbackServerContext* context, PeerBook* book,
                       std::function<void(PeerStream*)> gone)
    : context_(context), book_(book), gone_(std::move(gone)), peer_(book->Open()) {}

void PeerStream::Start() {
  if (!peer_) return Finish({grpc::StatusCode::RESOURCE_EXHAUSTED, peer_.error().message});
  StartRead(&in_);
}

Result<void> PeerStream::Handle() {
  grpc::Slice bytes;
  if (!in_.DumpToSingleSlice(&bytes).ok())
    return Unexpected(Error{ErrorClass::kInvalid, "the report cannot be read"});
  in_.Clear();
  Result<PeerReport> report = ParsePeerReport({reinterpret_cast<const char*>(bytes.begin()), bytes.size()});
  if (!report) return Unexpected(report.error());
  return book_->Tell(*peer_, std::move(*report));
}

void PeerStream::OnReadDone(bool ok) {
  if (!ok) return Finish(grpc::Status::OK);
  if (const Result<void> done = Handle(); !done) {
    return Finish({grpc::StatusCode::INVALID_ARGUMENT, done.error().message});
  }
  StartRead(&in_);
}

void PeerStream::OnDone() {
  if (peer_) book_->Close(*peer_);
  gone_(this);
  delete this;
}

}  // namespace fairlead::xds
