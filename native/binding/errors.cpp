#include "binding/errors.h"

#include <c10/util/Exception.h>

#include <new>

#include "core/cancel.h"
#include "core/error.h"
#include "kernels/cuda_launch.h"

namespace stego {

namespace {

JobError device_failed(const std::string& message) {
  return {"ERR_STEGO_DEVICE",
          text("The GPU failed: ", message,
               " This process cannot use it any more: start it again, or set device: 'cpu'.")};
}

// Keeps the first sentence of libtorch's message; the rest lists backends or frames.
JobError from_libtorch(const c10::Error& error) {
  const std::string whole = error.what_without_backtrace();
  std::string message = whole;
  message = message.substr(0, message.find('\n'));
  if (const size_t end = message.find(". "); end != std::string::npos) message = message.substr(0, end + 1);
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error)) return {"ERR_STEGO_DEVICE_MEMORY", whole};
  if (message.find("CUDA") != std::string::npos) return device_failed(message);
  const bool memory = message.find("not enough memory") != std::string::npos ||
                      message.find("out of memory") != std::string::npos;
  if (memory) {
    return {"ERR_STEGO_OUT_OF_MEMORY",
            text("Not enough memory: ", message,
                 " Use a smaller batch or resolution, or a smaller featureStore.memoryBytes.")};
  }
  return {"ERR_STEGO_NATIVE", text("libtorch reports: ", message)};
}

}  // namespace

JobError describe_current_exception() {
  try {
    throw;
  } catch (const Cancelled&) {
    return {"ERR_STEGO_CANCELLED", "The job was cancelled."};
  } catch (const Error& error) {
    return {error.code(), error.what()};
  } catch (const c10::Error& error) {
    return from_libtorch(error);
  } catch (const CudaError& error) {
    if (error.memory) return {"ERR_STEGO_DEVICE_MEMORY", error.what()};
    return device_failed(text(error.what(), "."));
  } catch (const std::bad_alloc&) {
    return {"ERR_STEGO_OUT_OF_MEMORY",
            "Not enough memory. Use a smaller batch or resolution, or a smaller featureStore.memoryBytes."};
  } catch (const std::exception& error) {
    const std::string message = error.what();
    return {"ERR_STEGO_NATIVE", message.substr(0, message.find('\n'))};
  } catch (...) {
    return {"ERR_STEGO_NATIVE", "An unknown native exception was thrown."};
  }
}

Napi::Error to_javascript(Napi::Env env, const JobError& error) {
  Napi::Error result = Napi::Error::New(env, error.message);
  result.Set("code", Napi::String::New(env, error.code));
  return result;
}

}  // namespace stego
