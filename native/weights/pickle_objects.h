#pragma once
#include <array>

#include "weights/pickle.h"

namespace stego {

// Makes the values of one pickle and counts them: a small pickle can ask for very many.
class PickleBuilder {
 public:
  explicit PickleBuilder(std::string path) : path_(std::move(path)) {}

  PickleValue* make(PickleValue::Kind kind);
  PickleValue* constant(PickleValue::Kind kind, int64_t value);  // none, boolean or integer
  PickleValue* real(double value);
  PickleValue* little_endian_integer(const std::string& bytes);  // two's complement
  PickleValue* decimal_integer(std::string line);                // `12`, `12L`; `00` and `01` are booleans
  PickleValue* decimal_real(const std::string& line);
  PickleValue* text(PickleValue::Kind kind, std::string value);
  PickleValue* list(std::vector<PickleValue*> items);
  PickleValue* global(std::string module, const std::string& name);

  // What calling `callable` with the list `args` stands for: a container for the few callables that make one,
  // else an inert object.
  PickleValue* call(PickleValue* callable, PickleValue* args);

  // Gives the values away.
  Pickle finish(const PickleValue* root);

 private:
  void spend(uint64_t count);
  PickleValue* dictionary(const PickleValue* args);

  std::string path_;
  Pickle pickle_;
  uint64_t spent_ = 0;
  std::array<PickleValue*, 256> small_integers_{};
};

}  // namespace stego
