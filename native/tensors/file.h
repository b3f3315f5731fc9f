#pragma once
#include <cstdint>
#include <string>

namespace stego {

// Throws ERR_STEGO_CHECKPOINT: the file is not a weight file or is damaged.
[[noreturn]] void damaged(const std::string& path, const std::string& reason);

// An open file that closes itself. Its functions throw ERR_STEGO_DATA_MISSING if the file does not exist,
// ERR_STEGO_FILE if the system refuses, and ERR_STEGO_CHECKPOINT if the file is too short for the request.
class File {
 public:
  static File open(const std::string& path);    // for reading
  static File create(const std::string& path);  // for writing, empty
  ~File();
  File(File&& other) noexcept;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const std::string& path() const { return path_; }
  uint64_t size() const;
  void read(void* target, uint64_t bytes, uint64_t offset) const;
  void write(const void* source, uint64_t bytes) const;
  void sync() const;

 private:
  File(const std::string& path, int flags, const char* action);

  std::string path_;
  int descriptor_;
};

}  // namespace stego
