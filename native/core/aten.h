#pragma once
// The tensor library, precompiled once for all files of the core.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
