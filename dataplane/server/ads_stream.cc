#include "dataplane/server/ads_stream.h"

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include "dataplane/server/ads_wire.h"

namespace fairlead::xds {
namespace {

grpc::Status ToStatus(const Error& error) { return {grpc::StatusCode::INVALID_ARGUMENT, error.message}; }

}  // namespace

// Each slice of a resource counts for one; the last that gRPC gives back frees all.
struct AdsStream::Kept {
  std::vector<ResourcePtr> resources;
  std::vector<std::shared_ptr<const std::string>> wholes;  // of messages that are packed otherwise
  std::atomic<size_t> slices;
  static void Drop(void* self) {
    auto* kept = static_cast<Kept*>(self);
    if (--kept->slices == 0) delete kept;
  }
};

void AdsStream::Start(std::shared_ptr<AdsStream> self) {
  self_ = std::move(self);
  Read();
}

void AdsStream::Read() {
  bool finish = false;
  {
    std::lock_guard lock(mutex_);
    if (closing_ || finished_) return;
    ++starting_;
  }
  StartRead(&in_);
  {
    std::lock_guard lock(mutex_);
    --starting_;
    finish = FinishNow();
  }
  if (finish) Finish(*closing_);
}

bool AdsStream::FinishNow() {
  if (!closing_ || finished_ || starting_ > 0 || writing_) return false;
  finished_ = true;
  return true;
}

void AdsStream::Close(grpc::Status status) {
  bool finish = false;
  {
    std::lock_guard lock(mutex_);
    if (!closing_) closing_ = std::move(status);
    finish = FinishNow();
  }
  if (finish) Finish(*closing_);
}

grpc::Status AdsStream::Handle() {
  grpc::Slice bytes;
  if (!in_.DumpToSingleSlice(&bytes).ok()) return {grpc::StatusCode::INTERNAL, "the request cannot be read"};
  in_.Clear();
  Result<AdsRequest> parsed = ParseAdsRequest({reinterpret_cast<const char*>(bytes.begin()), bytes.size()});
  if (!parsed) return ToStatus(parsed.error());
  if (!stream_) {
    if (!parsed->proxy) return ToStatus(parsed->proxy.error());
    std::unique_ptr<Stream> stream = service_->catalog()->Attach(*parsed->proxy, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->Pump();
    });
    std::lock_guard lock(mutex_);
    stream_ = std::move(stream);
  }
  if (++requests_ > service_->options().max_requests_unanswered) {
    service_->metrics().OnRefused();
    return {grpc::StatusCode::RESOURCE_EXHAUSTED, "too many requests that ask for nothing"};
  }
  const Request& request = parsed->request;
  Type type;
  if (!request.response_nonce.empty() && TypeFromUrl(request.type_url, &type)) {
    service_->metrics().OnAnswer(type, !request.error_detail.has_value());
  }
  if (Result<void> ok = stream_->OnRequest(request); !ok) return ToStatus(ok.error());
  return grpc::Status::OK;
}

void AdsStream::OnReadDone(bool ok) {
  if (!ok) return Close(grpc::Status::OK);
  if (grpc::Status status = Handle(); !status.ok()) {
    if (status.error_code() == grpc::StatusCode::INVALID_ARGUMENT) service_->metrics().OnRefused();
    return Close(std::move(status));
  }
  Pump();
  Read();
}

void AdsStream::Fill(const Response& response) {
  const std::string head = EncodeResponseHead(response);
  std::vector<grpc::Slice> slices;
  slices.reserve(2 * response.resources.size() + 1);
  slices.emplace_back(head);
  if (!response.resources.empty()) {
    const Timestamp now = service_->clock().WallNow();
    auto* kept = new Kept{response.resources, {}, response.resources.size()};
    for (const ResourcePtr& resource : response.resources) {
      const Message::Whole message = resource->message.Get();
      if (message.keeper) kept->wholes.push_back(message.keeper);
      slices.emplace_back(resource->Head(now));
      slices.emplace_back(const_cast<char*>(message.bytes.data()), message.bytes.size(), &Kept::Drop, kept);
    }
  }
  out_ = grpc::ByteBuffer(slices.data(), slices.size());
}

void AdsStream::Pump() {
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      if (closing_ || finished_ || !stream_) return;
      if (writing_) {
        again_ = true;
        return;
      }
      writing_ = true;
      again_ = false;
      ++starting_;
    }
    if (const std::optional<Response> response = stream_->Next()) {
      requests_ = 0;
      {
        std::lock_guard lock(mutex_);
        Fill(*response);
        writing_type_ = response->type;
        published_ = response->published;
      }
      service_->metrics().OnPush(response->type, response->resources.size(), response->removed.size(),
                                 response->bytes);
      StartWrite(&out_);
      bool finish = false;
      {
        std::lock_guard lock(mutex_);
        --starting_;
        finish = FinishNow();
      }
      if (finish) Finish(*closing_);
      return;
    }
    const bool over = stream_->over();
    bool finish = false;
    bool more = false;
    {
      std::lock_guard lock(mutex_);
      writing_ = false;
      --starting_;
      more = again_;
      if (over && !closing_)
        closing_ =
            grpc::Status(grpc::StatusCode::UNAVAILABLE, "the proxy runs at another place than was known");
      finish = FinishNow();
    }
    if (finish) return Finish(*closing_);
    if (!more) return;
  }
}

void AdsStream::OnWriteDone(bool ok) {
  bool finish = false;
  Type type;
  std::optional<Clock::TimePoint> published;
  {
    std::lock_guard lock(mutex_);
    out_.Clear();
    type = writing_type_;
    published = published_;
    writing_ = false;
    if (!ok && !closing_) closing_ = grpc::Status::CANCELLED;
    finish = FinishNow();
  }
  if (ok && published) service_->metrics().OnWritten(type, service_->clock().Now() - *published);
  if (finish) return Finish(*closing_);
  Pump();
}

void AdsStream::OnCancel() { Close(grpc::Status::CANCELLED); }

void AdsStream::OnDone() {
  stream_.reset();
  AdsService* const service = service_;
  AdsStream* const key = this;
  const std::shared_ptr<AdsStream> last = std::move(self_);
  service->Remove(key);
}

}  // namespace fairlead::xds
