#pragma once
#include <string>
#include <vector>

#include "weights/file.h"

namespace stego {

// Reads part of a file from front to back. Every function throws ERR_STEGO_CHECKPOINT at the end of that
// part.
class ByteSource {
 public:
  ByteSource(const File& file, uint64_t begin, uint64_t end);

  const std::string& path() const { return file_.path(); }
  uint64_t position() const { return begin_ + cursor_; }  // in the file
  uint8_t byte();
  uint64_t little_endian(int bytes);  // up to 8 bytes, unsigned
  std::string take(uint64_t count);
  std::string line();  // up to the next line feed, which is taken too
  void skip(uint64_t count);

 private:
  void refill();
  void seek(uint64_t position);

  const File& file_;
  uint64_t end_;
  uint64_t begin_;  // where `buffer_` lies in the file
  std::vector<char> buffer_;
  size_t cursor_ = 0;  // in `buffer_`
};

}  // namespace stego
