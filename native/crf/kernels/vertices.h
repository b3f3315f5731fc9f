#pragma once
#include <cstdint>

#include "crf/kernels/simplex.h"

namespace stego::crf {

// A vertex packed into one number, as in lattice.cpp: its remainder and, for each stored coordinate, its
// cell.
struct VertexPacking {
  int corners;
  int64_t lowest[kMostDims];
  uint64_t stride[kMostDims + 1];  // 0 for the implied coordinate
};

// The key of each vertex of point `p`'s simplex; slot p * corners + q has remainder q.
struct WriteKeys {
  VertexPacking packing;
  const int16_t* cells;  // [dims, points]
  const uint32_t* ranks;
  int64_t points;
  uint64_t* keys;
  uint32_t* slots;

  STEGO_HOST_DEVICE void operator()(int64_t p) const {
    const int corners = packing.corners, dims = corners - 1;
    uint64_t key = 0, step[kMostDims + 1];
    for (int i = 0; i < corners; ++i) step[(ranks[p] >> (3 * i)) & 7] = packing.stride[i];
    for (int i = 0; i < dims; ++i) {
      key += packing.stride[i] * static_cast<uint64_t>(cells[i * points + p] - packing.lowest[i]);
    }
    for (int q = 0; q < corners; ++q) {
      keys[p * corners + q] = key;
      slots[p * corners + q] = static_cast<uint32_t>(p * corners + q);
      key += 1;
      key -= step[dims - q];
    }
  }
};

// 1 where a new vertex begins in the sorted keys.
struct MarkVertices {
  const uint64_t* keys;
  int32_t* begins;
  STEGO_HOST_DEVICE void operator()(int64_t i) const { begins[i] = i == 0 || keys[i] != keys[i - 1]; }
};

// Numbers the vertices in key order. `number` is the running sum of MarkVertices.
struct NumberVertices {
  const uint64_t* keys;
  const uint32_t* slots;
  const int32_t* number;
  int64_t count;         // of slots
  int32_t* vertex;       // [count], by slot
  uint64_t* vertex_key;  // [vertices]
  int32_t* first;        // [vertices + 1], of each vertex's sorted slots

  STEGO_HOST_DEVICE void operator()(int64_t i) const {
    const int32_t own = number[i] - 1;
    vertex[slots[i]] = own;
    if (i + 1 == count) first[own + 1] = static_cast<int32_t>(count);
    if (i > 0 && number[i - 1] == number[i]) return;
    vertex_key[own] = keys[i];
    first[own] = static_cast<int32_t>(i);
  }
};

// The vertices before and after each along an axis; -1 if there is none. `before` starts at -1.
struct FindNeighbors {
  VertexPacking packing;
  int axis;
  const uint64_t* keys;
  int64_t vertices;
  int32_t *before, *after;

  STEGO_HOST_DEVICE void operator()(int64_t v) const {
    const int dims = packing.corners - 1;
    uint64_t all = 0;
    for (int i = 0; i < dims; ++i) all += packing.stride[i];
    const uint64_t along = packing.stride[axis];
    const bool wraps = keys[v] % static_cast<uint64_t>(packing.corners) == 0;
    const uint64_t target = keys[v] + (wraps ? along + static_cast<uint64_t>(dims) - all : along - 1);
    int64_t low = 0, high = vertices;
    while (low < high) {
      const int64_t middle = (low + high) / 2;
      if (keys[middle] < target) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const bool found = low < vertices && keys[low] == target;
    after[v] = found ? static_cast<int32_t>(low) : -1;
    if (found) before[low] = static_cast<int32_t>(v);  // nobody else's successor
  }
};

}  // namespace stego::crf
