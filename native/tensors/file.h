#pragma once
#include <cstdint>
#include <string>

namespace stego {

// Throws ERR_STEGO_CHECKPOINT: the file is not a weight file, or is no longer one.
[[noreturn]] void damaged(const std::string& path, const std::string& reason);

// An open file that closes itself. Its functions throw ERR_STEGO_DATA_MISSING where there is no such file,
// ERR_STEGO_FILE where the system refuses, and ERR_STEGO_CHECKPOINT where it is shorter than what is asked
// for.
class File {
 public:
  static File open(const std::string& path);    // to read
  static File create(const std::string& path);  // to write, empty
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
