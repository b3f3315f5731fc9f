#pragma once
#include <cstdint>

#include "crf/kernels/simplex.h"

namespace stego::crf {

using WideKey = unsigned __int128;

// A vertex packed into one number, as in lattice.cpp: its remainder and, for each stored coordinate, its
// cell. 64 bits are enough for photographs.
struct VertexPacking {
  int corners, bits;
  int64_t lowest[kMaxDims];
  WideKey stride[kMaxDims + 1];  // 0 for the implied coordinate
};

// The key of each vertex of point `p`'s simplex; slot p * corners + q has remainder q.
template <typename Key>
struct WriteKeys {
  VertexPacking packing;
  const int16_t* cells;  // [dims, points]
  const uint32_t* ranks;
  int64_t points;
  Key* keys;
  uint32_t* slots;

  STEGO_HOST_DEVICE void operator()(int64_t p) const {
    const int corners = packing.corners, dims = corners - 1;
    Key key = 0, step[kMaxDims + 1];
    for (int i = 0; i < corners; ++i) {
      step[(ranks[p] >> (3 * i)) & 7] = static_cast<Key>(packing.stride[i]);
    }
    for (int i = 0; i < dims; ++i) {
      key +=
          static_cast<Key>(packing.stride[i]) * static_cast<Key>(cells[i * points + p] - packing.lowest[i]);
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
template <typename Key>
struct MarkVertices {
  const Key* keys;
  int32_t* begins;
  STEGO_HOST_DEVICE void operator()(int64_t i) const { begins[i] = i == 0 || keys[i] != keys[i - 1]; }
};

// Numbers the vertices in key order. `number` is the running sum of MarkVertices.
template <typename Key>
struct NumberVertices {
  const Key* keys;
  const uint32_t* slots;
  const int32_t* number;
  int64_t count;    // of slots
  int32_t* vertex;  // [count], by slot
  Key* vertex_key;  // [vertices]
  int32_t* first;   // [vertices + 1], of each vertex's sorted slots

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
template <typename Key>
struct FindNeighbors {
  VertexPacking packing;
  int axis;
  const Key* keys;
  int64_t vertices;
  int32_t *before, *after;

  STEGO_HOST_DEVICE void operator()(int64_t v) const {
    const int dims = packing.corners - 1;
    Key all = 0;
    for (int i = 0; i < dims; ++i) all += static_cast<Key>(packing.stride[i]);
    const Key along = static_cast<Key>(packing.stride[axis]);
    const bool wraps = keys[v] % static_cast<Key>(packing.corners) == 0;
    const Key target = keys[v] + (wraps ? along + static_cast<Key>(dims) - all : along - 1);
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
