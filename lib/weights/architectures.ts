/** Recognizes architectures that are not supported by the names of their tensors. */

/** What a name says about the file, most specific first. */
const ARCHITECTURES: [name: string, tensors: RegExp][] = [
  ['DINOv3', /(^|\.)(rope_embed\.|storage_tokens$|layer\.\d+\.attention\.q_proj\.)/],
  ['DINOv2', /(^|\.)(blocks\.(\d+\.)+ls1\.|encoder\.layer\.\d+\.layer_scale1\.)/],
  ['ViTs with registers', /(^|\.)(reg_token|register_tokens)$/],
  ['DeiT with a distillation token', /(^|\.)(dist_token|distillation_token)$/],
  ['BEiT', /(^|\.)(blocks\.\d+\.attn\.q_bias|encoder\.layer\.\d+\.lambda_1)$/],
  ['SAM', /(^|\.)(image_encoder|vision_encoder)\..*\.rel_pos_h$/],
  ['CLIP', /(^|\.)(vision_model\.embeddings|visual)\.class_embedding$/],
  ['SigLIP', /(^|\.)vision_model\.(embeddings\.patch_embedding|head\.probe)/],
  ['Swin', /\.relative_position_bias_table$/],
  ["torchvision's ViT", /(^|\.)encoder\.layers\.encoder_layer_\d+\./],
  ['ConvNeXt', /(^|\.)(stages\.\d+\.(blocks\.)?\d+\.(conv_dw|dwconv|gamma)|downsample_layers\.)/],
  ['ResNet', /(^|\.)layer[1-4]\.\d+\.conv[1-3]\.weight$/],
]

/** The architecture that has tensors of these names, and the first of them; null if it is not recognized. */
export function architectureOf(names: string[]): { name: string; tensor: string } | null {
  for (const [name, pattern] of ARCHITECTURES) {
    const tensor = names.find((candidate) => pattern.test(candidate))
    if (tensor !== undefined) return { name, tensor }
  }
  return null
}
