/** Whether features say where a patch lies. */
import { z } from 'zod'
import { option } from './schema.js'

export const POSITION_CHOICES = ['auto', 'keep', 'remove'] as const
export type PositionChoice = (typeof POSITION_CHOICES)[number]

export const positionOption = option(z.enum(POSITION_CHOICES).default('auto'), {
  group: 'Method',
  doc:
    'Keep or remove the part of a feature that encodes patch position regardless of content, before neighbors, loss ' +
    'and head. auto measures it and removes it if the images share no layout. Official: keep.',
})
