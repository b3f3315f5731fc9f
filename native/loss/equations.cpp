// STEGO's correspondence loss (Hamilton et al., ICLR 2022; modules.py ContrastiveCorrelationLoss).
//
// A frozen backbone gives the features of two images, and the head gives their codes. F and S are the cosine
// similarities of every position of one image with every position of the other, for features and for codes:
//
//   F[i, j] = f_i . g_j / (|f_i| |g_j|)                                                      (1)
//   L(F, S, b) = - mean_ij (F_centered[i, j] - b) * max(S[i, j], 0)                          (2 to 4)
//   L = w_self L(x, x) + w_knn L(x, neighbor of x) + w_random L(x, random image)             (5)
//
// If F exceeds the shift b, codes are pulled together; if it falls short, they are pushed apart.
//
// B images, P = Q = S * S sampled positions, C channels.
#include "loss/equations.h"

#include "core/l2_normalize.h"

namespace stego {

at::Tensor normalize_samples(const at::Tensor& samples) {
  return l2_normalize(samples, kSampleEpsilon);
}

at::Tensor correspondence(const at::Tensor& x, const at::Tensor& y) {
  return at::bmm(normalize_samples(x), normalize_samples(y).transpose(1, 2));  // [B, P, Q]
}

at::Tensor center(const at::Tensor& F, Centering centering) {
  if (centering == Centering::none) return F;
  const at::Tensor centered = F - F.mean(2, /*keepdim=*/true);
  return centering == Centering::paper ? centered : centered + F.mean();
}

at::Tensor clamp_similarity(const at::Tensor& S, const LossOptions& options) {
  const at::Tensor similarity = options.zero_clamp ? S.clamp_min(0) : S;
  return options.stabilize ? similarity.clamp_max(kStableSimilarity) : similarity;
}

at::Tensor pair_loss(const at::Tensor& F, const at::Tensor& S, double shift, const LossOptions& options) {
  return -(center(F, options.centering) - shift) * clamp_similarity(S, options);
}

}  // namespace stego
