#include "tensors/write_tensors.h"

#include "tensors/file.h"

namespace stego {

void write_tensors(const std::string& path, const std::string& header,
                   const std::vector<at::Tensor>& tensors) {
  const File file = File::create(path);
  file.write(header.data(), header.size());
  for (const at::Tensor& tensor : tensors) {
    const at::Tensor bytes = tensor.detach().cpu().contiguous();
    file.write(bytes.const_data_ptr(), bytes.nbytes());
  }
  file.sync();
}

}  // namespace stego
