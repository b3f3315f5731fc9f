#include "weights/byte_source.h"

#include <algorithm>

namespace stego {

namespace {

constexpr uint64_t kBuffer = 1u << 16;
constexpr uint64_t kLongestText = 64u << 20;

}  // namespace

ByteSource::ByteSource(const File& file, uint64_t begin, uint64_t end)
    : file_(file), end_(end), begin_(begin) {
  if (begin > end) damaged(path(), "it ends early");
}

void ByteSource::seek(uint64_t position) {
  begin_ = position;
  buffer_.clear();
  cursor_ = 0;
}

void ByteSource::refill() {
  seek(position());
  if (begin_ >= end_) damaged(path(), "it ends early");
  buffer_.resize(std::min(kBuffer, end_ - begin_));
  file_.read(buffer_.data(), buffer_.size(), begin_);
}

uint8_t ByteSource::byte() {
  if (cursor_ == buffer_.size()) refill();
  return static_cast<uint8_t>(buffer_[cursor_++]);
}

uint64_t ByteSource::little_endian(int bytes) {
  uint64_t result = 0;
  for (int i = 0; i < bytes; ++i) result |= static_cast<uint64_t>(byte()) << (8 * i);
  return result;
}

std::string ByteSource::take(uint64_t count) {
  if (count > end_ - position()) damaged(path(), "it ends early");
  if (count > kLongestText) damaged(path(), "it holds a text of more than 64 MiB");
  const size_t buffered = std::min<uint64_t>(count, buffer_.size() - cursor_);
  std::string result(buffer_.data() + cursor_, buffered);
  cursor_ += buffered;
  if (const uint64_t rest = count - buffered; rest > 0) {
    result.resize(count);
    file_.read(result.data() + buffered, rest, position());
    seek(position() + rest);
  }
  return result;
}

std::string ByteSource::line() {
  constexpr size_t kLongestLine = 4096;
  std::string result;
  for (char c = static_cast<char>(byte()); c != '\n'; c = static_cast<char>(byte())) {
    if (result.size() == kLongestLine) damaged(path(), "it holds a line that does not end");
    result += c;
  }
  return result;
}

void ByteSource::skip(uint64_t count) {
  if (count > end_ - position()) damaged(path(), "it ends early");
  seek(position() + count);
}

}  // namespace stego
