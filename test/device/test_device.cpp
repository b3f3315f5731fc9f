// A device of libtorch for tests, named "test", whose memory is the host's. It lets the code for other devices
// run where there is none: tensors on it are not on the CPU, so every place that takes one for a CPU tensor, or
// mixes the two, fails. Operators are computed by the CPU on copies; those that a GPU refuses because their
// tensors are on different devices are refused here too.
#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <node_api.h>
#include <torch/library.h>

#include <atomic>
#include <cstdlib>
#include <set>
#include <string>

namespace {

constexpr c10::DeviceType kDevice = c10::DeviceType::PrivateUse1;

struct HostMemory final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    void* memory = bytes == 0 ? nullptr : std::aligned_alloc(64, (bytes + 63) / 64 * 64);
    return {memory, memory, &std::free, c10::Device(kDevice, 0)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &std::free; }
  void copy_data(void* to, const void* from, size_t bytes) const override { default_copy_data(to, from, bytes); }
};

HostMemory memory;

struct Guard final : c10::impl::NoOpDeviceGuardImpl<kDevice> {
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  c10::Device exchangeDevice(c10::Device) const override { return getDevice(); }
  c10::Device getDevice() const override { return {kDevice, 0}; }
  c10::Stream getStream(c10::Device) const noexcept override { return c10::Stream(c10::Stream::DEFAULT, getDevice()); }
  // Work is done when it is asked for, so that events have nothing to wait for.
  void record(void**, const c10::Stream&, c10::DeviceIndex, c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  void synchronizeEvent(void*) const override {}
};

struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
};

// A CPU tensor on the same memory.
at::Tensor on_host(const at::Tensor& tensor) {
  if (!tensor.device().is_privateuseone()) return tensor;
  return at::from_blob(const_cast<void*>(tensor.const_data_ptr()), tensor.sizes(), tensor.strides(),
                       at::TensorOptions(tensor.scalar_type()));
}

at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool) {
  if (from.numel() > 0) on_host(to).copy_(on_host(from));
  return to;
}

// Outputs that are resized are empty until then.
const at::Tensor& resize_storage(const at::Tensor& self, at::IntArrayRef sizes, std::optional<at::MemoryFormat>) {
  const size_t bytes = c10::multiply_integers(sizes) * self.element_size();
  const c10::Storage& storage = self.storage();
  if (storage.nbytes() < bytes) {
    storage.set_data_ptr_noswap(memory.allocate(bytes));
    storage.set_nbytes(bytes);
  }
  self.unsafeGetTensorImpl()->set_sizes_contiguous(sizes);
  return self;
}

at::Tensor copy_from_and_resize(const at::Tensor& from, const at::Tensor& to) {
  if (to.sizes() != from.sizes()) resize_storage(to, from.sizes(), std::nullopt);
  return copy_from(from, to, false);
}

at::Tensor empty(c10::SymIntArrayRef sizes, std::optional<at::ScalarType> type, std::optional<at::Layout>,
                 std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(C10_AS_INTARRAYREF_SLOW(sizes), &memory,
                                   c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                   type.value_or(at::kFloat), format);
}

at::Tensor empty_strided(c10::SymIntArrayRef sizes, c10::SymIntArrayRef strides,
                         std::optional<at::ScalarType> type, std::optional<at::Layout>,
                         std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(C10_AS_INTARRAYREF_SLOW(sizes), C10_AS_INTARRAYREF_SLOW(strides),
                                           &memory, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                           type.value_or(at::kFloat));
}

at::Tensor strided_view(const at::Tensor& self, at::IntArrayRef sizes, at::IntArrayRef strides,
                      std::optional<int64_t> offset) {
  auto result = at::detail::make_tensor<at::TensorImpl>(c10::TensorImpl::VIEW, c10::Storage(self.storage()),
                                                        self.key_set(), self.dtype());
  result.unsafeGetTensorImpl()->set_sizes_and_strides(sizes, strides,
                                                      offset.value_or(self.storage_offset()));
  return result;
}

at::Tensor reshape_alias(const at::Tensor& self, at::IntArrayRef sizes, at::IntArrayRef strides) {
  return strided_view(self, sizes, strides, self.storage_offset());
}

at::Tensor view(const at::Tensor& self, at::IntArrayRef sizes) {
  // The host's rules: a tensor of the same strides tells which strides the view has, or that there is none.
  const at::Tensor viewed = on_host(self).view(sizes);
  return strided_view(self, viewed.sizes(), viewed.strides(), self.storage_offset());
}

// Tensors without axes may be on the CPU beside others on a device, as with CUDA.
void expect_one_device(const c10::OperatorHandle& op, const torch::jit::Stack& stack) {
  const auto arguments = torch::jit::last(stack, op.schema().arguments().size());
  std::set<std::string> devices;
  const auto look = [&](const at::Tensor& tensor) {
    if (tensor.defined() && tensor.dim() > 0) devices.insert(tensor.device().str());
  };
  for (const c10::IValue& argument : arguments) {
    if (argument.isTensor()) look(argument.toTensor());
    if (argument.isTensorList()) {
      for (const at::Tensor& tensor : argument.toTensorVector()) look(tensor);
    }
  }
  TORCH_CHECK(devices.size() <= 1, "Expected all tensors to be on the same device, but ",
              op.schema().operator_name(), " got them on ", *devices.begin(), " and ", *devices.rbegin(), ".");
}

std::atomic<int64_t> operators{0};  // computed so far, each of which a GPU would start at least once

void compute_on_host(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  expect_one_device(op, *stack);
  ++operators;
  at::native::cpu_fallback(op, stack, /*error_on_views=*/true);
}

}  // namespace

namespace c10::impl {
C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard)
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&compute_on_host>());
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", &empty);
  library.impl("empty_strided", &empty_strided);
  library.impl("as_strided", &strided_view);
  library.impl("_reshape_alias", &reshape_alias);
  library.impl("view", &view);
  library.impl("resize_", &resize_storage);
  library.impl("_copy_from", &copy_from);
  library.impl("_copy_from_and_resize", &copy_from_and_resize);
}

NAPI_MODULE_INIT() {
  static const bool registered = [] {
    c10::SetAllocator(kDevice, &memory);
    c10::register_privateuse1_backend("test");
    at::RegisterPrivateUse1HooksInterface(new Hooks);
    return true;
  }();
  static_cast<void>(registered);
  // operators(): how many have been computed on the device so far
  const auto count = [](napi_env env, napi_callback_info) -> napi_value {
    napi_value result;
    napi_create_int64(env, operators, &result);
    return result;
  };
  napi_value function;
  napi_create_function(env, "operators", NAPI_AUTO_LENGTH, count, nullptr, &function);
  napi_set_named_property(env, exports, "operators", function);
  return exports;
}
