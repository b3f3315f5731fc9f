/** The classes of COCO-Stuff and their 27 groups (docs/method-constants.md#coco-stuff). */

/** Group of each of the 182 fine classes: things 0 to 90, stuff 91 to 181. */
export const COCO_GROUPS: readonly number[] = [
  9, 11, 11, 11, 11, 11, 11, 11, 11, 8, 8, 8, 8, 8, 8, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 6, 6, 6, 6, 6, 6, 6,
  10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 5, 5, 5, 5, 5, 5, 5, 5, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3,
  3, 3, 3, 3, 3, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 4, 4, 4, 4, 4, 4, 4, 4, 17, 17, 22, 20, 20, 22, 15, 25,
  16, 13, 12, 12, 17, 17, 23, 15, 15, 17, 15, 21, 15, 25, 13, 13, 13, 13, 13, 22, 26, 14, 14, 15, 22, 21, 21,
  24, 20, 22, 15, 17, 16, 15, 22, 24, 21, 17, 25, 16, 21, 17, 22, 16, 21, 21, 25, 21, 26, 21, 24, 20, 17, 14,
  21, 26, 15, 23, 20, 21, 24, 15, 24, 22, 25, 15, 20, 17, 17, 22, 14, 18, 18, 18, 18, 18, 18, 18, 26, 26, 19,
  19, 24,
]

/** Names of the groups. Two names occur among both things and stuff and have a suffix that says which. */
export const COCO_GROUP_NAMES: readonly string[] = [
  'electronic',
  'appliance',
  'food (thing)',
  'furniture (thing)',
  'indoor',
  'kitchen',
  'accessory',
  'animal',
  'outdoor',
  'person',
  'sports',
  'vehicle',
  'ceiling',
  'floor',
  'food (stuff)',
  'furniture (stuff)',
  'rawmaterial',
  'textile',
  'wall',
  'window',
  'building',
  'ground',
  'plant',
  'sky',
  'solid',
  'structural',
  'water',
]

/** Groups from here on are stuff. */
export const FIRST_STUFF_GROUP = 12

/** The groups that cocostuff3 keeps, in the order of its classes: sky, plant, ground. */
export const COCO3_GROUPS: readonly number[] = [23, 22, 21]
