/** Whether features say where a patch lies. */
import { z } from 'zod'
import { option } from './schema.js'

export const POSITION_CHOICES = ['auto', 'keep', 'remove'] as const
export type PositionChoice = (typeof POSITION_CHOICES)[number]

export const positionOption = option(z.enum(POSITION_CHOICES).default('auto'), {
  group: 'Method',
  doc:
    'The part of a feature that says where its patch lies, whatever is there: kept, or taken off before neighbors, loss ' +
    'and head. auto measures it and takes it off where the images share no layout. Official: keep.',
})
