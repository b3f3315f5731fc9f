#pragma once
#include <memory>

#include "binding/napi.h"

namespace stego {

class JobQueue;

// What the addon keeps for each environment that loads it: the main thread and every worker.
struct Environment {
  std::shared_ptr<JobQueue> jobs;
  // Constructors of handles returned by asynchronous methods.
  Napi::FunctionReference backbone, network, mean_field;
};

inline Environment& environment(Napi::Env env) {
  return *env.GetInstanceData<Environment>();
}

}  // namespace stego
