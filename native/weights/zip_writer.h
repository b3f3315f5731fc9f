#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "weights/file.h"

namespace stego {

// Writes a zip archive of stored entries, front to back, always with the zip64 fields (as PyTorch does). The
// bytes of each entry begin at a multiple of 64, where they can be mapped.
class ZipWriter {
 public:
  explicit ZipWriter(const File& file) : file_(file) {}
  void add(const std::string& name, const void* data, uint64_t bytes);
  void finish();  // the directory

 private:
  struct Entry {
    std::string name;
    uint32_t checksum;
    uint64_t bytes, header;
  };
  void write(const std::string& bytes);

  const File& file_;
  uint64_t position_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace stego
