#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "weights/byte_source.h"

namespace stego {

// A value of a pickle, as data. Nothing is ever executed: a class or function is a name (`global`), and what
// a pickle would have called or constructed is an `object` that keeps what it was made from. OrderedDict,
// defaultdict and Counter are dictionaries; tuples, sets and torch.Size are lists.
struct PickleValue {
  enum class Kind : uint8_t {
    none,
    boolean,     // integer
    integer,     // integer
    big,         // text: decimal, or 0x and two's complement hexadecimal digits, beyond 64 bits
    real,        // real
    text,        // text
    bytes,       // text
    list,        // items
    dict,        // entries
    global,      // text: `module.name`
    object,      // callable, args, state; items and entries that were added to it
    persistent,  // args: what stands for something stored elsewhere
  };
  using Entry = std::pair<PickleValue*, PickleValue*>;

  Kind kind = Kind::none;
  int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<PickleValue*> items;
  std::vector<Entry> entries;
  PickleValue *callable = nullptr, *args = nullptr, *state = nullptr;

  bool is(Kind other) const { return kind == other; }
  // The name of the class or function an object was made by; empty for anything else.
  const std::string& made_by() const;
  // The last entry of a dictionary under this text; null where there is none.
  const PickleValue* find(const std::string& key) const;
};

// A pickle's values. They may refer to each other in circles and be shared.
struct Pickle {
  std::deque<PickleValue> values;               // owns
  std::vector<const PickleValue*> persistents;  // in the order they occur
  const PickleValue* root = nullptr;
};

// Reads one pickle of protocol 0 to 5 and leaves the source behind its end. Time and memory are bounded by
// the pickle's length and by fixed limits. Throws ERR_STEGO_CHECKPOINT for anything malformed.
Pickle read_pickle(ByteSource& source);

}  // namespace stego
