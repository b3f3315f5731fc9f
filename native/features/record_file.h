#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace stego {

// What a record of each image holds, in bytes: features, their mean, and a small picture or nothing.
struct RecordLayout {
  static constexpr size_t kParts = 3;
  int64_t count = 0;
  std::array<int64_t, kParts> bytes{};

  bool operator==(const RecordLayout&) const = default;
};

// What the head of such a file says.
struct RecordFileInfo {
  RecordLayout layout;
  std::string key, description;
  int64_t done = 0;  // records that are written
  int64_t size = 0;  // bytes of the whole file; less lies on the disk until all records are written
};

// A file of `count` records of one size, read through memory and written in any order. Its parts lie apart,
// so that the means of all images can be read without their features:
//
//   head, 4096 bytes | one entry a record: written or not, and the CRC-32C of each part | part 0 | part 1 |
//   part 2
//
// An entry is written after its record, so a process that is killed loses only what it was about to write;
// what the system lost of a record is found by its checksum, and the record counts as missing. One process at
// a time may fill a file: the lock is held from opening it until it is complete. Numbers are little-endian.
//
// Throws ERR_STEGO_FILE where the system refuses or the disk is full, and where another process fills the
// file.
class RecordFile {
 public:
  // Opens the file, or makes it where there is none, or none of this key and layout. `description` is kept
  // for those who list files; at most 3,900 bytes.
  RecordFile(const std::string& path, const std::string& key, const RecordLayout& layout,
             const std::string& description);
  ~RecordFile();
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;

  // Reads the head. Throws ERR_STEGO_FILE where this is no such file.
  static RecordFileInfo inspect(const std::string& path);

  // Whether a record is written, and this part of it undamaged: each is checked once, at its first use. A
  // damaged record counts as missing from then on.
  bool valid(int64_t record, size_t part);

  bool written(int64_t record) const;

  // A part of a record that is written.
  const std::byte* part(int64_t record, size_t part) const;

  // Tells the system that these records will be read.
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
  std::vector<uint8_t> checked_;  // a bit for each part
};

}  // namespace stego
