// ReplyBuffer: the library's view of a StreamBuffer, a stream that can only be written to. Private to the
// transport.
#pragma once

#include <cpprest/streams.h>

#include <memory>

#include "operator/kube/stream_buffer.h"

namespace fairlead::kube {

class ReplyBuffer final : public concurrency::streams::details::streambuf_state_manager<uint8_t> {
  using Base = concurrency::streams::details::streambuf_state_manager<uint8_t>;

 public:
  explicit ReplyBuffer(std::shared_ptr<StreamBuffer> sink)
      : Base(std::ios_base::out), sink_(std::move(sink)) {}

  bool can_seek() const override { return false; }
  bool has_size() const override { return false; }
  size_t buffer_size(std::ios_base::openmode) const override { return 0; }
  void set_buffer_size(size_t, std::ios_base::openmode) override {}
  size_t in_avail() const override { return 0; }
  pos_type getpos(std::ios_base::openmode) const override { return static_cast<pos_type>(traits::eof()); }
  pos_type seekpos(pos_type, std::ios_base::openmode) override {
    return static_cast<pos_type>(traits::eof());
  }
  pos_type seekoff(off_type, std::ios_base::seekdir, std::ios_base::openmode) override {
    return static_cast<pos_type>(traits::eof());
  }
  bool acquire(uint8_t*& ptr, size_t& count) override {
    ptr = nullptr;
    count = 0;
    return false;
  }
  void release(uint8_t*, size_t) override {}

  // The library closes a stream whose write failed on the thread that wrote, and waits there until it is
  // closed. Its own close needs another of its threads for that, and where as many streams as it has threads
  // are given up at once, each waits for the others for ever.
  using Base::close;
  pplx::task<void> close(std::ios_base::openmode mode) override {
    if ((mode & std::ios_base::out) != 0) this->m_stream_can_write = false;
    return pplx::task_from_result();
  }

 protected:
  pplx::task<int_type> _putc(uint8_t c) override {
    return _putn(&c, 1).then([c](size_t) { return static_cast<int_type>(c); });
  }
  pplx::task<size_t> _putn(const uint8_t* bytes, size_t count) override {
    return sink_->Write(reinterpret_cast<const char*>(bytes), count);
  }
  pplx::task<int_type> _bumpc() override { return Eof(); }
  int_type _sbumpc() override { return traits::eof(); }
  pplx::task<int_type> _getc() override { return Eof(); }
  int_type _sgetc() override { return traits::eof(); }
  pplx::task<int_type> _nextc() override { return Eof(); }
  pplx::task<int_type> _ungetc() override { return Eof(); }
  pplx::task<size_t> _getn(uint8_t*, size_t) override { return pplx::task_from_result<size_t>(0); }
  size_t _scopy(uint8_t*, size_t) override { return 0; }
  pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
  uint8_t* _alloc(size_t) override { return nullptr; }
  void _commit(size_t) override {}

 private:
  static pplx::task<int_type> Eof() { return pplx::task_from_result<int_type>(traits::eof()); }
  std::shared_ptr<StreamBuffer> sink_;
};

}  // namespace fairlead::kube
