#include "crds/base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace fairlead {
namespace {

Unexpected<Error> Failed(const char* what, int error) {
  return Unexpected(Error{error == ENOENT ? ErrorClass::kNotFound : ErrorClass::kTransient,
                          what + std::generic_category().message(error)});
}

}  // namespace

Result<std::string> ReadWholeFile(const std::string& path, size_t max_bytes) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Failed("cannot be opened: ", errno);
  std::string text;
  char buffer[1 << 14];
  ssize_t got = 0;
  int failed = 0;
  do {
    got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno != EINTR) failed = errno;
    if (got > 0) text.append(buffer, static_cast<size_t>(got));
  } while (failed == 0 && got != 0 && text.size() <= max_bytes);
  close(fd);
  if (failed != 0) return Failed("cannot be read: ", failed);
  if (text.size() > max_bytes) {
    return Unexpected(Error{ErrorClass::kInvalid, "is larger than " + std::to_string(max_bytes) + " bytes"});
  }
  return text;
}

}  // namespace fairlead
