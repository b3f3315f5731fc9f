#pragma once
#include <functional>
#include <string>

#include "weights/pickle.h"

namespace stego {

// A pickle's values as JSON of about `limit` bytes at most; what goes beyond, or too deep, or in circles, is
// "...". Inert objects are {"__class__": name, ...} with their state and entries beside it, their arguments
// under
// "__args__" and appended items under "__items__"; nodes of OmegaConf are their plain values. Numbers that
// JSON or JavaScript can not hold are strings. Entries and items that `omit` names are left out or null.
std::string pickle_json(const PickleValue& root, const std::function<bool(const PickleValue&)>& omit,
                        size_t limit);

// A dictionary's key as text.
std::string key_text(const PickleValue& key);

}  // namespace stego
