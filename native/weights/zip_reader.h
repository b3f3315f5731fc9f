#pragma once
#include <map>
#include <optional>
#include <string>

#include "weights/file.h"

namespace stego {

// The part of a file that holds something.
struct FileRange {
  uint64_t begin = 0, bytes = 0;
};

// The directory of a zip archive, with zip64, whose entries are stored as they are. Check sums are not
// verified: PyTorch may leave them out.
class ZipReader {
 public:
  // Throws ERR_STEGO_CHECKPOINT for a damaged directory.
  explicit ZipReader(const File& file);

  // Where the bytes of an entry lie; nothing where there is no such entry. Throws ERR_STEGO_CHECKPOINT for
  // one that is compressed, encrypted or damaged.
  std::optional<FileRange> find(const std::string& name) const;

  // The name of the folder that holds an entry of this name, `archive` for `archive/data.pkl`; nothing where
  // there is none.
  std::optional<std::string> folder_of(const std::string& name) const;

 private:
  struct Entry {
    uint16_t flags, method;
    uint64_t bytes, header;
  };
  FileRange locate_directory() const;
  void read_directory(const FileRange& directory);

  const File& file_;
  uint64_t size_;
  std::map<std::string, Entry> entries_;
};

}  // namespace stego
