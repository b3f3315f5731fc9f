#pragma once

namespace stego {

// The order in which the host runs a kernel's indices. Results must not depend on it.
enum class LaunchOrder { ascending, descending, shuffled, interleaved };

}  // namespace stego
