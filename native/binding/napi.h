#pragma once
// Node-API and the tensor library, precompiled once for all binding files.
#include <napi.h>

#include "core/aten.h"
