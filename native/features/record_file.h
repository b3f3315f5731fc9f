#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace stego {

// The sizes of a record's parts, in bytes: an image's features, their mean, and a small picture or nothing.
struct RecordLayout {
  static constexpr size_t kParts = 3;
  int64_t count = 0;
  std::array<int64_t, kParts> bytes{};

  bool operator==(const RecordLayout&) const = default;
};

// The contents of the file's head.
struct RecordFileInfo {
  RecordLayout layout;
  std::string key, description;
  int64_t done = 0;  // records written
  int64_t size = 0;  // length of the file in bytes; it takes less disk space until all records are written
};

// A file of `count` records of equal size, memory-mapped for reading and written in any order. The parts of a
// record are stored apart, so that all image means can be read without the features:
//
//   head, 4096 bytes | one entry a record: written or not, and the CRC-32C of each part | part 0 | part 1 |
//   part 2
//
// An entry is written after its record, so a killed process loses only the record it was writing; data lost
// by the system is detected by checksum, and the record counts as missing. Only one process at a time can
// fill a file: it holds a lock from opening the file until it is complete. Numbers are little-endian.
//
// Throws ERR_STEGO_FILE if the system refuses, the disk is full, or another process is filling the file.
class RecordFile {
 public:
  // Opens the file, or creates it if there is none with this key and layout. `description` is for tools that
  // list files; at most 3,900 bytes.
  RecordFile(const std::string& path, const std::string& key, const RecordLayout& layout,
             const std::string& description);
  ~RecordFile();
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;

  // Reads the head. Throws ERR_STEGO_FILE if this is not such a file.
  static RecordFileInfo inspect(const std::string& path);

  // Whether a record is written and this part of it undamaged. Each part is checked once, at first use; a
  // damaged record counts as missing from then on.
  bool valid(int64_t record, size_t part);

  bool written(int64_t record) const;

  // A part of a written record.
  const std::byte* part(int64_t record, size_t part) const;

  // Tells the system that these records will be read soon.
  void expect(const std::vector<int64_t>& records) const;

  void write(int64_t record, const std::array<const void*, RecordLayout::kParts>& parts);

  int64_t done() const { return done_; }
  const RecordLayout& layout() const { return layout_; }

 private:
  struct Entry;

  void open(const std::string& description);
  void close();
  bool lock(bool wait);
  void unlock();
  bool matches() const;
  void create(const std::string& description);
  void map();
  void count_written();
  const Entry& entry(int64_t record) const;
  void set_entry(int64_t record, const Entry& entry);
  uint32_t checksum(int64_t record, size_t part) const;
  void write_at(const void* source, uint64_t bytes, uint64_t offset);

  std::string path_, key_;
  RecordLayout layout_;
  std::array<uint64_t, RecordLayout::kParts> offsets_{};
  uint64_t size_ = 0;
  int descriptor_ = -1;
  bool locked_ = false;
  const std::byte* mapped_ = nullptr;
  int64_t done_ = 0;
  std::vector<uint8_t> checked_;  // one bit per part
};

}  // namespace stego
