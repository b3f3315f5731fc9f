#include "features/record_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "features/crc32c.h"

namespace stego {

namespace {

constexpr char kMagic[8] = {'s', 't', 'e', 'g', 'o', 'f', 't', 'r'};
constexpr uint32_t kVersion = 1;
constexpr uint64_t kPage = 4096;
constexpr uint32_t kWritten = 1;

struct Head {
  char magic[8];
  uint32_t version;
  uint32_t checksum;  // of the fields below
  int64_t count;
  int64_t bytes[RecordLayout::kParts];
  char key[64];
  char description[3904];  // zero-terminated
};
static_assert(sizeof(Head) <= kPage);

uint32_t head_checksum(const Head& head) {
  const auto* data = reinterpret_cast<const char*>(&head);
  const size_t first = offsetof(Head, count);
  return crc32c(data + first, sizeof(Head) - first);
}

bool is_head(const Head& head) {
  return std::memcmp(head.magic, kMagic, sizeof(kMagic)) == 0 && head.version == kVersion &&
         head.checksum == head_checksum(head) && head.count > 0;
}

RecordLayout layout_of(const Head& head) {
  RecordLayout layout{head.count, {}};
  std::copy(std::begin(head.bytes), std::end(head.bytes), layout.bytes.begin());
  return layout;
}

[[noreturn]] void file_error(const std::string& path, const char* action) {
  const int reason = errno;
  const bool full = reason == ENOSPC || reason == EDQUOT;
  throw Error("ERR_STEGO_FILE",
              text("Could not ", action, " the feature store ", path, ": ", std::strerror(reason), ". ",
                   full ? "Free space, or choose another folder or features 'memory'."
                        : "Check the folder's permissions, or choose another folder."));
}

[[noreturn]] void busy(const std::string& path) {
  throw Error("ERR_STEGO_FILE",
              text("Another run is filling the feature store ", path,
                   ". Wait until it is done, or choose another folder or features 'memory'."));
}

// Returns the bytes read; fewer than asked only at the end of the file.
uint64_t read_at(int descriptor, void* target, uint64_t bytes, uint64_t offset, const std::string& path) {
  auto* cursor = static_cast<char*>(target);
  uint64_t got = 0;
  while (got < bytes) {
    const ssize_t count = ::pread(descriptor, cursor + got, bytes - got, static_cast<off_t>(offset + got));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) file_error(path, "read");
    if (count == 0) break;
    got += static_cast<uint64_t>(count);
  }
  return got;
}

uint64_t whole_pages(uint64_t bytes) {
  return (bytes + kPage - 1) / kPage * kPage;
}

}  // namespace

struct RecordFile::Entry {
  uint32_t state;
  uint32_t checksums[RecordLayout::kParts];
};

RecordFile::RecordFile(const std::string& path, const std::string& key, const RecordLayout& layout,
                       const std::string& description)
    : path_(path), key_(key), layout_(layout), checked_(layout.count) {
  require(layout.count >= 1 && layout.bytes[0] > 0 && key.size() == sizeof(Head::key) &&
              description.size() < sizeof(Head::description),
          "Expected at least one record, a key of 64 characters and a description of at most ",
          sizeof(Head::description) - 1, " bytes.");
  uint64_t offset = kPage + whole_pages(layout.count * sizeof(Entry));
  for (size_t part = 0; part < RecordLayout::kParts; ++part) {
    offsets_[part] = offset;
    offset += whole_pages(layout.count * static_cast<uint64_t>(layout.bytes[part]));
  }
  size_ = offset;
  try {
    open(description);
  } catch (...) {
    close();
    throw;
  }
}

RecordFile::~RecordFile() {
  close();
}

void RecordFile::open(const std::string& description) {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) file_error(path_, "open");
  if (!matches()) {
    if (!lock(false)) busy(path_);
    if (!matches()) create(description);
  }
  map();
  count_written();
  if (done_ == layout_.count) return unlock();
  if (locked_) return;
  if (!lock(false)) busy(path_);
  done_ = 0;  // it may have grown in the meantime
  count_written();
}

void RecordFile::close() {
  if (mapped_) ::munmap(const_cast<std::byte*>(mapped_), size_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

RecordFileInfo RecordFile::inspect(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) file_error(path, "open");
  RecordFileInfo info;
  try {
    Head head{};
    struct stat status{};
    if (::fstat(descriptor, &status) != 0) file_error(path, "read");
    if (read_at(descriptor, &head, sizeof(head), 0, path) < sizeof(head) || !is_head(head)) {
      throw Error("ERR_STEGO_FILE", text("Expected a feature store, but ", path,
                                         " is not one or has another version. Remove it."));
    }
    info = {layout_of(head), std::string(head.key, sizeof(head.key)), std::string(head.description), 0,
            static_cast<int64_t>(status.st_size)};
    std::vector<Entry> entries(4096);
    for (int64_t first = 0; first < head.count; first += static_cast<int64_t>(entries.size())) {
      const auto wanted =
          std::min<uint64_t>(entries.size(), static_cast<uint64_t>(head.count - first)) * sizeof(Entry);
      const uint64_t got =
          read_at(descriptor, entries.data(), wanted, kPage + first * sizeof(Entry), path) / sizeof(Entry);
      info.done += std::count_if(entries.begin(), entries.begin() + static_cast<int64_t>(got),
                                 [](const Entry& entry) { return entry.state == kWritten; });
    }
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  ::close(descriptor);
  return info;
}

bool RecordFile::lock(bool wait) {
  while (::flock(descriptor_, LOCK_EX | (wait ? 0 : LOCK_NB)) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) return false;
    file_error(path_, "lock");
  }
  locked_ = true;
  return true;
}

void RecordFile::unlock() {
  if (locked_) ::flock(descriptor_, LOCK_UN);
  locked_ = false;
}

// Whether the file has this key and layout and is long enough to be mapped into memory.
bool RecordFile::matches() const {
  Head head{};
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0) file_error(path_, "read");
  return static_cast<uint64_t>(status.st_size) == size_ &&
         read_at(descriptor_, &head, sizeof(head), 0, path_) == sizeof(head) && is_head(head) &&
         layout_of(head) == layout_ && std::memcmp(head.key, key_.data(), sizeof(head.key)) == 0;
}

// Creates an empty file of full length that takes no space yet; the head is written last.
void RecordFile::create(const std::string& description) {
  if (::ftruncate(descriptor_, 0) != 0 || ::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0)
    file_error(path_, "make");
  Head head{};
  std::copy(std::begin(kMagic), std::end(kMagic), head.magic);
  head.version = kVersion;
  head.count = layout_.count;
  std::copy(layout_.bytes.begin(), layout_.bytes.end(), head.bytes);
  std::copy(key_.begin(), key_.end(), head.key);
  std::copy(description.begin(), description.end(), head.description);
  head.checksum = head_checksum(head);
  write_at(&head, sizeof(head), 0);
}

void RecordFile::map() {
  void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor_, 0);
  if (mapped == MAP_FAILED) file_error(path_, "map");
  mapped_ = static_cast<const std::byte*>(mapped);
  const uint64_t features = offsets_[1] - offsets_[0];
  ::madvise(static_cast<std::byte*>(mapped) + offsets_[0], features, MADV_RANDOM);
}

void RecordFile::count_written() {
  for (int64_t record = 0; record < layout_.count; ++record) done_ += written(record);
}

const RecordFile::Entry& RecordFile::entry(int64_t record) const {
  return reinterpret_cast<const Entry*>(mapped_ + kPage)[record];
}

void RecordFile::set_entry(int64_t record, const Entry& entry) {
  const bool before = this->entry(record).state == kWritten, now = entry.state == kWritten;
  write_at(&entry, sizeof(entry), kPage + record * sizeof(Entry));
  done_ += static_cast<int64_t>(now) - static_cast<int64_t>(before);
}

uint32_t RecordFile::checksum(int64_t record, size_t part) const {
  return crc32c(this->part(record, part), static_cast<size_t>(layout_.bytes[part]));
}

bool RecordFile::valid(int64_t record, size_t part) {
  if (!written(record)) return false;
  const auto bit = static_cast<uint8_t>(1u << part);
  if (checked_[record] & bit) return true;
  if (checksum(record, part) != entry(record).checksums[part]) {
    set_entry(record, Entry{});
    return false;
  }
  checked_[record] |= bit;
  return true;
}

bool RecordFile::written(int64_t record) const {
  return entry(record).state == kWritten;
}

const std::byte* RecordFile::part(int64_t record, size_t part) const {
  return mapped_ + offsets_[part] +
         static_cast<uint64_t>(record) * static_cast<uint64_t>(layout_.bytes[part]);
}

void RecordFile::expect(const std::vector<int64_t>& records) const {
  for (const int64_t record : records) {
    const auto first = static_cast<uint64_t>(part(record, 0) - mapped_), begin = first / kPage * kPage;
    ::madvise(const_cast<std::byte*>(mapped_) + begin,
              first + static_cast<uint64_t>(layout_.bytes[0]) - begin, MADV_WILLNEED);
  }
}

void RecordFile::write(int64_t record, const std::array<const void*, RecordLayout::kParts>& parts) {
  const bool repair = !locked_;  // of a damaged record in a complete file
  if (repair) lock(true);
  try {
    Entry entry{kWritten, {}};
    for (size_t part = 0; part < RecordLayout::kParts; ++part) {
      const auto bytes = static_cast<uint64_t>(layout_.bytes[part]);
      entry.checksums[part] = crc32c(parts[part], bytes);
      write_at(parts[part], bytes, offsets_[part] + static_cast<uint64_t>(record) * bytes);
    }
    set_entry(record, entry);
    checked_[record] = 0xff;
  } catch (...) {
    if (repair) unlock();
    throw;
  }
  if (repair || done_ == layout_.count) unlock();
}

void RecordFile::write_at(const void* source, uint64_t bytes, uint64_t offset) {
  const auto* cursor = static_cast<const char*>(source);
  while (bytes > 0) {
    const ssize_t count = ::pwrite(descriptor_, cursor, bytes, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) file_error(path_, "write");
    cursor += count;
    offset += static_cast<uint64_t>(count);
    bytes -= static_cast<uint64_t>(count);
  }
}

}  // namespace stego
