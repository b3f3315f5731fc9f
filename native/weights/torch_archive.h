#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/aten.h"
#include "weights/file.h"
#include "weights/torch_tensors.h"
#include "weights/zip_reader.h"

namespace stego {

// What torch.save wrote: a zip archive (PyTorch 1.6 and newer) or the legacy form (pickles, then storages),
// as .pth, .pt, .ckpt or .pth.tar. Nothing of it is executed. Reads the description at once and values when
// asked.
class TorchArchive {
 public:
  // Whether a file that begins with these bytes is to be read as an archive.
  static bool recognizes(const std::string& beginning);

  // Throws ERR_STEGO_CHECKPOINT for a damaged file, or one of another kind.
  explicit TorchArchive(const std::string& path);

  const std::vector<TorchTensor>& tensors() const { return tensors_; }

  // Everything but the tensors as JSON, at most about 4 MiB.
  const std::string& values() const { return values_; }

  // Copies a tensor out of the file, contiguous. `budget`, in bytes, goes down by its size: a short
  // description can ask for very much memory. Throws ERR_STEGO_CHECKPOINT for a type that .safetensors files
  // do not have (complex, quantised), for a view that leaves its storage and beyond the budget.
  at::Tensor read(const TorchTensor& tensor, uint64_t& budget) const;

  // A budget that no honest archive exceeds.
  uint64_t full_budget() const;

 private:
  void read_zip();
  void read_legacy();
  void describe(const Pickle& pickle);

  File file_;
  std::vector<TorchTensor> tensors_;
  std::string values_;
  std::map<std::string, FileRange> storages_;
};

}  // namespace stego
