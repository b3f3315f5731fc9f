#pragma once
#include <memory>

#include "binding/napi.h"

namespace stego {

class JobQueue;

// What the addon keeps for each environment it is loaded into: the process and every worker.
struct Environment {
  std::shared_ptr<JobQueue> jobs;
  // Constructors of handles that asynchronous methods return.
  Napi::FunctionReference backbone, network, mean_field;
};

inline Environment& environment(Napi::Env env) {
  return *env.GetInstanceData<Environment>();
}

}  // namespace stego
