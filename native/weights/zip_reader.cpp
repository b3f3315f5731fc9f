// The zip format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7 to 4.3.16.
#include "weights/zip_reader.h"

#include <algorithm>

#include "core/error.h"
#include "weights/byte_source.h"

namespace stego {

namespace {

constexpr uint32_t kLocalHeader = 0x04034b50, kDirectoryEntry = 0x02014b50, kEnd = 0x06054b50,
                   kEnd64 = 0x06064b50, kEnd64Locator = 0x07064b50;
constexpr uint64_t kEndBytes = 22, kLocatorBytes = 20, kLongestComment = 65535;
constexpr uint64_t kMaximumDirectory = 64u << 20;
constexpr uint64_t kIn64 = 0xffffffff;  // the value is in the zip64 field

}  // namespace

ZipReader::ZipReader(const File& file) : file_(file), size_(file.size()) {
  read_directory(locate_directory());
}

// The directory, from the record at the end of the file.
FileRange ZipReader::locate_directory() const {
  if (size_ < kEndBytes) damaged(file_.path(), "it is too short for a zip archive");
  const uint64_t tail = std::min(size_, kEndBytes + kLongestComment), start = size_ - tail;
  ByteSource bytes(file_, start, size_);
  const std::string content = bytes.take(tail);
  const size_t found = content.rfind("PK\5\6", tail - kEndBytes);
  if (found == std::string::npos) damaged(file_.path(), "it ends before the directory of its zip archive");
  const uint64_t end = start + found;
  ByteSource record(file_, end, size_);
  record.skip(12);
  FileRange directory;
  directory.bytes = record.little_endian(4);
  directory.begin = record.little_endian(4);
  if (end < kLocatorBytes) return directory;
  ByteSource locator(file_, end - kLocatorBytes, end);
  if (locator.little_endian(4) != kEnd64Locator) return directory;
  locator.skip(4);
  ByteSource record64(file_, locator.little_endian(8), size_);
  if (record64.little_endian(4) != kEnd64)
    damaged(file_.path(), "the zip64 record of its archive is damaged");
  record64.skip(36);
  directory.bytes = record64.little_endian(8);
  directory.begin = record64.little_endian(8);
  return directory;
}

void ZipReader::read_directory(const FileRange& directory) {
  if (directory.begin > size_ || directory.bytes > size_ - directory.begin ||
      directory.bytes > kMaximumDirectory) {
    damaged(file_.path(), "the directory of its zip archive does not fit into it");
  }
  const uint64_t end = directory.begin + directory.bytes;
  ByteSource source(file_, directory.begin, end);
  while (source.position() < end) {
    if (source.little_endian(4) != kDirectoryEntry) damaged(file_.path(), "its zip directory is damaged");
    Entry entry{};
    source.skip(4);
    entry.flags = static_cast<uint16_t>(source.little_endian(2));
    entry.method = static_cast<uint16_t>(source.little_endian(2));
    source.skip(8);
    uint64_t stored = source.little_endian(4);
    entry.bytes = source.little_endian(4);
    const uint64_t name_length = source.little_endian(2), extra_length = source.little_endian(2),
                   comment_length = source.little_endian(2);
    source.skip(8);
    entry.header = source.little_endian(4);
    const std::string name = source.take(name_length);
    const uint64_t extra_end = source.position() + extra_length;
    if (extra_end > end) damaged(file_.path(), "its zip directory is damaged");
    while (extra_end - source.position() >= 4) {
      const uint64_t kind = source.little_endian(2), length = source.little_endian(2);
      const uint64_t field_end = source.position() + length;
      if (field_end > extra_end) break;
      if (kind == 1) {  // zip64: those of the three that did not fit, in this order
        for (uint64_t* value : {&entry.bytes, &stored, &entry.header}) {
          if (*value == kIn64 && field_end - source.position() >= 8) *value = source.little_endian(8);
        }
      }
      source.skip(field_end - source.position());
    }
    source.skip(extra_end - source.position() + comment_length);
    entries_[name] = entry;
  }
}

std::optional<FileRange> ZipReader::find(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return std::nullopt;
  const Entry& entry = found->second;
  if (entry.method != 0 || (entry.flags & 1)) {
    damaged(file_.path(), text("its entry ", name, " is ", entry.flags & 1 ? "encrypted" : "compressed",
                               ", but torch.save stores entries as they are; pack it without compression"));
  }
  ByteSource header(file_, std::min(entry.header, size_), size_);
  if (header.little_endian(4) != kLocalHeader) damaged(file_.path(), text("its entry ", name, " is damaged"));
  header.skip(22);
  const uint64_t name_length = header.little_endian(2), extra_length = header.little_endian(2);
  const uint64_t begin = header.position() + name_length + extra_length;
  if (begin > size_ || entry.bytes > size_ - begin) {
    damaged(file_.path(), text("its entry ", name, " does not fit into it"));
  }
  return FileRange{begin, entry.bytes};
}

std::optional<std::string> ZipReader::folder_of(const std::string& name) const {
  for (const auto& [path, entry] : entries_) {
    const size_t slash = path.find('/');
    if (slash != std::string::npos && path.compare(slash + 1, std::string::npos, name) == 0) {
      return path.substr(0, slash);
    }
  }
  return std::nullopt;
}

}  // namespace stego
