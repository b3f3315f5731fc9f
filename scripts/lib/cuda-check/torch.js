/** The Python torch of a check. */

const SCRIPT = `
import json, os, torch
gpu = torch.cuda.is_available()
print(json.dumps({
    "version": torch.__version__, "cuda": torch.version.cuda, "folder": os.path.dirname(torch.__file__),
    "device": torch.cuda.get_device_name(0) if gpu else "no GPU"}))
`

/** Its version, CUDA's, its folder and its GPU; or { problem }. */
export async function torchOf({ python }, run) {
  let found
  const { reason } = await run(python, ['-c', SCRIPT], {
    onLine: (line) => {
      if (line.startsWith('{')) found = JSON.parse(line)
    },
  })
  return found ?? { problem: `Python torch does not load in ${python}: ${reason}` }
}
