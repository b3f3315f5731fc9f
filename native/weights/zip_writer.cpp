// The zip format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7 to 4.3.16.
#include "weights/zip_writer.h"

#include <array>

namespace stego {

namespace {

constexpr uint64_t kAlignment = 64;
constexpr uint16_t kVersion = 45;  // the first with zip64
constexpr uint16_t kZip64Field = 1, kPaddingField = 0x4246;
constexpr uint32_t kIn64 = 0xffffffff;
constexpr uint16_t kIn64Short = 0xffff;

constexpr std::array<uint32_t, 256> make_checksum_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value & 1 ? 0xedb88320 ^ (value >> 1) : value >> 1;
    table[i] = value;
  }
  return table;
}

// CRC-32 as zip uses it.
uint32_t checksum(const void* data, uint64_t bytes) {
  static constexpr std::array<uint32_t, 256> kTable = make_checksum_table();
  const auto* cursor = static_cast<const uint8_t*>(data);
  uint32_t value = ~uint32_t{0};
  for (uint64_t i = 0; i < bytes; ++i) value = kTable[(value ^ cursor[i]) & 255] ^ (value >> 8);
  return ~value;
}

// Little-endian fields of a record, one after the other.
class Record {
 public:
  Record& u16(uint64_t value) { return append(value, 2); }
  Record& u32(uint64_t value) { return append(value, 4); }
  Record& u64(uint64_t value) { return append(value, 8); }
  Record& bytes(const std::string& value) {
    content_ += value;
    return *this;
  }
  const std::string& content() const { return content_; }

 private:
  Record& append(uint64_t value, int count) {
    for (int i = 0; i < count; ++i) content_ += static_cast<char>(value >> (8 * i));
    return *this;
  }
  std::string content_;
};

}  // namespace

void ZipWriter::write(const std::string& bytes) {
  file_.write(bytes.data(), bytes.size());
  position_ += bytes.size();
}

void ZipWriter::add(const std::string& name, const void* data, uint64_t bytes) {
  const Entry entry{name, checksum(data, bytes), bytes, position_};
  constexpr uint64_t kHeader = 30, kZip64 = 20, kField = 4;
  const uint64_t unpadded = position_ + kHeader + name.size() + kZip64 + kField;
  const uint64_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;
  Record record;
  record.u32(0x04034b50).u16(kVersion).u16(0).u16(0).u16(0).u16(0);
  record.u32(entry.checksum).u32(kIn64).u32(kIn64).u16(name.size()).u16(kZip64 + kField + padding);
  record.bytes(name).u16(kZip64Field).u16(16).u64(bytes).u64(bytes);
  record.u16(kPaddingField).u16(padding).bytes(std::string(padding, 'Z'));
  write(record.content());
  file_.write(data, bytes);
  position_ += bytes;
  entries_.push_back(entry);
}

void ZipWriter::finish() {
  const uint64_t begin = position_;
  for (const Entry& entry : entries_) {
    Record record;
    record.u32(0x02014b50).u16(kVersion).u16(kVersion).u16(0).u16(0).u16(0).u16(0).u32(entry.checksum);
    record.u32(kIn64).u32(kIn64).u16(entry.name.size()).u16(28).u16(0).u16(0).u16(0).u32(0).u32(kIn64);
    record.bytes(entry.name).u16(kZip64Field).u16(24).u64(entry.bytes).u64(entry.bytes).u64(entry.header);
    write(record.content());
  }
  const uint64_t end = position_, count = entries_.size();
  Record record;
  record.u32(0x06064b50).u64(44).u16(kVersion).u16(kVersion).u32(0).u32(0);
  record.u64(count).u64(count).u64(end - begin).u64(begin);
  record.u32(0x07064b50).u32(0).u64(end).u32(1);
  record.u32(0x06054b50).u16(0).u16(0).u16(kIn64Short).u16(kIn64Short).u32(kIn64).u32(kIn64).u16(0);
  write(record.content());
}

}  // namespace stego
