#include "tensors/stored_tensor.h"

#include "core/error.h"
#include "tensors/file.h"

namespace stego {

namespace {

constexpr int64_t kMostElements = int64_t{1} << 48;

// The number of elements from the first to one past the last.
int64_t extent_of(const StoredTensor& tensor) {
  require(tensor.shape.size() == tensor.strides.size(), "Expected as many strides as axes for '", tensor.name,
          "'.");
  int64_t count = 1, last = 0;
  for (size_t axis = 0; axis < tensor.shape.size(); ++axis) {
    const int64_t side = tensor.shape[axis], stride = tensor.strides[axis];
    require(side >= 0 && stride >= 0, "Expected sides and strides of '", tensor.name,
            "' to be at least 0, got ", side, " and ", stride, ".");
    require(!__builtin_mul_overflow(count, side, &count) && count <= kMostElements, "Expected '", tensor.name,
            "' to have at most 2^48 elements.");
    int64_t step = 0;
    require(side == 0 || (!__builtin_mul_overflow(side - 1, stride, &step) &&
                          !__builtin_add_overflow(last, step, &last) && last < kMostElements),
            "Expected '", tensor.name, "' to lie within 2^48 elements.");
  }
  return count == 0 ? 0 : last + 1;
}

// Each file is opened once.
class Files {
 public:
  const File& operator[](const std::string& path) {
    const auto found = files_.find(path);
    return found == files_.end() ? files_.emplace(path, File::open(path)).first->second : found->second;
  }

 private:
  std::map<std::string, File> files_;
};

at::Tensor read_one(const StoredTensor& tensor, Files& files) {
  const int64_t extent = extent_of(tensor);
  const auto bytes = static_cast<uint64_t>(extent) * at::elementSize(tensor.dtype);
  const File& file = files[tensor.file];
  if (tensor.offset > file.size() || bytes > file.size() - tensor.offset)
    damaged(tensor.file, "it ends early");
  const at::Tensor span = at::empty({extent}, tensor.dtype);
  file.read(span.mutable_data_ptr(), bytes, tensor.offset);
  return extent == 0 ? at::empty(tensor.shape, tensor.dtype)
                     : span.as_strided(tensor.shape, tensor.strides).contiguous();
}

at::Tensor join(const std::string& name, const std::vector<StoredTensor>& parts, Files& files) {
  require(!parts.empty(), "Expected tensors that make up '", name, "', got none.");
  std::vector<at::Tensor> tensors;
  for (const StoredTensor& part : parts) {
    tensors.push_back(read_one(part, files));
    const at::Tensor &first = tensors.front(), &last = tensors.back();
    require(tensors.size() == 1 ||
                (first.dim() > 0 && first.dim() == last.dim() && first.scalar_type() == last.scalar_type() &&
                 first.sizes().slice(1) == last.sizes().slice(1)),
            "Expected the tensors that make up '", name, "' to have the same type and width.");
  }
  return tensors.size() == 1 ? tensors.front() : at::cat(tensors);
}

}  // namespace

TensorMap read_stored(const StoredTensors& stored) {
  Files files;
  TensorMap tensors;
  for (const auto& [name, parts] : stored) tensors[name] = join(name, parts, files);
  return tensors;
}

}  // namespace stego
