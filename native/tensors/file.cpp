#include "tensors/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.h"

namespace stego {

namespace {

constexpr uint64_t kChunk = 1u << 30;  // the system transfers at most 2 GiB at once

[[noreturn]] void file_error(const std::string& path, const char* action) {
  const int reason = errno;
  const char* code = reason == ENOENT ? "ERR_STEGO_DATA_MISSING" : "ERR_STEGO_FILE";
  throw Error(code, text("Could not ", action, " ", path, ": ", std::strerror(reason), "."));
}

}  // namespace

void damaged(const std::string& path, const std::string& reason) {
  throw Error("ERR_STEGO_CHECKPOINT",
              text("Expected a weight file (safetensors or PyTorch), but ", path,
                   " is damaged or of another kind: ", reason, ". Fetch or write it again."));
}

File File::open(const std::string& path) {
  return {path, O_RDONLY | O_CLOEXEC, "read"};
}

File File::create(const std::string& path) {
  return {path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, "write"};
}

File::File(const std::string& path, int flags, const char* action)
    : path_(path), descriptor_(::open(path.c_str(), flags, 0666)) {
  if (descriptor_ < 0) file_error(path, action);
}

File::File(File&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

uint64_t File::size() const {
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0) file_error(path_, "read");
  if (!S_ISREG(status.st_mode)) damaged(path_, "it is not a regular file");
  return static_cast<uint64_t>(status.st_size);
}

void File::read(void* target, uint64_t bytes, uint64_t offset) const {
  auto* cursor = static_cast<char*>(target);
  while (bytes > 0) {
    const ssize_t count = ::pread(descriptor_, cursor, std::min(bytes, kChunk), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) file_error(path_, "read");
    if (count == 0) damaged(path_, "it ends early");
    cursor += count;
    offset += count;
    bytes -= count;
  }
}

void File::write(const void* source, uint64_t bytes) const {
  const auto* cursor = static_cast<const char*>(source);
  while (bytes > 0) {
    const ssize_t count = ::write(descriptor_, cursor, std::min(bytes, kChunk));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) file_error(path_, "write");
    cursor += count;
    bytes -= count;
  }
}

void File::sync() const {
  if (::fsync(descriptor_) != 0) file_error(path_, "write");
}

}  // namespace stego
