/** Which files of a wheel are unpacked: what libtorch needs to run, and licenses. */

const LIBRARY = String.raw`[^/]+\.so(?:\.\d+)*$`
const TEXT = String.raw`(?:licen[cs]e|notice|copying|eula)[^/.]*(?:\.(?:txt|md|rst))?$`
const NEEDED = [
  new RegExp(`^torch/lib/${LIBRARY}`),
  new RegExp(`^nvidia/(?:[^/]+/)+lib/${LIBRARY}`),
  /^torch\/version\.py$/,
  /^[^/]+\.dist-info\/(?:METADATA|licenses\/.*[^/])$/,
  new RegExp(`^(?:[^/]+\\.dist-info/|nvidia/(?:[^/]+/)*)${TEXT}`, 'i'),
]

/** Libraries that only Python uses. */
const FOR_PYTHON = /^torch\/lib\/lib(?:torch_python|shm)\.so/

/** Whether a member of a wheel is a library, a license or the version, rather than headers, Python code or tools. */
export function isNeeded(name: string): boolean {
  return NEEDED.some((pattern) => pattern.test(name)) && !FOR_PYTHON.test(name)
}
