#pragma once
// The tensor library, precompiled once for all core files.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
