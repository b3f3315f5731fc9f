/** The one error for an addon that cannot be loaded: the machine, what was tried, and the remedies that apply. */
import { describeHost, type Host } from './host.js'
import type { Request } from './places.js'
import { remedies } from './remedies.js'

/** A place that was tried in vain. */
export interface Attempt {
  place: string
  /** `no libtorch`: it does not load, and there is no package of libtorch; `own libtorch`: the user's does not fit. */
  kind: 'absent' | 'version' | 'no libtorch' | 'own libtorch' | 'broken'
  problem: string
}

/** All that the error is made of. */
export interface Situation {
  host: Host
  attempts: Attempt[]
  request: Request
}

const MOST_REMEDIES = 3

/** The message: one sentence, the list of places, and at most three remedies. */
export function explain(situation: Situation): string {
  const { host, attempts, request } = situation
  return [
    `Expected a native addon of stego ${request.stego.manifest.version} for ${describeHost(host)}, found none that loads.`,
    'Tried:',
    ...attempts.map(({ place, problem }) => `  - ${place}: ${problem}`),
    'To mend it:',
    ...remedies(situation)
      .slice(0, MOST_REMEDIES)
      .map((remedy) => `  - ${remedy}`),
  ].join('\n')
}
