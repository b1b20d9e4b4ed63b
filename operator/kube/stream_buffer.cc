#include "operator/kube/stream_buffer.h"

namespace fairlead::kube {

void StreamBuffer::Headers(int status, HttpHeaders headers) {
  std::lock_guard lock(mutex_);
  headers_ =
      StreamEvent{.type = StreamEvent::Type::kHeaders, .status = status, .headers = std::move(headers)};
  changed_.notify_all();
}

pplx::task<size_t> StreamBuffer::Write(const char* bytes, size_t count) {
  // The library takes a chunk's length as a signed number and hands a negative one on as a huge count.
  constexpr size_t kLargest = 1u << 30;
  std::lock_guard lock(mutex_);
  if (abandoned_ || count > kLargest) {
    return pplx::task_from_exception<size_t>(
        std::runtime_error(abandoned_ ? "cancelled" : "bad chunk length"));
  }
  // Small chunks that nobody has read yet are joined.
  if (!chunks_.empty() && chunks_.back().size() + count <= 65536) {
    chunks_.back().append(bytes, count);
  } else {
    chunks_.emplace_back(bytes, count);
  }
  buffered_ += count;
  changed_.notify_all();
  if (buffered_ <= kHighWater) return pplx::task_from_result(count);
  writer_.emplace(pplx::task_completion_event<size_t>(), count);
  return pplx::create_task(writer_->first);
}

void StreamBuffer::End(Result<void> result) {
  std::lock_guard lock(mutex_);
  if (!end_) end_ = std::move(result);
  changed_.notify_all();
}

bool StreamBuffer::Ready() const {
  return headers_ || (headers_taken_ && !chunks_.empty()) || end_.has_value();
}

std::optional<StreamEvent> StreamBuffer::Take(
    std::optional<std::pair<pplx::task_completion_event<size_t>, size_t>>* writer) {
  if (headers_) {
    std::optional<StreamEvent> out = std::move(headers_);
    headers_.reset();
    headers_taken_ = true;
    return out;
  }
  if (headers_taken_ && !chunks_.empty()) {
    StreamEvent out{.type = StreamEvent::Type::kChunk, .bytes = std::move(chunks_.front())};
    chunks_.pop_front();
    buffered_ -= out.bytes.size();
    if (writer_ && buffered_ <= kHighWater) writer->swap(writer_);
    return out;
  }
  if (end_) return StreamEvent{.type = StreamEvent::Type::kEnd, .error = *end_};
  return std::nullopt;
}

StreamEvent StreamBuffer::Next(Clock::TimePoint deadline, std::stop_token stop) {
  std::optional<std::pair<pplx::task_completion_event<size_t>, size_t>> writer;
  std::optional<StreamEvent> event;
  {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, stop, deadline, [this] { return Ready(); })) {
      return StreamEvent{.type = stop.stop_requested() ? StreamEvent::Type::kStopped
                                                       : StreamEvent::Type::kTimeout};
    }
    event = Take(&writer);
  }
  if (writer) writer->first.set(writer->second);  // not under the lock: it may run the library's continuation
  return std::move(*event);
}

void StreamBuffer::Abandon() {
  std::optional<std::pair<pplx::task_completion_event<size_t>, size_t>> writer;
  {
    std::lock_guard lock(mutex_);
    abandoned_ = true;
    chunks_.clear();
    buffered_ = 0;
    writer.swap(writer_);
  }
  if (writer) writer->first.set_exception(std::runtime_error("cancelled"));
}

}  // namespace fairlead::kube
