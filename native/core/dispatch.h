#pragma once

#include <utility>

#include "core/instructions.h"

namespace stego {

#ifdef STEGO_X86_KERNELS

template <auto body, typename... Arguments>
[[gnu::target("arch=x86-64-v4")]] auto on_avx512(Arguments&&... arguments) {
  return body(std::forward<Arguments>(arguments)...);
}

template <auto body, typename... Arguments>
[[gnu::target("arch=x86-64-v3")]] auto on_avx2(Arguments&&... arguments) {
  return body(std::forward<Arguments>(arguments)...);
}

#endif

// Calls `body` with the widest instruction set allowed. `body` must always be inlined, so that it is compiled
// here once per set.
template <auto body, typename... Arguments>
auto dispatch(Arguments&&... arguments) {
#ifdef STEGO_X86_KERNELS
  switch (available(Instructions::automatic)) {
    case Instructions::avx512:
      return on_avx512<body>(std::forward<Arguments>(arguments)...);
    case Instructions::avx2:
      return on_avx2<body>(std::forward<Arguments>(arguments)...);
    default:
      break;
  }
#endif
  return body(std::forward<Arguments>(arguments)...);
}

}  // namespace stego
