#pragma once
// Node-API and the tensor library, precompiled once for all files of the binding.
#include <napi.h>

#include "core/aten.h"
