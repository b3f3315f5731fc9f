/** Which files of a wheel libtorch needs to run, and where the wheel keeps its licences. */

const LIBRARY = String.raw`[^/]+\.so(?:\.\d+)*$`
const NEEDED = [
  new RegExp(`^torch/lib/${LIBRARY}`),
  new RegExp(`^nvidia/(?:[^/]+/)+lib/${LIBRARY}`),
  /^torch\/version\.py$/,
  /^[^/]+\.dist-info\/(?:METADATA|licenses\/.+|(?:licen[cs]e|notice|copying|eula)[^/]*)$/i,
]

/** Libraries that only Python uses. */
const FOR_PYTHON = /^torch\/lib\/lib(?:torch_python|shm)\.so/

/** Whether a member of a wheel is a library, a licence or the version, rather than headers, Python code or tools. */
export function isNeeded(name: string): boolean {
  return NEEDED.some((pattern) => pattern.test(name)) && !FOR_PYTHON.test(name)
}
